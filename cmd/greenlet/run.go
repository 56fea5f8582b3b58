package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"github.com/spf13/cobra"
	"go.starlark.net/lib/json"
	"go.starlark.net/lib/math"
	"go.starlark.net/lib/time"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
)

const runLong = `Run executes a Starlark script. FILE may be - to read the script from standard input. All that follows FILE
goes to the script as it is, flags included.

Scripts are in the Starlark language, with while, recursion, sets and statements like if and for at the top level.
Beside Starlark's own functions they find predeclared:

  greenlet       the module, with Python's names: greenlet(run, parent), getcurrent(), settrace(f), gettrace(),
                 GreenletExit; and for exceptions, which Starlark lacks: raise_(e) raises any value, and
                 catch(f, *args, **kwargs) returns (result, None) or (None, e)
  stackless      the module, with the names of Stackless Python: tasklet(f)(args), channel(), schedule(), run(timeout),
                 getcurrent() and the rest
  green          the module for concurrent tasks, with gevent's names: spawn(f, args), sleep(seconds), group(f),
                 timeout(seconds, f, args), queue(maxsize), event(), semaphore(n), pool(size), now() and the rest; and
                 for the network connect(address), listen(address), serve(address, f) and http_get(url); the script
                 ends when its tasks have, and if they can never end, with a report of who waits for what
  generator(f)   an iterable of what f, called as f(Yield), passes to Yield, at any depth of calls
  json, math, time
                 Starlark's libraries
  args           the list of the arguments after FILE
  read_line()    the next line of standard input without its end, or None after the last

load("greenlet", "getcurrent") and the like bind the members of a module; load("lib.star", "f") loads another script,
whose name is relative to the one that loads it.

With --trace, every switch and throw between the script's greenlets, tasklets and tasks is recorded, and written when
the script has come to its end, however that is: to a FILE that ends in .html as a page with a time line, for a browser;
to one that ends in .json in the trace event format, which ui.perfetto.dev and chrome://tracing open. Each greenlet,
tasklet and task has a row, and so has the time in which all of them wait. Of more than a million switches it is the
last million.

What is printed appears at once in a terminal. In a pipe or a file it appears when no task can run, when the script reads
its input, when 64 KB have come together, and in the end.

With --dump, a table of the greenlets that have started and not ended, and of the tasks of the module green if there are
others than the main one, goes to standard error when the script has come to its end` + dumpLong + `.

The exit status is 0 when the script comes to its end, also if greenlets are then suspended; 1 when it fails, with a
traceback on standard error; 130 after an interrupt (Ctrl-C) and 143 after a SIGTERM, which let it write what it has
printed, and the trace. A second one ends it at once.`

func runCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [FLAG...] FILE.star [ARG...]",
		Short: "Run a Starlark script",
		Long:  runLong,
		Example: "  greenlet run examples/scripts/tutorial.star\n" +
			"  greenlet run --trace out.html examples/scripts/tutorial.star\n" +
			"  echo 'print(greenlet.getcurrent())' | greenlet run -",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("run: which script? Name a FILE, or - for standard input")
			}
			return o.check()
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if s := run(args[0], args[1:], o); s != 0 {
				return s
			}
			return nil
		},
	}
	// The script's own flags are none of ours.
	c.Flags().SetInterspersed(false)
	c.Flags().StringVar(&o.trace, "trace", "", "write every switch and throw to `FILE`, which ends in .html or .json")
	c.Flags().BoolVar(&o.dump, "dump", false, "print a table of the greenlets")
	return c
}

// runOptions are the flags of run.
type runOptions struct {
	trace string
	dump  bool
}

// A session is one execution of a script.
type session struct {
	in          *input
	out         *output
	interrupted atomic.Pointer[ending] // nil: not
	tracing     *tracing               // nil: off
	dumping     *dumping               // nil: off
}

// run executes the script in file with args.
func run(file string, args []string, o runOptions) status {
	src, err := readScript(file)
	if err != nil {
		complain(err)
		return statusFailed
	}
	name := file
	if file == "-" {
		name = "<stdin>"
	}
	out := newOutput(os.Stdout)
	s := &session{out: out, in: newInput(os.Stdin, out)}
	if o.trace != "" {
		if s.tracing, err = newTracing(o.trace); err != nil {
			complain(err)
			return statusFailed
		}
	}
	if o.dump {
		s.dumping = newDumping(s.in)
	}
	result := s.report(s.execute(name, src, args))
	if err := s.tracing.write(); err != nil {
		complain(err)
		if result == 0 {
			result = statusFailed
		}
	}
	return result
}

func (s *session) execute(name string, src []byte, args []string) error {
	names := predeclared(args, s.in)
	load := newLoader(names)
	thread := &starlark.Thread{Name: "main", Load: greenlets.Load(load.file)}
	return greenlets.Run(thread, func(t *greenlets.Tree) error {
		names["stackless"] = t.Stackless()
		thread.Print = func(_ *starlark.Thread, line string) {
			if err := s.out.line(line); err != nil {
				t.Cancel("the output cannot be written")
			}
		}
		stop := onInterrupt(func(e ending) {
			s.interrupted.Store(&e)
			s.in.interrupt()
			t.Cancel(e.what)
			s.out.interrupt()
		})
		defer stop()
		defer s.tracing.stop()
		defer s.dumping.begin(t, thread, s.out)()
		if _, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, name, src, names); err != nil {
			return err
		}
		return t.Wait()
	}, append(append(s.tracing.options(), s.dumping.options()...), greenlets.Network(), greenlets.OnIdle(s.idle))...)
}

// idle shows what was printed before everybody waits. A failure shows at the next print.
func (s *session) idle() { _ = s.out.flush() }

func readScript(file string) ([]byte, error) {
	if file == "-" {
		src, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("cannot read standard input: %w", bare(err))
		}
		return src, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", file, bare(err))
	}
	return src, nil
}

// bare returns err without the name of a system call and of a file, which a message says in its own words.
func bare(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// predeclared returns what scripts find beside Starlark's own functions.
func predeclared(args []string, in *input) starlark.StringDict {
	list := make([]starlark.Value, len(args))
	for i, a := range args {
		list[i] = starlark.String(a)
	}
	names := greenlets.Predeclared()
	names["json"] = json.Module
	names["math"] = math.Module
	names["time"] = time.Module
	names["args"] = starlark.NewList(list)
	names["read_line"] = starlark.NewBuiltin("read_line", in.readLine)
	return names
}

// report writes what is still to be written after a script ended with err, and returns the exit status.
func (s *session) report(err error) status {
	failed := s.out.flush()
	interrupted := s.interrupted.Load()
	switch {
	case interrupted != nil && (err != nil || failed == errUnread):
		complain(errors.New(interrupted.what))
		return interrupted.status
	case isBrokenPipe(failed):
		return statusPipe
	case failed != nil:
		complain(fmt.Errorf("cannot write the output: %w", bare(failed)))
		return statusFailed
	case err == nil:
		return 0
	}
	fmt.Fprint(os.Stderr, describe(err))
	return statusFailed
}

// describe says how a script failed: a mistake in its text by position, one line for each; anything else by a
// traceback.
func describe(err error) string {
	var list resolve.ErrorList
	switch {
	case isEval(err):
		return greenlets.Traceback(err)
	case !errors.As(err, &list):
		return err.Error() + "\n"
	}
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

// isEval says whether err comes from the execution of a script, rather than from reading it.
func isEval(err error) bool {
	var e *starlark.EvalError
	return errors.As(err, &e)
}
