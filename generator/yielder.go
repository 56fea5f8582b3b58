package generator

import (
	"errors"
	"runtime"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/outcome"
)

// A Yielder is the body's end of a [Generator]. The body gets it as its argument and may hand it to whatever it
// calls, at any depth. It may be used only while the body runs, by code that the body called: that may include
// greenlets and other generators on stacks of their own, but not other goroutines.
type Yielder[Out, In any] struct {
	state state
	at    place
	how   ending

	// What travels.
	out Out
	in  In

	// The private tree, from start to end.
	main *greenlet.Greenlet[struct{}]
	g    *greenlet.Greenlet[struct{}]

	// Delegation. leaf is the one that a Next of this generator resumes: itself, or the innermost of those to which
	// it delegates. Only who runs needs to know whose Next runs it, so root is right only there.
	leaf, root *Yielder[Out, In]
	by         *Yielder[Out, In] // who delegates to this one

	push    func(Out) bool       // the loop over All that the body runs in
	unwound bool                 // it yielded after it was told to end
	asked   int                  // how often it did so while it panicked
	lost    *greenlet.PanicError // the panic that was discarded when the body was unwound
	body    func(*Yielder[Out, In]) error
	err     error // as the body returned it
	cleanup runtime.Cleanup
	opts    options
}

// Yield hands out to the consumer and stops the body until the consumer wants more. It returns
//
//   - the value sent and nil, after Send;
//   - the zero In and nil, after Next and in a loop over All;
//   - the zero In and the error thrown, after Throw;
//   - the zero In and [greenlet.ErrExit], after Close, and when a loop over All ended early.
//
// A body that gets an error cleans up and returns it, as a rule; it may go on after a Throw, and the value that it
// yields next is what Throw returns. After Close it cannot go on: the next Yield does not return and unwinds the
// body, as runtime.Goexit does. Where the body runs on the stack of a loop (see [Generator.All]) that Yield panics
// instead, and All stops the panic. Only in a deferred call that a panic runs, Yield and From return [greenlet.ErrExit]
// again, so that the panic is not lost, up to a hundred times.
//
// Yield panics, and changes nothing, if the body does not run at the moment: after its end, or when the consumer
// calls it. On another goroutine than the body's it panics too, save in a body that runs on the stack of a loop,
// where only the race detector sees that.
//
// What Yield costs does not depend on how many calls deep it is.
func (y *Yielder[Out, In]) Yield(out Out) (in In, err error) {
	if y.at != inBody {
		return in, y.yieldElsewhere(out)
	}
	y.out = out
	if _, err = y.main.Switch(struct{}{}); err != nil {
		return in, err
	}
	in = y.in
	var none In
	y.in = none
	return in, nil
}

// yielded takes the value of a Yield, on the consumer's side.
func (y *Yielder[Out, In]) yielded() (out Out) {
	y.at = inYield
	out = y.out
	var none Out
	y.out = none
	return out
}

// yieldElsewhere is Yield where there is no consumer to switch to.
func (y *Yielder[Out, In]) yieldElsewhere(out Out) error {
	if y.at != inPush {
		if err := y.mayYield("Yield"); err != nil {
			return err
		}
	}
	y.at = inLoop
	if y.push(out) {
		y.at = inPush
		return nil
	}
	y.at = inStopped
	return greenlet.ErrExit
}

// mayYield returns nil if the body is in a position to yield. If the body was told to end, mayYield unwinds it, or
// returns greenlet.ErrExit where that would discard a panic. Otherwise it panics.
func (y *Yielder[Out, In]) mayYield(op string) error {
	switch y.at {
	case inBody:
		y.main.Current() // panics on a foreign goroutine
	case inPush:
	case inClosing:
		y.main.Current()
		if y.spared("") {
			return greenlet.ErrExit
		}
		y.unwound = true
		runtime.Goexit()
	case inStopped:
		if y.spared(").pushTo") {
			return greenlet.ErrExit
		}
		panic(stopped[Out, In]{y})
	default:
		panic(y.misplaced(op))
	}
	return nil
}

