package generator

import (
	"iter"
	"runtime"

	"github.com/go-greenlet/greenlet"
)

// A Generator runs a function, its body, piece by piece: each [Generator.Next] runs it to its next
// [Yielder.Yield] and returns the value yielded there. Out is the type of the values that come out, In of
// those that [Generator.Send] puts in; struct{} where there are none.
//
// Any goroutine may use a Generator, one at a time: something else (a channel, a lock) must order the end of
// one use before the begin of the next. Uses that overlap are a data race, which the race detector reports;
// without it, a call that finds the body running panics, but two that begin at the same instant may both go on,
// with any result. A goroutine that is locked to its thread (runtime.LockOSThread) cannot take over a started
// generator from one that is not, nor the other way round: the runtime ends the process.
//
// A call from the body itself, or from anything that the body called, panics and changes nothing. So does
// one on a generator to which another one delegates at the moment: see [Yielder.From].
//
// A started generator must be read to its end or closed, as with [iter.Pull]: otherwise its goroutine and its
// deferred calls wait for ever. [Collect] makes one that need not.
//
// A Generator must not be copied.
type Generator[Out, In any] struct {
	_ noCopy
	// The parked side knows y and never the Generator, so that the collector can find the latter abandoned.
	y *Yielder[Out, In]
}

// noCopy makes go vet complain about copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// New makes a generator of body and starts nothing. The body gets the Yielder through which it yields, which it may
// hand to anything that it calls. How body ends is what [Generator.Err] says: with the error that it
// returns, or nil if that is [greenlet.ErrExit] or wraps it alone.
//
// A generator needs no goroutine and next to no memory until it is started, and none after its end.
func New[Out, In any](body func(y *Yielder[Out, In]) error, opts ...Option) *Generator[Out, In] {
	if body == nil {
		panic("generator: New without a body; pass the function that yields")
	}
	y := &Yielder[Out, In]{body: body}
	y.leaf, y.root = y, y
	for _, o := range opts {
		o(&y.opts)
	}
	return &Generator[Out, In]{y: y}
}

// Of makes a generator of the values of seq. It is [iter.Pull] with what this package adds: Err, Close that
// reports, the panic's own stack, Collect, and being delegated to.
func Of[Out any](seq iter.Seq[Out], opts ...Option) *Generator[Out, struct{}] {
	return New(func(y *Yielder[Out, struct{}]) error {
		for v := range seq {
			if _, err := y.Yield(v); err != nil {
				return err
			}
		}
		return nil
	}, opts...)
}

// Next runs the body to its next Yield, which it starts or lets return with the zero In and no error. Next returns
// the value yielded and true, or the zero Out and false if the body ends instead or has ended; [Generator.Err]
// then says how.
//
// If the body panics, Next panics with a [*greenlet.PanicError] that holds the body's own stack; if the body calls
// runtime.Goexit, as t.FailNow does, Next does too. In either case the generator is over, and nothing of it stays.
//
// Next costs two switches and allocates nothing.
func (g *Generator[Out, In]) Next() (out Out, ok bool) {
	y := g.y
	if y.state != suspended {
		switch y.state {
		case over:
			return out, false
		case fresh:
			g.start()
		default:
			panic(y.misuse("Next"))
		}
	}
	y.state = running
	l := y.leaf
	l.at = inBody
	l.main.Adopt()
	l.g.Switch(struct{}{})
	if l.at == inBody {
		// It came from Yield. All else is rare and says so.
		out, ok = l.yielded(), true
		y.state = suspended
	} else {
		out, ok = y.drive(l)
	}
	runtime.KeepAlive(g)
	return out, ok
}

// Send is [Generator.Next] with a value for the body: the Yield that waits returns in.
//
// Before the first Next no Yield waits, and the value would be lost. So Send panics there, and the
// generator stays as it is: call Next first. Sent to a generator that is over, in goes nowhere.
func (g *Generator[Out, In]) Send(in In) (out Out, ok bool) {
	y := g.y
	if y.state != suspended {
		switch y.state {
		case over:
			return out, false
		case fresh:
			panic("generator: Send before the first Next: no Yield is waiting for the value; call Next first, which runs the body to its first Yield")
		default:
			panic(y.misuse("Send"))
		}
	}
	// From here it is Next, written out again: a call more would show.
	y.state = running
	l := y.leaf
	l.in = in
	l.at = inBody
	l.main.Adopt()
	l.g.Switch(struct{}{})
	if l.at == inBody {
		out, ok = l.yielded(), true
		y.state = suspended
	} else {
		out, ok = y.drive(l)
	}
	runtime.KeepAlive(g)
	return out, ok
}

// Throw is [Generator.Next] with an error for the body: the Yield that waits returns the zero In and err, the same
// error value. A nil err is [greenlet.ErrExit]. The body may go on, so Throw returns the next value as Next does; also
// after ErrExit, which is only an error here: what ends a body for good is [Generator.Close].
//
// A generator that was not started is over with that: its body never runs, and Err returns err, or nil for ErrExit. If
// the generator is over, err goes nowhere and Err stays as it is.
func (g *Generator[Out, In]) Throw(err error) (out Out, ok bool) {
	if err == nil {
		err = greenlet.ErrExit
	}
	y := g.y
	switch y.state {
	case over:
		return out, false
	case fresh:
		y.finish(err)
		return out, false
	case suspended:
	default:
		panic(y.misuse("Throw"))
	}
	y.state = running
	l := y.leaf
	l.at = inBody
	l.main.Adopt()
	l.g.Throw(err)
	out, ok = y.drive(l)
	runtime.KeepAlive(g)
	return out, ok
}

// Close ends the generator and returns what [Generator.Err] then returns, also the second time.
//
// The Yield that waits returns [greenlet.ErrExit], so that the body can clean up and return. If the body yields again
// instead, it is unwound as by runtime.Goexit: its deferred calls run, and a Yield in one of them ends that call and
// goes on with the next. So Close always comes to an end, unless the body does not, and afterwards nothing of the
// generator stays. A body that never started does not run. A panic that was on its way when the generator was closed is
// not lost: see [Yielder.Yield].
//
// A panic of the body on its way out does not go on in Close, which is often called while another one is on its
// way: it is returned as a [*greenlet.PanicError].
func (g *Generator[Out, In]) Close() error {
	y := g.y
	switch y.state {
	case over:
	case fresh:
		y.finish(nil)
	case suspended:
		y.close()
	default:
		panic(y.misuse("Close"))
	}
	runtime.KeepAlive(g)
	return y.result()
}

// Err says how the body ended: nil while it has not, and if it ended normally, that is by returning nil or
// [greenlet.ErrExit], or was closed; the error that it returned; a [*greenlet.PanicError] if it panicked;
// [ErrGoexit] if it called runtime.Goexit.
func (g *Generator[Out, In]) Err() error { return g.y.result() }
