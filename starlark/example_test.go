package starlark_test

import (
	"fmt"
	"log"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenlets "github.com/go-greenlet/greenlet/starlark"
	"github.com/go-greenlet/greenlet/tasklet"
	"go.starlark.net/starlark"
)

// A host executes a script that uses greenlets. It adds a function of its own, which switches nowhere, but may be
// called in any greenlet.
func Example() {
	const script = `
load("greenlet", "getcurrent", "greenlet")

def worker(name):
    for n in range(2):
        announce(name, n)
        name = getcurrent().parent.switch(n)
    return "done"

w = greenlet(worker)
print(w.switch("first"), w.switch("second"), w.switch("third"))
`
	announce := func(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		fmt.Println("announce:", args)
		return starlark.None, nil
	}
	thread := &starlark.Thread{
		Load:  greenlets.Load(nil),
		Print: func(_ *starlark.Thread, line string) { fmt.Println(line) },
	}
	predeclared := greenlets.Predeclared()
	predeclared["announce"] = starlark.NewBuiltin("announce", announce)

	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "worker.star", script, predeclared)
		return err
	})
	if err != nil {
		log.Fatal(greenlets.Traceback(err))
	}
	// Output:
	// announce: ("first", 0)
	// announce: ("second", 1)
	// 0 1 done
}

// A failed script is described with the calls of every greenlet that the error came through.
func ExampleTraceback() {
	const script = `
def inner():
    fail("no more work")

def outer():
    return inner()

greenlet.greenlet(outer).switch()
`
	thread := &starlark.Thread{}
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "work.star", script, greenlets.Predeclared())
		return err
	})
	fmt.Print(greenlets.Traceback(err))
	// Output:
	// Traceback (most recent call last):
	//   in main greenlet:
	//     work.star:8:32: in <toplevel>
	//   in greenlet 2 (outer):
	//     work.star:6:17: in outer
	//     work.star:3:9: in inner
	// Error: fail: no more work
}

// Tasks of a script sleep on a virtual clock, so that nobody has to wait.
func ExampleGreenOptions() {
	const script = `
def work(n):
    green.sleep(n)
    print(n, green.now())
for n in (30, 10, 20): green.spawn(work, n)
`
	thread := &starlark.Thread{Print: func(_ *starlark.Thread, line string) { fmt.Println(line) }}
	clock := tasklet.NewClock(time.Unix(0, 0))
	err := greenlets.Run(thread, func(*greenlets.Tree) error {
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "work.star", script, greenlets.Predeclared())
		return err
	}, greenlets.GreenOptions(green.WithWorld(clock)))
	if err != nil {
		log.Fatal(greenlets.Traceback(err))
	}
	// Output:
	// 10 10.0
	// 20 20.0
	// 30 30.0
}