// mostAsked is how often a body that was told to end may yield while it panics, before it is unwound.
const mostAsked = 100

// spared reports whether the body of y, which was told to end, may go on because a panic unwinds it already. base is
// the function that called the body.
func (y *Yielder[Out, In]) spared(base string) bool {
	if !outcome.Panicking(base) {
		return false
	}
	if y.asked++; y.asked <= mostAsked {
		return true
	}
	y.lost = newPanicError(outcome.Discarded)
	return false
}

// From yields all that other yields, and returns when other is over. What the consumer sends and throws goes to
// other; Close ends other first, then the body. It is Python's "yield from".
//
// An other that was not started runs its body right here, with this Yielder: no switch, no goroutine, and no cost that
// grows with depth; a recursive generator pays per value what a flat one pays. A started other goes on where it is,
// and a Next of the outermost generator resumes it directly, however many delegate to each other in between.
//
// From returns the error that the body of other returned, ErrExit included: as if the body had been called as a
// function. If this generator was told to end meanwhile and other had nothing to say, it is [greenlet.ErrExit].
// A body passes it on, as an error from Yield. If other is already over, From yields nothing and returns other.Err().
// If the body of other panics, From panics with the [*greenlet.PanicError]; if it calls runtime.Goexit, so does From.
//
// While From runs, other belongs to it, and all that others do with it panics. From itself panics where Yield does, and
// if other is running: that is this very generator, or one that delegates to it, or one whose body called this one; and
// if something else delegates to other.
func (y *Yielder[Out, In]) From(other *Generator[Out, In]) error {
	if err := y.mayYield("From"); err != nil {
		return err
	}
	o := other.y
	switch o.state {
	case over:
		return o.result()
	case fresh:
		return y.inline(o)
	case suspended:
	default:
		panic(o.misuse("From"))
	}
	o.unwatch() // now it is found abandoned together with the one that delegates
	runtime.KeepAlive(other)
	o.state = lent
	o.by = y
	var err error
	if y.at == inPush {
		err = y.relay(o)
	} else {
		root := y.root
		root.leaf = o.leaf
		root.leaf.root = root
		y.at = inFrom
		_, err = y.main.Switch(struct{}{})
	}
	o.raise()
	if o.err != nil {
		return o.err
	}
	return err
}

// relay is From where the body runs on the stack of a loop and other has a stack of its own.
func (y *Yielder[Out, In]) relay(o *Yielder[Out, In]) error {
	defer func() {
		if o.state != over {
			o.close() // the loop panicked
		}
	}()
	for {
		out, ok := o.resume()
		if !ok {
			return nil
		}
		o.state = lent
		if _, err := y.Yield(out); err != nil {
			o.close()
			return err
		}
	}
}

// inline runs the body of o, which was not started, with y.
func (y *Yielder[Out, In]) inline(o *Yielder[Out, In]) (err error) {
	o.state = lent
	body := o.body
	returned := false
	defer func() {
		var p any
		if !returned && y.at != inLoop { // else it is a panic or Goexit of the loop over All, not of the body
			p = recover()
			o.catch(p, y)
		}
		o.finish(o.err)
		switch {
		case o.how == byPanic:
			panic(o.err)
		case p != nil:
			panic(p)
		}
	}()
	err = body(y)
	returned = true
	o.err = err
	if err == nil && (y.at == inClosing || y.at == inStopped) {
		err = greenlet.ErrExit
	}
	return err
}

// stopped is the panic that unwinds a body which yields on after the loop over All, on whose stack it runs, has ended.
type stopped[Out, In any] struct{ y *Yielder[Out, In] }

func (stopped[Out, In]) Error() string {
	return "generator: Yield after the loop over All has ended; a body returns when Yield returns an error"
}

// stops reports whether the panic value p is what unwinds y.
func (y *Yielder[Out, In]) stops(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, stopped[Out, In]{y})
}
