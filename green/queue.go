package green

import (
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// Unbounded is the size of a queue or pool that is never full.
const Unbounded = -1

// ErrShutdown is returned by the operations of a queue that was shut down. errors.Is finds [ErrClosed] in it.
var ErrShutdown = fmt.Errorf("green: the queue was shut down: %w", ErrClosed)

// A Queue passes items between tasks. Get waits while there is none, Put while it is full; who waits is served in the
// order of waiting, and nobody who comes later is served before. An item is handed over at once, whoever's turn it is
// then: a Put that meets a waiting Get has given its item away when it returns, and does not switch.
//
// An operation that need not wait does not look at deadlines and does not give way. One that has to wait fails if the
// task is killed or its deadline passes, and then nothing has happened: the item of a Put that failed is not in the
// queue, and a Get that failed has taken nothing. One that has been served succeeds, and a kill that came since then
// arrives in the next operation that waits.
//
// A Queue belongs to a hub, and may be used by what runs in it only. It is a [Waitable], ready when a Get would not
// wait. In the steady state Put and Get allocate nothing.
type Queue[T any] struct {
	_          noCopy
	h          *Hub
	name       string
	size       int
	items      store[T]
	putters    lineup[T] // with their items
	getters    lineup[T]
	peekers    lineup[T]
	watchers   *tasklet.Line
	joiners    *tasklet.Line
	unfinished int
	shut       bool
}

// A store keeps the items of a queue in the order in which they are to leave it.
type store[T any] interface {
	push(v T)
	pop() T
	peek() T
	len() int
}

// NewQueue makes a queue whose items leave it in the order in which they came. It holds up to size items; with
// [Unbounded], or any negative size, as many as come; with 0 none, so that a Put waits for the Get that takes its item.
func NewQueue[T any](h *Hub, size int) *Queue[T] { return newQueue[T](h, size, &fifo[T]{}) }

// NewLIFOQueue is [NewQueue] of which the item that came last leaves first.
func NewLIFOQueue[T any](h *Hub, size int) *Queue[T] { return newQueue[T](h, size, &lifo[T]{}) }

// NewPriorityQueue is [NewQueue] of which the least item leaves first, by compare, which is as for [slices.SortFunc].
// Equal ones leave in the order in which they came. Items of tasks that wait to put them have no rank yet: they come in
// one by one.
func NewPriorityQueue[T any](h *Hub, size int, compare func(a, b T) int) *Queue[T] {
	return newQueue[T](h, size, &priority[T]{compare: compare})
}

func newQueue[T any](h *Hub, size int, items store[T]) *Queue[T] {
	q := &Queue[T]{h: h, size: max(size, Unbounded), items: items}
	q.putters = lineup[T]{h: h, what: "a place in", of: q}
	q.getters = lineup[T]{h: h, what: "an item of", of: q, back: q.takeBack}
	q.peekers = lineup[T]{h: h, what: "an item to see of", of: q}
	q.watchers = h.s.NewLineOf("an item to be ready in", q)
	q.joiners = h.s.NewLineOf("the end of the work of", q)
	return q
}

// Put puts v into the queue and waits while that is full. In a queue of size 0 it waits for the one that takes v. It
// fails with [ErrShutdown], or with what ended the waiting.
func (q *Queue[T]) Put(v T) error {
	q.h.Check()
	if q.offer(v) {
		return nil
	}
	if q.shut {
		return ErrShutdown
	}
	if q.items.len() == 0 {
		q.show(v)
		q.tell()
	}
	_, err := q.putters.wait(v)
	return err
}

// PutTimeout is [Queue.Put] with a limit of time.
func (q *Queue[T]) PutTimeout(v T, d time.Duration) error {
	if q.TryPut(v) {
		return nil
	}
	return q.h.within(d, func() error { return q.Put(v) })
}

// TryPut puts v into the queue if that needs no waiting, and reports whether it did. It did not if the queue is full,
// has size 0 and nobody waits in Get, or was shut down.
func (q *Queue[T]) TryPut(v T) bool {
	q.h.Check()
	return q.offer(v)
}

// Get takes the next item out of the queue and waits while there is none. It fails with [ErrShutdown] if the queue
// was shut down and is empty, or with what ended the waiting.
func (q *Queue[T]) Get() (T, error) {
	q.h.Check()
	v, ok := q.take()
	if ok {
		return v, nil
	}
	if q.shut {
		return v, ErrShutdown
	}
	return q.getters.wait(v)
}

// GetTimeout is [Queue.Get] with a limit of time.
func (q *Queue[T]) GetTimeout(d time.Duration) (v T, err error) {
	if v, ok := q.TryGet(); ok {
		return v, nil
	}
	err = q.h.within(d, func() (err error) {
		v, err = q.Get()
		return err
	})
	return v, err
}

// TryGet is [Queue.Get] that does not wait, and says whether there was an item.
func (q *Queue[T]) TryGet() (T, bool) {
	q.h.Check()
	return q.take()
}

// Peek returns the item that a Get would take, and leaves it in the queue. It waits while there is none, and then
// returns the first that comes, which may be taken by then. In a queue of size 0 it is the item of the Put that waits
// longest. It fails as [Queue.Get] does.
func (q *Queue[T]) Peek() (T, error) {
	v, ok := q.TryPeek()
	if ok {
		return v, nil
	}
	if q.shut {
		return v, ErrShutdown
	}
	return q.peekers.wait(v)
}

// PeekTimeout is [Queue.Peek] with a limit of time.
func (q *Queue[T]) PeekTimeout(d time.Duration) (v T, err error) {
	if v, ok := q.TryPeek(); ok {
		return v, nil
	}
	err = q.h.within(d, func() (err error) {
		v, err = q.Peek()
		return err
	})
	return v, err
}

// TryPeek is [Queue.Peek] that does not wait, and says whether there is an item.
func (q *Queue[T]) TryPeek() (v T, ok bool) {
	q.h.Check()
	if q.items.len() > 0 {
		return q.items.peek(), true
	}
	if p := q.putters.first(); p != nil {
		return p.val, true
	}
	return v, false
}

// offer gives v to the getter that waits longest, or else to the items if there is room. Who waits in a lineup does so
// because he must, so that nobody is overtaken: getters wait only while there is nothing to take, putters only while
// there is no room.
func (q *Queue[T]) offer(v T) bool {
	if q.shut {
		return false
	}
	if p := q.getters.first(); p != nil {
		q.show(v)
		p.val = v
		q.unfinished++
		q.getters.wake(p)
		return true
	}
	if !q.room() {
		return false
	}
	q.keep(v)
	return true
}

// takeBack keeps v, which was handed to a getter that panics, for somebody else. Its place in the order is lost.
func (q *Queue[T]) takeBack(v T) {
	q.unfinished--
	if !q.offer(v) {
		q.keep(v)
	}
}

func (q *Queue[T]) room() bool { return q.size < 0 || q.items.len() < q.size }

// keep puts v among the items.
func (q *Queue[T]) keep(v T) {
	q.unfinished++
	q.items.push(v)
	q.show(v)
	q.tell()
}

// show lets those see v that wait for an item without taking it.
func (q *Queue[T]) show(v T) {
	for p := q.peekers.first(); p != nil; p = q.peekers.first() {
		p.val = v
		q.peekers.wake(p)
	}
}

// tell lets those go on that wait for the queue to be ready.
func (q *Queue[T]) tell() {
	if q.watchers.Len() > 0 {
		q.watchers.WakeAll()
	}
}

// take takes the next item, if there is one, and lets in those for whom there is room then.
func (q *Queue[T]) take() (v T, ok bool) {
	if q.items.len() > 0 {
		v = q.items.pop()
		q.admit()
		return v, true
	}
	if p := q.putters.first(); p != nil {
		v = p.val
		q.unfinished++
		q.putters.wake(p)
		return v, true
	}
	return v, false
}

// admit lets the items of putters in while there is room.
func (q *Queue[T]) admit() {
	for q.room() {
		p := q.putters.first()
		if p == nil {
			return
		}
		q.keep(p.val)
		q.putters.wake(p)
	}
}

// All returns the items, as Get takes them, until the queue was shut down and is empty. If a Get fails otherwise, the
// loop ends too, and the error is what the task's next operation returns that waits.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, err := q.Get()
			if err == ErrShutdown {
				return
			}
			if err != nil {
				q.h.again(err)
				return
			}
			if !yield(v) {
				return
			}
		}
	}
}

