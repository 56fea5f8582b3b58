package generator

import (
	"iter"
	"runtime"
)

// All returns an iterator over the values that are still to come, to be ranged over once. A loop that ends early
// closes the generator: the body's deferred calls have run before the statement after the loop does. Look at
// [Generator.Err] after the loop for how the body ended.
//
// If the generator has not been started, there is no switch and no goroutine: the body runs on the stack of the loop,
// and Yield calls the loop's body, as in an iterator that was written as such. A loop over a started
// generator takes each value by [Generator.Next]. The difference shows only so:
//
//   - While the first kind of loop runs, the generator is running, and Next, Send, Throw and Close panic: break ends it.
//     In the second kind they may be called.
//   - In the first kind, a panic or runtime.Goexit of the loop's body passes through the generator's body, which must
//     not keep it. In the second kind the generator's body is closed, and what goes wrong then is told by Err alone.
//   - In the first kind, a body that yields on after the loop has ended is unwound by a panic that All stops. The
//     body can recover it, until it yields again. In the second kind it is unwound as by runtime.Goexit.
//   - In the first kind, the body runs on the calling goroutine, and where the caller is a greenlet, as that
//     greenlet.
//
// In either kind a panic of the generator's body comes out of the loop as a [*greenlet.PanicError], and Goexit as
// Goexit.
func (g *Generator[Out, In]) All() iter.Seq[Out] {
	return func(loop func(Out) bool) {
		switch y := g.y; y.state {
		case over:
		case fresh:
			y.pushTo(loop)
		case suspended:
			g.pullTo(loop)
		default:
			panic(y.misuse("All"))
		}
	}
}

// pushTo runs the body of y, which was not started, and hands what it yields to loop.
func (y *Yielder[Out, In]) pushTo(loop func(Out) bool) {
	y.state, y.at, y.push = running, inPush, loop
	returned := false
	defer func() {
		if !returned && y.at != inLoop { // else it is a panic or Goexit of the loop
			y.catch(recover(), y)
		}
		y.finish(y.err)
		if y.how == byPanic {
			panic(y.err)
		}
	}()
	y.err = y.body(y)
	returned = true
}

// pullTo hands what g, which was started, still yields to loop.
func (g *Generator[Out, In]) pullTo(loop func(Out) bool) {
	stopped := false
	defer func() {
		if g.y.state == suspended {
			g.y.close()
			if stopped {
				g.y.raise()
			}
		}
		runtime.KeepAlive(g)
	}()
	for !stopped {
		out, ok := g.Next()
		if !ok {
			return
		}
		stopped = !loop(out)
	}
}
