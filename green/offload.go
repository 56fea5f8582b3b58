package green

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/internal/outcome"
	"github.com/go-greenlet/greenlet/tasklet"
)

// offloadLimit is how many offloads of a hub run at the same time unless [OffloadLimit] says otherwise.
const offloadLimit = 16

// OffloadLimit sets how many functions of [Offload] run at the same time. Without it they are 16.
func OffloadLimit(n int) Option {
	if n <= 0 {
		panic("green: OffloadLimit of fewer than one")
	}
	return func(o *options) { o.hub = append(o.hub, func(h *Hub) { h.offloads().limit = n }) }
}

// offloads is what a hub has at work on other goroutines.
type offloads struct {
	h       *Hub
	limit   int
	n       int
	waiting lineup[struct{}]
	ctx     context.Context
	cancel  context.CancelFunc
	all     sync.WaitGroup
}

// offloads returns the offloads of h, made when it is first asked for.
func (h *Hub) offloads() *offloads {
	if h.off == nil {
		o := &offloads{h: h, limit: offloadLimit}
		o.ctx, o.cancel = context.WithCancel(h.ctx)
		o.waiting = lineup[struct{}]{h: h, what: "a goroutine to be free", back: func(struct{}) { o.release() }}
		h.onStop = append(h.onStop, o.stop)
		h.off = o
	}
	return h.off
}

// An offloaded is one function at work. The hub's goroutine writes and reads it.
type offloaded[T any] struct {
	line *tasklet.Line
	val  T
	err  error

	left    atomic.Bool // the task, or the function: who comes second knows that the result is lost
	panicky error       // the panic of the function, set before it has left
}

// lose tells of a panic whose task has left.
func (w *offloaded[T]) lose() {
	if !w.left.CompareAndSwap(false, true) {
		unheard("a function of Offload, whose task had left,", w.panicky)
	}
}

// Offload calls f on a goroutine of its own, where it may block or compute as long as it likes, and blocks the calling
// task and nobody else until f has returned. It returns what f returned; a panic of f as a *greenlet.PanicError;
// [ErrGoexit] if f called runtime.Goexit. f must not use what belongs to the hub.
//
// A number of functions, see [OffloadLimit], run at the same time; the others wait for their turn, first come, first
// served. A goroutine ends with its function: an idle hub has none.
//
// If the task is killed, or its deadline passes, Offload returns that error at once: an f that has not begun never
// does; one that runs has its context canceled, goes on until it returns, and its result is lost; a panic then goes
// to the standard logger of package log. [Run] cancels the contexts of those that are left and returns when they have
// returned. When Run is ending, Offload returns [ErrClosed].
func Offload[T any](h *Hub, f func(ctx context.Context) (T, error)) (T, error) {
	h.Check()
	var zero T
	if h.stopped {
		return zero, ErrClosed
	}
	o := h.offloads()
	if err := o.acquire(); err != nil {
		return zero, err
	}
	if h.stopped {
		o.release()
		return zero, ErrClosed
	}
	ctx, cancel := context.WithCancel(o.ctx)
	defer cancel()
	w := &offloaded[T]{line: h.s.NewLine("an offloaded function")}
	release := h.s.Hold()
	o.all.Add(1)
	go func() {
		defer o.all.Done()
		defer release()
		var val T
		var err error
		returned := false
		defer func() {
			if !returned {
				err = unreturned(recover())
				if err != ErrGoexit {
					w.panicky = err
					w.lose()
				}
			}
			h.s.Post(func() error {
				w.val, w.err = val, err
				o.release()
				w.line.WakeAll()
				return nil
			})
		}()
		val, err = f(ctx)
		returned = true
	}()
	if err := w.line.Wait(); err != nil {
		w.lose()
		return zero, err
	}
	return w.val, w.err
}

// unreturned is the error of a function that panicked with p, or called runtime.Goexit if that is nil.
func unreturned(p any) error {
	if p == nil {
		return ErrGoexit
	}
	if e, carried := p.(*greenlet.PanicError); carried {
		return e
	}
	return &greenlet.PanicError{Value: p, Stack: outcome.PanicStack(debug.Stack()), Greenlet: "an offloaded function"}
}

func (o *offloads) acquire() error {
	if o.n < o.limit {
		o.n++
		return nil
	}
	_, err := o.waiting.wait(struct{}{})
	return err
}

func (o *offloads) release() {
	if p := o.waiting.first(); p != nil {
		o.waiting.wake(p)
		return
	}
	o.n--
}

// stop ends what is left, and returns when it has ended.
func (o *offloads) stop() {
	o.cancel()
	o.waiting.fail(ErrClosed)
	o.all.Wait()
}