// again makes err, which a blocking operation has returned to somebody who cannot pass it on, arrive in the next one.
// The error of a scope arrives again by itself, as long as the scope is open.
func (h *Hub) again(err error) {
	if late := (*tasklet.TimeoutError)(nil); errors.As(err, &late) || errors.Is(err, ErrCanceled) {
		return
	}
	h.s.Current().ThrowLater(err)
}

// TaskDone says that the work is done of which an item was the order. Who calls it more often than there were items has
// made a mistake: it panics.
func (q *Queue[T]) TaskDone() {
	q.h.Check()
	if q.unfinished == 0 {
		panic("green: TaskDone was called more often than items were put")
	}
	q.finished(1)
}

func (q *Queue[T]) finished(n int) {
	if q.unfinished -= n; q.unfinished == 0 {
		q.joiners.WakeAll()
	}
}

// Join waits until TaskDone was called for every item that came into the queue. Items that ShutdownNow has taken out
// count as done. Those of tasks that still wait in Put are not in the queue. It fails with what ended the waiting.
func (q *Queue[T]) Join() error {
	q.h.Check()
	if q.unfinished == 0 {
		return nil
	}
	return q.joiners.Wait()
}

// JoinTimeout is [Queue.Join] with a limit of time.
func (q *Queue[T]) JoinTimeout(d time.Duration) error {
	return q.h.within(d, q.Join)
}

