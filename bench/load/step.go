package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// A driver is a process that drives a server. It begins when go is called.
type driver struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
	cancel context.CancelFunc
}

// drivers are this program, as a client.
func newDriver(ctx context.Context, kind, addr string, conns int, d time.Duration, at place) (*driver, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d+3*patience)
	argv := at.on(clientCPU, []string{self, "client", kind, addr, strconv.Itoa(conns), d.String()})
	r := &driver{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), cancel: cancel}
	r.cmd.Stderr = &r.stderr
	r.cmd.WaitDelay = time.Second
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		r.in, err = r.cmd.StdinPipe()
	}
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	r.out = bufio.NewReader(out)
	if line, err := r.out.ReadString('\n'); line != "ready\n" {
		r.end()
		return nil, fmt.Errorf("%v: %s", err, lastLine(r.stderr.String()))
	}
	return r, nil
}

func (r *driver) begin() error {
	_, err := io.WriteString(r.in, "\n")
	return err
}

// result waits for what the driver reports.
func (r *driver) result() (o outcome, err error) {
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		return o, fmt.Errorf("%v: %s", err, lastLine(r.stderr.String()))
	}
	return o, json.Unmarshal(line, &o)
}

func (r *driver) end() {
	r.cancel()
	r.cmd.Wait()
}

// A figure is what one step has found out.
type figure struct {
	outcome
	cpu    usage         // of the server
	client time.Duration // CPU time of the client, where that is known
	cannot string        // why there is nothing
}

// rate is how many requests a second there were.
func (f *figure) rate() float64 {
	if f.Seconds == 0 {
		return 0
	}
	return float64(f.Requests) / f.Seconds
}

// counted says whether the server has used enough CPU time to divide it: the kernel counts it in ticks.
func (f *figure) counted() bool { return f.Requests > 0 && f.cpu.all() >= 10*tick }

// each is the part of one request of a CPU time.
func (f *figure) each(used time.Duration) string {
	if !f.counted() {
		return "–"
	}
	return short(used / time.Duration(f.Requests))
}

// busy returns which part of its processor the server took.
func (f *figure) busy() string {
	if !f.counted() {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*f.cpu.all().Seconds()/f.Seconds)
}

// load drives srv with a number of connections.
func load(ctx context.Context, srv *server, kind string, conns int, d time.Duration, at place) *figure {
	var f figure
	var err error
	if kind == "echo" {
		f, err = loadEcho(ctx, srv, conns, d, at)
	} else {
		f, err = loadHTTP(ctx, srv, "/", conns, d, at)
	}
	if err == nil && f.Requests == 0 {
		err = errors.New("not one request was answered")
	}
	if err != nil {
		f = figure{cannot: err.Error()}
	}
	return &f
}

func loadEcho(ctx context.Context, srv *server, conns int, d time.Duration, at place) (f figure, err error) {
	r, err := newDriver(ctx, "echo", srv.addr, conns, d, at)
	if err != nil {
		return f, err
	}
	defer r.end()
	before, err := srv.cpu()
	if err != nil {
		return f, err
	}
	if err := r.begin(); err != nil {
		return f, err
	}
	if f.outcome, err = r.result(); err != nil {
		return f, err
	}
	after, err := srv.cpu()
	f.cpu = after.since(before)
	return f, err
}

// loadHTTP is by wrk, which counts whole seconds.
func loadHTTP(ctx context.Context, srv *server, path string, conns int, d time.Duration, at place) (f figure, err error) {
	seconds := max(1, int((d+time.Second-1)/time.Second))
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second+2*patience)
	defer cancel()
	before, err := srv.cpu()
	if err != nil {
		return f, err
	}
	argv := at.on(clientCPU, []string{"wrk", "-t1", "-c", strconv.Itoa(conns), "-d", fmt.Sprintf("%ds", seconds),
		"--timeout", patience.String(), "-s", "wrk.lua", "http://" + srv.addr + path})
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return f, fmt.Errorf("wrk: %v: %s", err, lastLine(string(out)))
	}
	after, err := srv.cpu()
	if err != nil {
		return f, err
	}
	f.cpu, f.client = after.since(before), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	return f, json.Unmarshal([]byte(lastLine(string(out))), &f.outcome)
}

// idle finds out how much memory a connection takes that waits, after a request.
func idle(ctx context.Context, srv *server, kind string, conns int, at place) (perConn float64, err error) {
	// What the first connections make the server set up once is not theirs.
	warm, err := newDriver(ctx, "idle-"+kind, srv.addr, 1, 0, at)
	if err != nil {
		return 0, err
	}
	defer warm.end()
	before, err := srv.memory()
	if err != nil {
		return 0, err
	}
	r, err := newDriver(ctx, "idle-"+kind, srv.addr, conns, 0, at)
	if err != nil {
		return 0, err
	}
	defer r.end()
	after, err := srv.memory()
	return float64(after-before) / float64(conns), err
}

// A faulty is what was found out beside clients that misbehave.
type faulty struct {
	figure
	faults int64 // how many connections misbehaved
	left   int   // descriptors of the server that were open some time after, above those before
}

// How many connections a step with faults has.
const goodConns, badConns = 100, 50

// settle is how long a server may take to see that its clients have gone. One that sends into a connection which was reset
// sees it at once.
const settle = 10 * time.Second

// faults drives srv while others misbehave.
func faults(ctx context.Context, srv *server, kind string, d time.Duration, at place) *faulty {
	f := &faulty{}
	before, err := srv.descriptors()
	if err != nil {
		f.cannot = err.Error()
		return f
	}
	bad, err := newDriver(ctx, "faults-"+kind, srv.addr, badConns, d, at)
	if err != nil {
		f.cannot = err.Error()
		return f
	}
	defer bad.end()
	if err := bad.begin(); err != nil {
		f.cannot = err.Error()
		return f
	}
	f.figure = *load(ctx, srv, kind, goodConns, d, at)
	o, err := bad.result()
	if err != nil {
		f.cannot = err.Error()
		return f
	}
	f.faults = o.Requests
	for end := time.Now().Add(settle); ; time.Sleep(50 * time.Millisecond) {
		now, err := srv.descriptors()
		if err != nil {
			f.cannot = "the server has ended: " + lastLine(srv.stderr.String())
			return f
		}
		if f.left = now - before; f.left <= 0 || time.Now().After(end) {
			f.left = max(0, f.left)
			return f
		}
	}
}
