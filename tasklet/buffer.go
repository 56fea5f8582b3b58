package tasklet

// NewBuffered makes a channel with a buffer for n values: a send waits only while it is full, and does not switch to
// a receiver. An n of 0 is [NewChan].
func NewBuffered[T any](s *Scheduler, n int) *Chan[T] {
	if n < 0 {
		panic("tasklet: NewBuffered with a negative size")
	}
	c := NewChan[T](s)
	if n > 0 {
		c.pref = PreferNone
		c.buffer.list = make([]item[T], n)
	}
	return c
}

// Cap returns the size of the buffer.
func (c *Chan[T]) Cap() int { return len(c.buffer.list) }

// Len returns how many values are in the buffer.
func (c *Chan[T]) Len() int {
	c.s.enter()
	return c.buffer.n
}

// A ring is a bounded queue of values and errors.
type ring[T any] struct {
	list []item[T]
	head int
	n    int
}

type item[T any] struct {
	val T
	err error
}

func (r *ring[T]) full() bool { return r.n == len(r.list) }

func (r *ring[T]) push(v T, err error) {
	i := r.head + r.n
	if i >= len(r.list) {
		i -= len(r.list)
	}
	r.list[i] = item[T]{v, err}
	r.n++
}

func (r *ring[T]) pop() (T, error) {
	it := r.list[r.head]
	r.list[r.head] = item[T]{}
	if r.head++; r.head == len(r.list) {
		r.head = 0
	}
	r.n--
	return it.val, it.err
}
