package greenlet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-greenlet/greenlet"
)

func Example() {
	err := greenlet.Run(func(main *greenlet.Greenlet[string]) error {
		g := main.New(func(v string) (string, error) {
			fmt.Println("greenlet got", v)
			v, err := main.Switch("pong") // back to main, until main switches here again
			return "bye, " + v, err
		})
		v, _ := g.Switch("ping") // starts g
		fmt.Println("main got", v)
		v, _ = g.Switch("again") // resumes g, which ends
		fmt.Println("main got", v, g.Dead())
		return nil
	})
	fmt.Println(err)
	// Output:
	// greenlet got ping
	// main got pong
	// main got bye, again true
	// <nil>
}

// A switch goes straight to any greenlet, not only back to who switched here.
func Example_symmetric() {
	main := greenlet.Main[int]()
	defer main.Close()
	var ping, pong *greenlet.Greenlet[int]
	ping = main.New(func(n int) (int, error) {
		for n > 0 {
			fmt.Println("ping", n)
			n, _ = pong.Switch(n - 1)
		}
		return n, nil // to ping's parent, main
	})
	pong = main.New(func(n int) (int, error) {
		for n > 0 {
			fmt.Println("pong", n)
			n, _ = ping.Switch(n - 1)
		}
		return n, nil
	})
	ping.Switch(4)
	fmt.Println(ping.State(), pong.State())
	// Output:
	// ping 4
	// pong 3
	// ping 2
	// pong 1
	// dead suspended
}

// A greenlet can switch away from below any number of calls.
func Example_nestedCalls() {
	type tree struct {
		left, right *tree
		label       string
	}
	root := &tree{&tree{nil, nil, "a"}, &tree{&tree{nil, nil, "c"}, nil, "d"}, "b"}

	main := greenlet.Main[string]()
	defer main.Close()
	var visit func(*tree)
	visit = func(t *tree) {
		if t != nil {
			visit(t.left)
			main.Switch(t.label)
			visit(t.right)
		}
	}
	walk := main.New(func(string) (string, error) {
		visit(root)
		return "", nil
	})
	for {
		label, _ := walk.Switch("")
		if walk.Dead() {
			break
		}
		fmt.Print(label, " ")
	}
	// Output: a b c d
}

func ExampleGreenlet_Throw() {
	main := greenlet.Main[string]()
	defer main.Close()
	g := main.New(func(string) (string, error) {
		_, err := main.Switch("working")
		if errors.Is(err, context.Canceled) {
			return "stopped early", nil
		}
		return "done", err
	})
	fmt.Println(g.Switch(""))
	fmt.Println(g.Throw(context.Canceled))
	// Output:
	// working <nil>
	// stopped early <nil>
}

func ExampleGreenlet_Close() {
	main := greenlet.Main[int]()
	defer main.Close()
	g := main.New(func(int) (int, error) {
		defer fmt.Println("cleaned up")
		for {
			main.Switch(0) // ignores every error, and yet ends
		}
	})
	g.Switch(0)
	fmt.Println(g.Close(), g.State())
	// Output:
	// cleaned up
	// <nil> dead
}

// A panic arrives at the parent with the stack of the place where it happened.
func ExamplePanicError() {
	main := greenlet.Main[int]()
	defer main.Close()
	g := main.New(func(int) (int, error) { panic("no such luck") })
	defer func() {
		p := recover().(*greenlet.PanicError)
		fmt.Println(p.Greenlet, "said:", p.Value)
		fmt.Println(strings.Contains(string(p.Stack), "ExamplePanicError"))
	}()
	g.Switch(0)
	// Output:
	// greenlet 2 said: no such luck
	// true
}

func ExampleGreenlet_Trace() {
	main := greenlet.Main[string]()
	defer main.Close()
	stop := main.Trace(func(e greenlet.Event[string]) error {
		fmt.Printf("%v %d to %d: %q %v\n", e.Kind, e.From.ID(), e.To.ID(), e.Value, e.Err)
		return nil
	})
	defer stop()
	main.New(func(v string) (string, error) {
		return "", errors.New("out of " + v)
	}).Switch("cheese")
	// Output:
	// switch 1 to 2: "cheese" <nil>
	// throw 2 to 1: "" out of cheese
}

func ExampleGreenlet_All() {
	main := greenlet.Main[int]()
	defer main.Close()
	for _, name := range []string{"reader", "writer"} {
		g := main.New(func(int) (int, error) { return main.Switch(0) })
		g.SetName(name)
		g.Switch(0)
	}
	for info := range main.All() {
		fmt.Println(info)
	}
	// Output:
	// main greenlet 1 (running)
	// greenlet 2 "reader" (suspended)
	// greenlet 3 "writer" (suspended)
}

func ExampleGreenlet_Stack() {
	main := greenlet.Main[int]()
	defer main.Close()
	g := main.New(parkDeep)
	handle = main
	g.Switch(0)
	for _, f := range g.Stack()[:2] {
		fmt.Println(f.Function[strings.LastIndex(f.Function, ".")+1:])
	}
	// Output:
	// inner
	// parkDeep
}

func ExampleOnLeak() {
	main := greenlet.Main[int](greenlet.OnLeak(func(list []greenlet.Info) {
		for _, i := range list {
			fmt.Println("left behind:", i)
		}
	}))
	g := main.New(func(int) (int, error) { return main.Switch(0) })
	g.SetName("reader")
	g.Switch(0)
	main.Close()
	// Output: left behind: greenlet 2 "reader" (suspended)
}

var handle *greenlet.Greenlet[int]

func parkDeep(v int) (int, error) { return inner(v) }

func inner(v int) (int, error) { return handle.Switch(v) }