// Unfinished returns how many items came into the queue for which TaskDone was not called.
func (q *Queue[T]) Unfinished() int {
	q.h.Check()
	return q.unfinished
}

// Shutdown ends the queue when it is empty: what is in it can still be taken. Every Put fails with [ErrShutdown] from
// now on, those that wait included, and so does a Get that would wait. Shut down already, it does nothing.
func (q *Queue[T]) Shutdown() {
	q.h.Check()
	q.shut = true
	q.putters.fail(ErrShutdown)
	q.getters.fail(ErrShutdown)
	q.peekers.fail(ErrShutdown)
	q.watchers.WakeAll()
}

// ShutdownNow is [Queue.Shutdown] and takes out what is in the queue. It returns that in the order in which it would
// have left.
func (q *Queue[T]) ShutdownNow() []T {
	q.Shutdown()
	n := q.items.len()
	if n == 0 {
		return nil
	}
	left := make([]T, 0, n)
	for range n {
		left = append(left, q.items.pop())
	}
	q.finished(min(n, q.unfinished))
	return left
}

// Closed says whether the queue was shut down. There may be items in it.
func (q *Queue[T]) Closed() bool {
	q.h.Check()
	return q.shut
}

// Resize changes the size. Tasks that wait in Put go on if there is room now. What is in the queue stays there.
func (q *Queue[T]) Resize(size int) {
	q.h.Check()
	q.size = max(size, Unbounded)
	q.admit()
}

// Len returns how many items are in the queue.
func (q *Queue[T]) Len() int {
	q.h.Check()
	return q.items.len()
}

// Cap returns the size, or [Unbounded].
func (q *Queue[T]) Cap() int {
	q.h.Check()
	return q.size
}

// Getting returns how many tasks wait in Get.
func (q *Queue[T]) Getting() int {
	q.h.Check()
	return q.getters.len()
}

// Putting returns how many tasks wait in Put.
func (q *Queue[T]) Putting() int {
	q.h.Check()
	return q.putters.len()
}

// Ready says whether a Get would not wait: there is an item, or the queue was shut down.
func (q *Queue[T]) Ready() bool {
	q.h.Check()
	return q.shut || q.items.len() > 0 || q.putters.first() != nil
}

func (q *Queue[T]) watch() *tasklet.Line { return q.watchers }

// SetName gives q a name for reports, and returns q.
func (q *Queue[T]) SetName(name string) *Queue[T] {
	q.h.Check()
	q.name = name
	return q
}

// Name returns what SetName set, or "".
func (q *Queue[T]) Name() string {
	q.h.Check()
	return q.name
}

// String returns the name and how full the queue is.
func (q *Queue[T]) String() string {
	q.h.Check()
	s := "queue"
	if q.name != "" {
		s = fmt.Sprintf("queue %q", q.name)
	}
	if q.size < 0 {
		return fmt.Sprintf("%s (%d items)", s, q.items.len())
	}
	return fmt.Sprintf("%s (%d of %d items)", s, q.items.len(), q.size)
}
