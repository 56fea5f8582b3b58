package generator

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// An Option changes how a generator works; pass it to [New] or [Of].
type Option func(*options)

type options struct {
	collect      bool
	onUnraisable func(error)
}

// Collect makes a generator that may be abandoned: when it is started and the collector finds that nobody holds it any
// more, it is closed on a goroutine of this package, where the body's deferred calls then run, at some time and
// concurrently with everything else. That the body runs on a goroutine of its own is not enough to hold the generator;
// a body that mentions its own generator does hold it, and is never found.
//
// It is not for generators that are used under runtime.LockOSThread, nor in a bubble of [testing/synctest]: the
// goroutine that closes them is outside, for which the runtime ends the process in the one case and the test in the
// other. The option costs nothing but at the start and at the end of the body.
//
// It is a net for what falls by the way, not a way to end generators: the collection that finds them counts them as
// live, so that a program that abandons them in a loop takes up to twice as much memory from one collection to the
// next, until a limit is set by [runtime/debug.SetMemoryLimit] or GOMEMLIMIT. End them by Close, or by leaving the
// loop over All.
func Collect() Option { return func(o *options) { o.collect = true } }

// OnUnraisable makes an abandoned generator call f with what its body failed with while it was closed, since
// there is nobody else to tell. f runs on a goroutine of this package. By default one line goes to standard error.
// Without [Collect] it has no effect.
func OnUnraisable(f func(error)) Option { return func(o *options) { o.onUnraisable = f } }

func printUnraisable(err error) {
	line, _, _ := strings.Cut(err.Error(), "\n")
	fmt.Fprintf(os.Stderr, "generator: one that was abandoned ended with: %v\n", line)
}

// abandoned is told by the collector that nobody holds the generator of y any more. That one is suspended then: every
// call keeps it alive, one that is over or lent is not watched, and on the stack of a loop nothing waits. abandoned
// runs where nothing may block.
func abandoned[Out, In any](y *Yielder[Out, In]) {
	y.cleanup = runtime.Cleanup{} // which must not be stopped any more: see golang/go#81435
	go func() {
		y.close()
		if err := y.result(); err != nil {
			f := y.opts.onUnraisable
			if f == nil {
				f = printUnraisable
			}
			f(err)
		}
	}()
}
