package green

import "github.com/go-greenlet/greenlet/tasklet"

// A Local is a value that every task has its own of. Make it once, in a package variable, say; it belongs to no hub.
type Local[T any] struct{ l *tasklet.Local[T] }

// NewLocal makes a local whose value is the zero T until it is set.
func NewLocal[T any]() *Local[T] { return &Local[T]{tasklet.NewLocal[T]()} }

// NewInheritedLocal makes a local whose value a new task has from the one that spawns it. Setting it afterwards, in
// one of them, changes nothing in the other.
func NewInheritedLocal[T any]() *Local[T] { return &Local[T]{tasklet.NewInheritedLocal[T]()} }

// Get returns the value in the calling task, and whether there is one.
func (l *Local[T]) Get(h *Hub) (T, bool) { return l.l.Get(h.s.Current()) }

// Set sets the value in the calling task. It is gone when the task has ended.
func (l *Local[T]) Set(h *Hub, v T) { l.l.Set(h.s.Current(), v) }

// Unset takes the value away in the calling task.
func (l *Local[T]) Unset(h *Hub) { l.l.Unset(h.s.Current()) }

// Of returns the value in the task t, and whether there is one.
func (l *Local[T]) Of(t *Task) (T, bool) {
	if t.h.Check(); t.t == nil {
		var zero T
		return zero, false
	}
	return l.l.Get(t.t)
}
