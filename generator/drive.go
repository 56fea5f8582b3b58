package generator

import (
	"runtime"
	"runtime/debug"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/outcome"
)

// A state is what the calls of a generator's consumer depend on.
type state uint8

const (
	fresh state = iota
	suspended
	running // a call on the generator is under way
	lent    // another one delegates to it
	over
)

// A place is where a body is, which its Yield depends on. It is the consumer's side that puts a body that yielded into
// inYield, so that a Yield on a foreign goroutine has changed nothing when the switch refuses it.
type place uint8

const (
	inNowhere place = iota
	inBody          // the body runs, on its own stack
	inYield
	inFrom
	inClosing // the body runs, on its own stack, and was told to end
	inPush    // the body runs, on the stack of the loop over All
	inLoop    // the loop runs, within Yield
	inStopped // the body runs on, after the loop ended
	inEnd
)

// An ending is how a body ended.
type ending uint8

const (
	byReturn ending = iota
	byPanic
	byGoexit
)

// start gives the generator the tree in which its body runs.
func (g *Generator[Out, In]) start() {
	y := g.y
	// The tree need not look for abandoned greenlets: its only one is held here.
	y.main = greenlet.Main[struct{}](greenlet.NoCollect())
	y.g = y.main.New(y.serve)
	if y.opts.collect {
		y.cleanup = runtime.AddCleanup(g, abandoned[Out, In], y)
	}
}

// serve is what the greenlet of a generator runs.
func (y *Yielder[Out, In]) serve(none struct{}) (struct{}, error) {
	returned := false
	defer func() {
		if !returned {
			y.catch(recover(), y)
		}
		closing := y.at == inClosing
		y.at = inEnd
		if !returned && !closing {
			// This would go on in the consumer before it could close the tree. So wait until it has.
			y.main.Switch(none)
		}
	}()
	body := y.body
	y.body = nil
	y.err = body(y)
	returned = true
	return none, nil
}

// catch notes how the body of y ended that did not return: p is what recover returned. with is whose Yielder the body
// used, which is another generator's if it ran inline.
func (y *Yielder[Out, In]) catch(p any, with *Yielder[Out, In]) {
	switch {
	case (p == nil && with.unwound || with.stops(p)) && with.lost != nil:
		y.how, y.err = byPanic, with.lost
	case p == nil && with.unwound, with.stops(p):
	case p == nil:
		y.how, y.err = byGoexit, ErrGoexit
	default:
		e, carried := p.(*greenlet.PanicError)
		if !carried {
			e = newPanicError(p)
		}
		y.how, y.err = byPanic, e
	}
}

// newPanicError makes an error of a panic with the value v that runs the caller's caller.
func newPanicError(v any) *greenlet.PanicError {
	return &greenlet.PanicError{Value: v, Stack: outcome.PanicStack(debug.Stack()), Greenlet: "generator"}
}

// resume runs y, which is suspended or lent, until it yields or ends.
func (y *Yielder[Out, In]) resume() (Out, bool) {
	y.state = running
	l := y.leaf
	l.at = inBody
	l.main.Adopt()
	l.g.Switch(struct{}{})
	return y.drive(l)
}

// drive goes on after the leaf l was resumed and came back, until something yields or y ends.
func (y *Yielder[Out, In]) drive(l *Yielder[Out, In]) (out Out, ok bool) {
	for {
		switch l.at {
		case inBody:
			y.state = suspended
			return l.yielded(), true
		case inFrom:
			l = y.leaf
		case inEnd:
			by := l.by
			l.bury()
			if l == y {
				y.raise()
				return out, false
			}
			l = by
			y.leaf, l.root = l, y
		}
		l.at = inBody
		l.main.Adopt()
		l.g.Switch(struct{}{})
	}
}

// close ends y, which is suspended or lent, and before it those to which it delegates.
func (y *Yielder[Out, In]) close() {
	y.state = running
	for l := y.leaf; ; {
		by := l.by
		l.at = inClosing
		l.main.Adopt()
		l.bury()
		if l == y {
			return
		}
		l = by
	}
}

// bury closes the tree of y, with whatever is left there.
func (y *Yielder[Out, In]) bury() {
	y.main.Close() // what the body ends with comes by way of serve
	y.main, y.g = nil, nil
	y.finish(y.err)
}

// finish makes y over, ended by err, and lets go of all that it held.
func (y *Yielder[Out, In]) finish(err error) {
	var in In
	y.state, y.at, y.err = over, inEnd, err
	y.in, y.body, y.push, y.by = in, nil, nil, nil
	y.leaf, y.root = y, y
	y.unwatch()
}

// unwatch makes the collector forget the Generator of y, which must be alive if it is watched.
func (y *Yielder[Out, In]) unwatch() {
	y.cleanup.Stop()
	y.cleanup = runtime.Cleanup{}
}

// raise repeats in the caller the end of the body of y, which is over, if that was a panic or a Goexit.
func (y *Yielder[Out, In]) raise() {
	switch y.how {
	case byPanic:
		panic(y.err)
	case byGoexit:
		runtime.Goexit()
	}
}

// result is what Err returns.
func (y *Yielder[Out, In]) result() error {
	if y.state != over || outcome.IsExit[*greenlet.PanicError](y.err, greenlet.ErrExit) {
		return nil
	}
	return y.err
}
