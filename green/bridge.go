package green

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrOutside is returned by what only code that runs in a hub can do: it would block a goroutine that is not the hub's.
var ErrOutside = errors.New("green: called on a goroutine on which the hub does not run; use green.Call to get into the hub")

// Call runs f as a task of h and waits until that has ended: the way into a hub for plain goroutines. It returns what f
// returned; a panic of f as a *greenlet.PanicError; [ErrClosed] if Run has begun to end, or ended, before f has. When
// ctx is done, Call returns its cause at once, and the task is told to stop. The error of f goes to the caller only;
// if Call has returned by then, it goes to the standard logger of package log.
//
// Any goroutine may call it but those that run hubs: it would block them. Code that runs in h calls f itself, or
// spawns it; Call panics there, where goroutines can be told apart. In a task of another hub use [Offload] around it.
func Call[T any](ctx context.Context, h *Hub, f func() (T, error)) (T, error) {
	var zero T
	if h.ending() {
		return zero, ErrClosed
	}
	if h.s.Inside() {
		panic("green: Call from inside the hub, which would wait for itself; call the function, or spawn it")
	}
	if err := context.Cause(ctx); err != nil {
		return zero, err
	}
	ended := make(chan struct{})
	j := newJob(f)          // the hub's goroutine alone uses it until it has ended
	left := false           // it alone uses that, too
	var settled atomic.Bool // by the task, which has ended, or by the caller, who has gone
	err := h.s.Post(func() error {
		if h.stopped || left {
			return nil
		}
		j.start(h)
		j.LinkRaw(func(*Task) {
			j.taken = true
			if !settled.CompareAndSwap(false, true) {
				unheard(j.String()+", which nobody waits for since its Call has returned,", j.err)
			}
			close(ended)
		})
		return nil
	})
	if err != nil {
		return zero, err
	}
	select {
	case <-ended:
	case <-h.gone:
	case <-ctx.Done():
		if !settled.CompareAndSwap(false, true) {
			<-ended // at once: the task has ended, and leaves its error to this goroutine
			return j.val, j.err
		}
		h.s.Post(func() error {
			if left = true; j.h != nil { // else a policy lets this one run first
				j.Stop()
			}
			return nil
		})
		return zero, context.Cause(ctx)
	}
	if settled.CompareAndSwap(false, true) {
		return zero, ErrClosed
	}
	<-ended // at once, if it is not closed yet
	if isKilled(j.err) && h.ending() {
		return zero, ErrClosed
	}
	return j.val, j.err
}

// ending says whether Run has begun to end. Any goroutine may ask.
func (h *Hub) ending() bool {
	select {
	case <-h.gone:
		return true
	default:
		return false
	}
}

// Callback turns a function that reports by a callback into a straight-line call: it calls start with the callback, and
// blocks the calling task, and nobody else, until the callback was called. It returns what that got. The callback may
// be called on any goroutine, before start returns too; only its first call counts. If the task is killed, or its
// deadline passes, Callback returns that error, and the callback does nothing any more. A callback that is never
// called is no deadlock for the hub: it cannot know.
//
// On a goroutine on which h does not run it returns [ErrOutside], and start is not called.
func Callback[T any](h *Hub, start func(done func(T, error))) (T, error) {
	var zero T
	if h.s.Outside() {
		return zero, ErrOutside
	}
	h.Check()
	line := h.s.NewLine("a callback")
	var val T
	var failure error
	came := false
	defer h.s.Hold()()
	var once sync.Once
	start(func(v T, err error) {
		once.Do(func() {
			h.s.Post(func() error {
				val, failure, came = v, err, true
				line.WakeAll()
				return nil
			})
		})
	})
	for !came {
		if err := line.Wait(); err != nil {
			return zero, err
		}
	}
	return val, failure
}

// UntilDone calls f in a scope that ends when ctx is done: from then on, until f has returned, every operation of the
// calling task that blocks or would block fails with the cause of ctx. It returns what f returned. While f runs, a
// wait is no deadlock, unless ctx can never be done or is the context of a task or group of this hub: nobody outside
// ends those. When a context arrives that code of the hub ends, [Hub.WhenDone] says.
func (h *Hub) UntilDone(ctx context.Context, f func() error) error {
	h.Check()
	if ctx.Done() == nil {
		return f()
	}
	o := h.s.StartScope()
	defer o.Stop()
	if err := context.Cause(ctx); err != nil {
		o.Expire(err)
		return f()
	}
	if h.own(ctx) == nil {
		defer h.s.Hold()()
	}
	defer h.WhenDone(ctx, func() { o.Expire(context.Cause(ctx)) })()
	return f()
}

