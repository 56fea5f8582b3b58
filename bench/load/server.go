package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A server is a process that serves.
type server struct {
	cmd    *exec.Cmd
	addr   string
	stderr bytes.Buffer
}

// startTime is how long a server may take to start.
const startTime = 20 * time.Second

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// start starts a server. It must print where it serves.
func start(ctx context.Context, argv []string) (*server, error) {
	srv := &server{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...)}
	srv.cmd.Stderr = &srv.stderr
	srv.cmd.WaitDelay = time.Second
	out, err := srv.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := srv.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startTime, func() { srv.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	late.Stop()
	if srv.addr = address.FindString(line); srv.addr == "" {
		srv.stop()
		return nil, fmt.Errorf("it did not start: %q, %v: %s", line, err, lastLine(srv.stderr.String()))
	}
	return srv, nil
}

// stop ends the server.
func (s *server) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// tick is the unit of CPU time in /proc, which is the same on all Linux systems.
const tick = 10 * time.Millisecond

// A usage is CPU time.
type usage struct{ user, system time.Duration }

// since is what was used after earlier.
func (u usage) since(earlier usage) usage {
	return usage{u.user - earlier.user, u.system - earlier.system}
}

func (u usage) all() time.Duration { return u.user + u.system }

// cpu is the CPU time that the server has used.
func (s *server) cpu() (usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return usage{}, err
	}
	return parseStat(text)
}

// parseStat finds the CPU time in the text of /proc/PID/stat.
func parseStat(text []byte) (usage, error) {
	// The second field is a name, which may have spaces.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return usage{}, errors.New("/proc/PID/stat is not understood")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return usage{time.Duration(user) * tick, time.Duration(system) * tick}, errors.Join(err1, err2)
}

// memory is how much memory the server has in use, in bytes. That of the kernel's for its sockets is not in it.
func (s *server) memory() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("/proc/PID/status has no VmRSS")
}

// descriptors is how many files and sockets the server has open.
func (s *server) descriptors() (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	return len(entries), err
}
