package tasklet

// A Local is a value that every tasklet has its own of. Make it once, in a package variable, say; it belongs to no
// scheduler.
type Local[T any] struct {
	inherited bool
}

// A local is the value of one Local in one tasklet.
type local struct {
	val       any
	inherited bool
}

// NewLocal makes a local whose value is the zero T until it is set.
func NewLocal[T any]() *Local[T] { return &Local[T]{} }

// NewInheritedLocal makes a local whose value a new tasklet has from its creator. Setting it afterwards, in one of
// them, changes nothing in the other.
func NewInheritedLocal[T any]() *Local[T] { return &Local[T]{inherited: true} }

// Get returns the value in the tasklet t, and whether there is one.
func (l *Local[T]) Get(t *Tasklet) (T, bool) {
	t.s.enter()
	v, ok := t.locals[l]
	if !ok {
		var zero T
		return zero, false
	}
	val, _ := v.val.(T) // a nil interface has no type
	return val, true
}

// Set sets the value in the tasklet t. It is gone when t has ended.
func (l *Local[T]) Set(t *Tasklet, v T) {
	t.s.enter()
	if t.locals == nil {
		t.locals = map[any]local{}
	}
	t.locals[l] = local{v, l.inherited}
}

// Unset takes the value away in the tasklet t.
func (l *Local[T]) Unset(t *Tasklet) {
	t.s.enter()
	delete(t.locals, l)
}

// inherit gives t what it has from its creator.
func (t *Tasklet) inherit(creator *Tasklet) {
	for key, v := range creator.locals {
		if v.inherited {
			if t.locals == nil {
				t.locals = map[any]local{}
			}
			t.locals[key] = v
		}
	}
}
