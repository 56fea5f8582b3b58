package main

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// A system is one that servers are made of.
type system struct {
	name    string
	pkg     string                                      // the Debian package that has it
	find    func(o options) (version string, err error) // or says what is missing
	command func(o options, kind string) []string
	scaled  func(o options, n int) []string // the command of an HTTP server with /work on n processors; nil is none
	only    string                          // the kind of server whose rates are all that is measured, or ""
	note    string                          // for the page
	version string
}

// The names of the others.
const goroutines, gevent, geventAsIs, eventlet = "goroutines", "gevent, without Nagle", "gevent, as it comes", "eventlet"

// systems are what is compared; the first is this library.
var systems = []*system{
	{name: "greenlet for Go", pkg: "golang-go",
		find: func(o options) (string, error) { return built(o.greenlet, "-greenlet") },
		command: func(o options, kind string) []string {
			return []string{o.greenlet, "serve", kind, "--addr", "127.0.0.1:0"}
		},
		scaled: func(o options, n int) []string {
			return []string{o.greenlet, "serve", "http", "--addr", "127.0.0.1:0", "--hubs", strconv.Itoa(n)}
		},
		note: "this library: `greenlet serve echo` and `greenlet serve http`, with one hub."},
	{name: goroutines, pkg: "golang-go",
		find:    func(o options) (string, error) { return built(o.gonet, "-gonet") },
		command: func(o options, kind string) []string { return []string{o.gonet, kind, "127.0.0.1:0"} },
		scaled: func(o options, n int) []string {
			return []string{"env", fmt.Sprintf("GOMAXPROCS=%d", n), o.gonet, "work", "127.0.0.1:0"}
		},
		note: "a goroutine for each connection, on packages `net` and `net/http`."},
	{name: gevent, pkg: "python3-gevent", find: python("gevent"), command: pythonServer("gevent"),
		note: "`gevent.server.StreamServer` and `gevent.pywsgi`, with Nagle's algorithm turned off, as Go has it. For echo that makes no " +
			"difference: an answer is one write."},
	{name: geventAsIs, pkg: "python3-gevent", find: python("gevent"), command: pythonServer("gevent-nagle"), only: "http",
		note: "the same `gevent.pywsgi` with Nagle's algorithm left on, as it is unless one turns it off. It writes a response in two " +
			"parts, and the second waits, often 40 ms, until the client has acknowledged the first: with few connections that is most of its " +
			"time. All else is as above: it writes no log of requests, and more connections than its default may wait to be accepted."},
	{name: eventlet, pkg: "python3-eventlet", find: python("eventlet"), command: pythonServer("eventlet"),
		note: "`eventlet.serve` and `eventlet.wsgi`, also without Nagle's algorithm."},
}

// kinds are the kinds of servers.
var kinds = []string{"echo", "http"}

// title is a kind in a heading.
func title(kind string) string {
	if kind == "http" {
		return "HTTP"
	}
	return "Echo"
}

func built(file, name string) (string, error) {
	if file == "" {
		return "", fmt.Errorf("%s is not given; sh ci/load.sh builds what is needed", name)
	}
	_, err := exec.LookPath(file)
	return runtime.Version(), err
}

// pythonExe is the Python that Debian's packages are for: the first on the path may be another.
const pythonExe = "/usr/bin/python3"

func python(module string) func(options) (string, error) {
	return func(options) (string, error) {
		ask := fmt.Sprintf("import sys, %s as m\nprint('%s', m.__version__ + ', Python', sys.version.split()[0])", module, module)
		out, err := exec.Command(pythonExe, "-c", ask).Output()
		if err != nil {
			return "", fmt.Errorf("%s cannot import it", pythonExe)
		}
		return strings.TrimSpace(string(out)), nil
	}
}

func pythonServer(module string) func(options, string) []string {
	return func(_ options, kind string) []string {
		return []string{pythonExe, "python/server.py", module, kind, "127.0.0.1:0"}
	}
}

// A place says on which processors things run.
type place struct {
	pinned bool
}

// findPlace finds out whether server and clients can have a processor each.
func findPlace() (place, error) {
	if runtime.NumCPU() < 2 {
		return place{}, errors.New("there is one processor, which server and clients share")
	}
	for _, cpu := range []string{serverCPU, clientCPU} {
		if err := exec.Command("taskset", "-c", cpu, "true").Run(); err != nil {
			return place{}, fmt.Errorf("taskset does not work (%w): server and clients share the processors", err)
		}
	}
	return place{true}, nil
}

const serverCPU, clientCPU = "0", "1"

// on puts taskset before a command.
func (p place) on(cpu string, command []string) []string {
	if !p.pinned {
		return command
	}
	return append([]string{"taskset", "-c", cpu}, command...)
}
