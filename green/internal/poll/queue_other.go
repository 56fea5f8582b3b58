//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package poll

import "time"

const tellsUrgent = false

// A queue does not exist here.
type queue struct{}

func works() bool                       { return false }
func newQueue() (*queue, error)         { return nil, ErrUnsupported }
func (q *queue) close() error           { return nil }
func (q *queue) add(*Desc) error        { return ErrUnsupported }
func (q *queue) arm(*Desc) error        { return ErrUnsupported }
func (q *queue) remove(*Desc)           {}
func (q *queue) block()                 {}
func (q *queue) look(*World)            {}
func (q *queue) wait(*World, time.Time) {}
func (q *queue) wake()                  {}
