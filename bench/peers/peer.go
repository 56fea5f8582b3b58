package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A peer is one system in the comparison.
type peer struct {
	name  string
	pkg   string                          // the Debian package that has it
	ours  bool                            // it is this library
	tasks bool                            // it has tasks with a scheduler
	only  bool                            // it has nothing else
	throC bool                            // its language knows calls through C
	find  func(p *peer, dir string) error // sets the rest, or says what is missing; programs are built into dir
	note  string                          // for the page: what it really does

	argv    []string // the program, to be followed by work and n
	version string
}

var peers = []*peer{
	{name: "greenlet for Go", pkg: "golang-go", ours: true, tasks: true, find: findGo("greenlet"),
		note: "this library. The work with tasks is done with its package `tasklet`, the next row with `green`."},
	{name: "green for Go", pkg: "golang-go", tasks: true, only: true, find: findGo("green"),
		note: "this library's package `green`, which gives timers and sockets their turn at every `Yield`, keeps a result and an owner " +
			"for each task, and has queues that never switch when they meet who waits. It needs the same coroutines as above, so that " +
			"nothing but tasks is measured."},
	{name: "Go iter.Pull", pkg: "golang-go", find: findGo("pull"),
		note: "Go's own coroutines. They only go back to their caller, so the ring goes over a trampoline in that caller: a " +
			"hand-over there is a full round trip."},
	{name: "Go channels", pkg: "golang-go", find: findGo("channel"),
		note: "goroutines and unbuffered channels. The scheduler may use every core; the others use one."},
	{name: "Python greenlet", pkg: "python3-greenlet", throC: true, find: findPython("greenlet"),
		note: "the model of this library. A spawn is `greenlet(f).switch(v)`. It copies the part of the C stack that both " +
			"sides use, at every switch: plain Python calls (since Python 3.11) take none of it, calls through C do. A chain grows on " +
			"the C stack, which ends long before 100,000."},
	{name: "gevent", pkg: "python3-gevent", tasks: true, throC: true, find: findPython("gevent"),
		note: "the switches are raw ones, from a `gevent.Greenlet` to main and back; a program that uses gevent's own functions " +
			"goes through its hub, which is at least two of them. A spawn is `gevent.spawn(f, v).get()`, through the hub, and a chain " +
			"is made of those, so that it doesn't grow on the C stack."},
	{name: "eventlet", pkg: "python3-eventlet", tasks: true, throC: true, find: findPython("eventlet"),
		note: "as gevent, with `GreenThread` and `eventlet.spawn(f, v).wait()`."},
	{name: "PyPy greenlet", pkg: "pypy3", throC: true, find: findPyPy,
		note: "the same program as for Python, on PyPy's own greenlet module and with its compiler warmed up. All its calls take C stack."},
	{name: "Lua 5.4", pkg: "lua5.4", throC: true, find: findLua("lua5.4"),
		note: "a coroutine can only go back to who resumed it, so the ring goes over a trampoline: a hand-over is a full round trip. " +
			"The interpreter allows about 200 nested resumes and C calls, and no yield out of a C function that calls back. The clock is CPU " +
			"time, the only one Lua has."},
	{name: "LuaJIT", pkg: "luajit", throC: true, find: findLua("luajit"),
		note: "the same program as for Lua."},
	{name: "Ruby fibers", pkg: "ruby", throC: true, find: findRuby,
		note: "`resume` and `Fiber.yield`, in the ring `transfer`. Each fiber has a stack with a guard page of its own; the kernel's limit " +
			"on mappings (vm.max_map_count) ends it at about 30,000 fibers."},
	{name: "Boost.Context", pkg: "libboost-context-dev g++", find: findBoost,
		note: "`boost::context::fiber` in C++ with -O2, on stacks of the default size from malloc. It carries no value; the program has a " +
			"variable for that. Nothing checks who switches where."},
}

// output runs a command and returns the first line of what it prints.
func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil && first != "" {
		err = fmt.Errorf("%s: %s", name, first)
	}
	return first, err
}

func findGo(system string) func(*peer, string) error {
	return func(p *peer, dir string) error {
		exe := filepath.Join(dir, "golang.exe")
		if _, err := os.Stat(exe); err != nil {
			if _, err := output("go", "build", "-o", exe, "./golang"); err != nil {
				return err
			}
		}
		p.argv, p.version = []string{exe, system}, runtime.Version()
		return nil
	}
}

// findPython looks for a Python that has the module: the first on the path may be another one than Debian's.
func findPython(module string) func(*peer, string) error {
	return func(p *peer, _ string) error {
		ask := "import sys, greenlet\nsystems = [greenlet]\n"
		if module != "greenlet" {
			ask += "import " + module + "\nsystems.insert(0, " + module + ")\n"
		}
		ask += "print(', '.join(m.__name__ + ' ' + m.__version__ for m in systems) + ', Python', sys.version.split()[0])"
		var firstErr error
		for _, python := range []string{"/usr/bin/python3", "python3"} {
			version, err := output(python, "-c", ask)
			if err == nil {
				p.argv, p.version = []string{python, "python/bench.py", module}, version
				return nil
			}
			if firstErr == nil {
				firstErr = fmt.Errorf("no python3 can import %s", module)
			}
		}
		return firstErr
	}
}

func findPyPy(p *peer, _ string) error {
	version, err := output("pypy3", "-c", "import sys, greenlet; print('PyPy %d.%d.%d' % sys.pypy_version_info[:3], "+
		"'(Python ' + sys.version.split()[0] + '), greenlet', greenlet.__version__)")
	p.argv, p.version = []string{"pypy3", "python/bench.py", "greenlet"}, version
	return err
}

func findLua(exe string) func(*peer, string) error {
	return func(p *peer, _ string) error {
		version, err := output(exe, "-v")
		version, _, _ = strings.Cut(version, " -- ")
		version, _, _ = strings.Cut(version, "  ")
		p.argv, p.version = []string{exe, "lua/bench.lua"}, version
		return err
	}
}

func findRuby(p *peer, _ string) error {
	version, err := output("ruby", "-e", "puts 'Ruby ' + RUBY_VERSION")
	p.argv, p.version = []string{"ruby", "ruby/bench.rb"}, version
	return err
}

func findBoost(p *peer, dir string) error {
	exe := filepath.Join(dir, "boost.exe")
	if _, err := output("g++", "-O2", "-o", exe, "boost/bench.cpp", "-lboost_context"); err != nil {
		return err
	}
	compiler, err := output("g++", "-dumpfullversion")
	if err != nil {
		return err
	}
	header, err := os.ReadFile("/usr/include/boost/version.hpp")
	if err != nil {
		return err
	}
	_, rest, found := strings.Cut(string(header), "#define BOOST_LIB_VERSION \"")
	version, _, closed := strings.Cut(rest, "\"")
	if !found || !closed {
		return errors.New("no version in boost/version.hpp")
	}
	p.argv, p.version = []string{exe}, "Boost "+strings.ReplaceAll(version, "_", ".")+", g++ "+compiler
	return nil
}
