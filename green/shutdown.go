package green

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A SignalError says that a signal ended something.
type SignalError struct{ Signal os.Signal }

// Error names the signal.
func (e *SignalError) Error() string {
	return fmt.Sprintf("green: got the signal %q", e.Signal.String())
}

// HandleSignals makes a signal begin the hub's [Shutdown], with the given grace and a [*SignalError] as its cause. A
// second signal ends the grace: the tasks are killed at once. A third one does what it does in a program that handles
// none, so that a hub whose task never gives way can be ended. Without sigs they are os.Interrupt and SIGTERM. When
// Run returns, the signals are the system's again.
func HandleSignals(grace time.Duration, sigs ...os.Signal) Option {
	if len(sigs) == 0 {
		sigs = []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return func(o *options) {
		o.hub = append(o.hub, func(h *Hub) {
			s := h.Shutdown()
			s.signals = true
			n := 0
			h.listen(sigs, func(sig os.Signal, unlisten func()) {
				n++
				first := n == 1
				if !first {
					unlisten()
				}
				h.s.Post(func() error {
					if err := (&SignalError{sig}); first {
						s.Begin(grace, err)
					} else {
						s.End(err)
					}
					return nil
				})
			})
		})
	}
}

// A Shutdown is the end of a hub that somebody asks for: tasks can wait until it begins, finish what they are at, and
// end. When the grace is over, all tasks are killed that are left. It is a [Waitable], ready when it has begun.
type Shutdown struct {
	h       *Hub
	signals bool // may begin it
	cause   error
	line    *tasklet.Line
	alarm   *tasklet.Alarm
	fs      []func() error
	waits   waits
}

// Shutdown returns the hub's shutdown.
func (h *Hub) Shutdown() *Shutdown {
	h.Check()
	if h.ops.shutdown == nil {
		h.ops.shutdown = &Shutdown{h: h, line: h.s.NewLine("the shutdown"), waits: waits{h: h}}
	}
	return h.ops.shutdown
}

// Begin begins the shutdown: who waits for it goes on. After grace, in the hub's time, it does what End does; a grace
// of 0 or less is none. Begun already, nothing happens. cause must not be nil.
func (s *Shutdown) Begin(grace time.Duration, cause error) {
	s.h.Check()
	if !s.begin(cause) {
		return
	}
	if grace <= 0 {
		s.kill()
		return
	}
	s.alarm = s.h.s.NewAlarm(func() { s.h.s.Spawn(func() error { s.kill(); return nil }) })
	s.alarm.Set(grace)
	s.h.alone()
}

// End ends the grace: it kills every task, and tells the main one to stop with the cause, which is that of Begin, if
// that was called before. It does not wait. A task may catch that and go on; then End can be called again.
func (s *Shutdown) End(cause error) {
	s.h.Check()
	s.begin(cause)
	s.kill()
}

// begin says whether it was the first.
func (s *Shutdown) begin(cause error) bool {
	if cause == nil {
		panic("green: a shutdown without a cause")
	}
	if s.cause != nil {
		return false
	}
	s.cause = cause
	s.line.WakeAll()
	for _, f := range s.fs {
		s.h.Go(f)
	}
	s.fs = nil
	return true
}

func (s *Shutdown) kill() {
	if s.alarm != nil {
		s.alarm.Stop()
	}
	for t := range s.h.Tasks() {
		if t != s.h.main {
			t.Stop()
		}
	}
	s.h.main.StopWith(s.cause)
}

// OnBegin makes f run in a task of its own when the shutdown begins; if it has, at once. Unlike a task that waits for
// it, it does not keep Run from returning.
func (s *Shutdown) OnBegin(f func() error) {
	s.h.Check()
	if s.cause != nil {
		s.h.Go(f)
		return
	}
	s.fs = append(s.fs, f)
}

// Wait waits until the shutdown has begun. It fails if the caller is killed or its deadline passes. If signals may
// begin it, see [HandleSignals], waiting is no deadlock.
func (s *Shutdown) Wait() error {
	_, err := s.h.WaitAny(s)
	return err
}

// Cause returns what Begin got, or nil if the shutdown has not begun.
func (s *Shutdown) Cause() error {
	s.h.Check()
	return s.cause
}

// Ready says whether the shutdown has begun.
func (s *Shutdown) Ready() bool { return s.Cause() != nil }

func (s *Shutdown) watch() *tasklet.Line {
	if s.signals {
		s.waits.begin()
	}
	return s.line
}

func (s *Shutdown) rest() {
	if s.signals {
		s.waits.end()
	}
}
