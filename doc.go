// Package greenlet provides greenlets: coroutines with their own stacks and no implicit scheduling.
//
// A greenlet runs exactly when something switches to it, and stops exactly where it switches away. A switch goes
// straight from any greenlet to any other, from any depth of calls, and carries a value of the type that the
// program chose for the tree:
//
//	err := greenlet.Run(func(main *greenlet.Greenlet[string]) error {
//		g := main.New(func(v string) (string, error) {
//			fmt.Println("greenlet got", v)
//			v, err := main.Switch("pong") // back to main, until main switches here again
//			return "bye, " + v, err
//		})
//		v, _ := g.Switch("ping") // starts g
//		fmt.Println("main got", v)
//		v, _ = g.Switch("again") // resumes g, which ends
//		fmt.Println("main got", v, g.Dead())
//		return nil
//	})
//
// The model is that of Python's greenlet, with Go's types and errors. Nothing of the toolchain is patched: no
// linkname, no build tags, no cgo.
//
// # Trees and goroutines
//
// [Main] makes a tree of greenlets for the calling goroutine, whose own flow of control is the main greenlet; [Run]
// makes one and closes it. [Greenlet.New] makes a child. Only one greenlet of a tree runs at a time, so greenlets of one
// tree share variables without locks, and the order of events is the same on every run.
//
// A tree belongs to its goroutine. A call from another goroutine is misuse and panics with a text that says who called
// and where the tree was made. (On amd64 and arm64 it always does, with
// one exception: an owner that ended without closing its tree, and whose place in the runtime another goroutine took over.
// Elsewhere goroutines are not told apart, and the race detector is the help.) To hand a tree on, see [Greenlet.Adopt];
// to use the other cores, make several trees and connect them with channels.
//
// A greenlet may make a tree of its own, and a greenlet of that inner tree may switch in the outer one: it acts for the
// greenlet in which its tree lives.
//
// # Parents and endings
//
// What a run function returns goes to the greenlet's parent, out of the Switch in which that is parked: the value, and the
// error beside it. A run function that ends with [ErrExit] has ended normally. A panic goes to the parent, too, and is raised
// there as a [*PanicError] that keeps the original stack; runtime.Goexit ends the parent as well, so that t.FailNow works
// inside greenlets. If the parent is dead, its parent stands in, and so on; main is never dead.
//
// A dead greenlet can still be named as a target: the switch goes to its nearest living ancestor.
//
// # Cleaning up
//
// [Greenlet.Close] ends a greenlet for good, and of main the whole tree: deferred calls run, and afterwards no goroutine
// is left. A tree that is not closed keeps its goroutines for ever, as an [iter.Pull] that is not stopped does.
//
// A suspended greenlet that nobody can reach any more is found by the collector and unwound, its deferred calls
// included, by the next New, Close of main or [Greenlet.Reap]; so deterministic programs stay so. The collector's limits
// are described there.
//
// # Seeing it
//
// [Greenlet.Inspect] lists every greenlet with its stack, to any goroutine; with the option [Record] also where it was
// created, how often it ran and for how long it has been parked, and profiles split by greenlet. [WriteDump] makes a table
// of that. [Greenlet.Trace] sees every switch; package trace makes pictures of that. [OnLeak] tells what a program left
// suspended.
//
// # Cost
//
// A switch costs about a third of an unbuffered channel's hand-over and no allocation. Starting, running and ending a greenlet
// costs about half of what a go statement and a channel do, once goroutines are pooled. A parked greenlet keeps about three
// kilobytes, about an eighth more than a parked goroutine. The first start of each pooled goroutine costs
// microseconds. "make bench" in the repository measures all of this beside the alternatives.
//
// Goroutines are the better choice for work that should use several cores, that blocks in system calls or on locks (a
// greenlet that blocks, blocks its whole tree), or that needs no say about who runs when.
package greenlet