// A Feed is a [Queue] that a goroutine fills from outside the hub: see [FromChan] and [FromSeq].
type Feed[T any] struct {
	*Queue[T]
	helper  *helper
	release func()
	closed  bool
}

// FromChan makes a queue of what is received from ch. It holds up to size items, as [NewQueue] has it, and is shut
// down when ch is closed. Until then, or [Feed.Close], the hub does not end. What had been received and not taken out
// when Run ends is lost.
func FromChan[T any](h *Hub, ch <-chan T, size int) *Feed[T] {
	return newFeed(h, size, func(quit <-chan struct{}, put func(T) bool) {
		for {
			select {
			case v, ok := <-ch:
				if !ok || !put(v) {
					return
				}
			case <-quit:
				return
			}
		}
	})
}

// FromSeq makes a queue of what seq yields, which runs on a goroutine of its own, where it may block. It is otherwise
// as [FromChan]; seq is told to stop at the first item that comes after the end, and Run waits for that. A panic in
// seq is one of the program.
func FromSeq[T any](h *Hub, seq iter.Seq[T], size int) *Feed[T] {
	return newFeed(h, size, func(_ <-chan struct{}, put func(T) bool) { seq(put) })
}

func newFeed[T any](h *Hub, size int, run func(quit <-chan struct{}, put func(T) bool)) *Feed[T] {
	h.Check()
	f := &Feed[T]{Queue: NewQueue[T](h, size), release: h.s.Hold()}
	f.helper = h.help(func(quit <-chan struct{}) {
		taken := make(chan bool, 1)
		run(quit, func(v T) bool {
			err := h.s.Post(func() error {
				taken <- f.Put(v) == nil
				return nil
			})
			if err != nil {
				return false
			}
			select {
			case ok := <-taken:
				return ok
			case <-quit:
				return false
			}
		})
		h.s.Post(func() error {
			f.Close()
			return nil
		})
	})
	return f
}

// Close ends the feeding and shuts the queue down; what is in it can still be taken out. The goroutine ends as soon
// as it can.
func (f *Feed[T]) Close() {
	f.h.Check()
	if f.closed {
		return
	}
	f.closed = true
	f.helper.release()
	f.release()
	f.Shutdown()
}

// ToChan makes a channel of what comes out of q, and closes it when q was shut down and is empty, or the hub ends. A
// task of the hub takes one item at a time out of q and waits until somebody has received it; what it has taken is
// lost if the hub ends before. Any goroutine but the hub's may receive.
func ToChan[T any](h *Hub, q *Queue[T]) <-chan T {
	h.Check()
	out := make(chan T)
	in := make(chan T, 1) // never full: the task puts one in when the last one has been received
	line := h.s.NewLineOf("a receiver of the items of", q)
	h.help(func(quit <-chan struct{}) {
		defer close(out)
		for {
			var v T
			var more bool
			select {
			case v, more = <-in:
			case <-quit:
			}
			if !more {
				return
			}
			select {
			case out <- v:
			case <-quit:
				return
			}
			h.s.Post(func() error { line.WakeAll(); return nil })
		}
	})
	h.Go(func() error {
		defer close(in)
		for {
			v, err := q.Get()
			if err != nil {
				return unlessShut(err)
			}
			if err := h.handOver(line, func() { in <- v }); err != nil {
				return err
			}
		}
	})
	return out
}

// handOver waits in line for what give leads to.
func (h *Hub) handOver(line *tasklet.Line, give func()) error {
	defer h.s.Hold()()
	give()
	return line.Wait()
}

// Seq makes an iterator of what a hub produces. Every loop over it runs a hub, in which f, a task, calls emit with each
// item, and waits until the loop comes back for the next one; while the loop's body runs, the whole hub stands still.
// When f has returned and the other tasks have ended, that is the end; emit fails for those that come after f. What
// Run returns, if it is an error, comes last. A loop that ends early kills the tasks, and emit returns that.
func Seq[T any](f func(h *Hub, emit func(T) error) error, opts ...Option) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		broken := false
		err := Run(func(h *Hub) error {
			q := NewQueue[T](h, 0)
			j := h.Go(func() error {
				defer q.Shutdown()
				return f(h, q.Put)
			})
			for {
				v, err := q.Get()
				if err != nil {
					if err = unlessShut(err); err == nil {
						err = j.Join()
					}
					if err == nil {
						err = j.Err()
					}
					return err
				}
				if !yield(v, nil) {
					broken = true
					return ErrKilled
				}
			}
		}, opts...)
		if err != nil && !broken {
			var zero T
			yield(zero, err)
		}
	}
}

// unlessShut is err, but nil if it says that a queue was shut down.
func unlessShut(err error) error {
	if errors.Is(err, ErrShutdown) {
		return nil
	}
	return err
}
