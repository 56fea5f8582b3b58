// Package server starts real servers for tests and examples: PostgreSQL and Redis, where they are installed, on sockets in
// a temporary folder.
package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrMissing says that a server is not installed.
var ErrMissing = errors.New("is not installed")

// A Server is a server that runs.
type Server struct {
	// Dir is where its socket is.
	Dir string

	cmd *exec.Cmd
}

// Stop ends the server and removes what it has written.
func (s *Server) Stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	os.RemoveAll(s.Dir)
}

// Redis starts a Redis server that listens on Dir/redis.sock.
func Redis() (*Server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("redis-server %w", ErrMissing)
	}
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	return start(dir, cmd, func() bool {
		c, err := net.Dial("unix", socket)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// start starts a server and waits until it is ready.
func start(dir string, cmd *exec.Cmd, ready func() bool) (*Server, error) {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err == nil {
		cmd.Stdout, cmd.Stderr = log, log
		err = cmd.Start()
		log.Close()
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s := &Server{Dir: dir, cmd: cmd}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if ready() {
			return s, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	s.Stop()
	return nil, fmt.Errorf("%s did not become ready:\n%s", cmd.Path, text)
}
