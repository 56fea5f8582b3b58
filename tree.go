package greenlet

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/go-greenlet/greenlet/internal/coro"
	"github.com/go-greenlet/greenlet/internal/owner"
)

// A tree is a main greenlet with all that descends from it: the flow of control of one goroutine. What is
// first is what every switch touches.
type tree[T any] struct {
	pool coro.Pool[life[T]]
	cur  *Greenlet[T] // the one that runs

	// What travels with a switch. err and kind are set only with the bit mailBit.
	val  T
	err  error
	kind kind
	from *Greenlet[T] // set only while somebody traces or records

	main      *Greenlet[T]
	lastID    uint64
	tracers   []*tracer[T]
	questions questions
	orphans   orphans[T]
	opts      options
	made      [6]uintptr // the calls that made it
	closers   int        // how many greenlets are being closed
	closed    atomic.Bool

	reparented bool // the parent of a dead greenlet was changed
}

// Bits of pool.Rare, which sends Switch to its slow path.
const (
	mailBit    = coro.UserBit << iota // something else than a plain value arrives
	traceBit                          // somebody traces
	closingBit                        // a greenlet is being closed
	closedBit                         // the tree is closed
	recordBit                         // the option Record
	askedBit                          // somebody waits for an answer of Inspect; set from anywhere
)

// idleLimit is how many goroutines without work a tree keeps: some megabytes. One more leaves.
const idleLimit = 1024

// An Option changes how a tree works; pass it to [Main] or [Run].
type Option func(*options)

type options struct {
	noCollect    bool
	record       bool
	onUnraisable func(Info, error)
	onLeak       func([]Info)
}

// NoCollect makes a tree that does not look for abandoned greenlets: one that nobody holds any more stays until
// the tree is closed. That saves the registration when a greenlet first parks, about as much as a spawn. It is for
// schedulers, which own their greenlets and close them.
func NoCollect() Option { return func(o *options) { o.noCollect = true } }

// OnUnraisable makes a tree call f with an error that can arrive nowhere: what an abandoned greenlet fails with while
// it is unwound, since whoever causes the unwinding has nothing to do with it; what a tracer returns where a panic or
// a Goexit is on its way; and what [Greenlet.Close] or [Run] cannot return because a panic or Goexit goes on instead.
// The Info is of the greenlet in question, and f runs in the current one. By default, and with a nil f, one line goes
// to standard error.
func OnUnraisable(f func(Info, error)) Option {
	if f == nil {
		f = printUnraisable
	}
	return func(o *options) { o.onUnraisable = f }
}

func printUnraisable(i Info, err error) {
	fmt.Fprintf(os.Stderr, "greenlet: %v: %v\n", i, firstLine(err))
}

// Main makes a new tree and returns its main greenlet, which stands for the flow of control of the calling
// goroutine. The goroutine may have several trees. Close the tree on the same goroutine when it is done with it,
// or use [Run], which does: goroutines of a tree that is never closed stay.
//
// If the goroutine is locked to its thread (runtime.LockOSThread) it must be so from here until Close: the runtime
// ends the process when coroutines are switched under another lock than they were made under.
func Main[T any](opts ...Option) *Greenlet[T] {
	t := &tree[T]{opts: options{onUnraisable: printUnraisable}}
	for _, o := range opts {
		o(&t.opts)
	}
	runtime.Callers(2, t.made[:])
	home := new(node[T])
	t.pool.Init(home, idleLimit, t.body(), t.ended)
	t.lastID = 1
	home.Data.id = 1
	home.Data.parked = true
	t.main = &Greenlet[T]{tree: t, node: home, who: identity[T]{id: 1}}
	t.cur = t.main
	home.Data.prev, home.Data.next = home, home // the head of the ring
	t.orphans.init()
	if t.opts.record {
		t.main.relabel(func(l *label) { l.record = newRecord(2) })
		t.pool.Rare.Or(recordBit)
		t.pool.OwnLabels = true
	}
	return t.main
}

// Run calls f with the main greenlet of a new tree, and closes the tree however f ends. It returns f's error,
// joined with that of Close if there is one. If f or a hook that [Greenlet.Close] calls panics or calls runtime.Goexit,
// that goes on when the tree is closed, and the error goes to [OnUnraisable].
func Run[T any](f func(main *Greenlet[T]) error, opts ...Option) (err error) {
	main := Main[T](opts...)
	returned := false
	defer func() {
		closed := false
		defer func() {
			if !closed && err != nil { // a hook panicked or called runtime.Goexit, so that nobody will see err
				t := main.tree
				t.opts.onUnraisable(t.info(main), err)
			}
		}()
		failed := main.Close()
		closed = true
		switch {
		case failed == nil:
		case !returned:
			// A panic or Goexit goes on; nobody will see what we return.
			t := main.tree
			t.opts.onUnraisable(t.info(main), failed)
		case err == nil:
			err = failed
		default:
			err = errors.Join(err, failed)
		}
	}()
	err = f(main)
	returned = true
	return err
}

// self returns the identity of the calling goroutine in t, or 0 if it may not use t.
func (t *tree[T]) self() uintptr {
	if self := owner.Check(&t.pool.Owner.Running); self != 0 {
		return self
	}
	return t.pool.Owner.Reach()
}

// reach is self for those who must know on every architecture, and not on the way of a switch.
func (t *tree[T]) reach() uintptr {
	if owner.Exact {
		return t.self()
	}
	return t.pool.Owner.Reach()
}

// enter is the check at the door of every operation. It returns g's tree and the identity of the calling
// goroutine in it, or nil if the tree is closed. It panics if the caller may not use the tree.
func (g *Greenlet[T]) enter(op string) (*tree[T], uintptr) {
	t := g.tree
	if t.closed.Load() {
		return nil, 0
	}
	self := t.self()
	if self == 0 {
		panic(t.wrongGoroutine(op))
	}
	return t, self
}
