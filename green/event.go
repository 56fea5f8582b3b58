package green

import (
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// An Event is set or not, and tasks wait until it is. It belongs to one hub: [SharedEvent] is for several.
type Event struct {
	_    noCopy
	h    *Hub
	set  bool
	line *tasklet.Line
}

// NewEvent makes an event that is not set.
func (h *Hub) NewEvent() *Event { return &Event{h: h, line: h.s.NewLine("an event")} }

// Set sets the event and makes everybody go on who waits for it, in the order of their waiting, even if it is cleared
// before their turn. Set already, nothing happens.
func (e *Event) Set() {
	e.h.Check()
	if !e.set {
		e.set = true
		e.line.WakeAll()
	}
}

// Clear takes Set back.
func (e *Event) Clear() {
	e.h.Check()
	e.set = false
}

// IsSet says whether the event is set.
func (e *Event) IsSet() bool {
	e.h.Check()
	return e.set
}

// Wait waits until the event is set. It fails if the caller is killed or its deadline passes before. It allocates
// nothing.
func (e *Event) Wait() error {
	e.h.Check()
	if e.set {
		return nil
	}
	return e.line.Wait()
}

// WaitTimeout is [Event.Wait] with a limit of time.
func (e *Event) WaitTimeout(d time.Duration) error { return e.h.within(d, e.Wait) }

// Ready is IsSet: what makes an event a [Waitable].
func (e *Event) Ready() bool { return e.IsSet() }

func (e *Event) watch() *tasklet.Line { return e.line }
func (e *Event) pulses()              {}
