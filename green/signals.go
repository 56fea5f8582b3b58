package green

import (
	"os"
	"os/signal"
	"slices"

	"github.com/go-greenlet/greenlet/tasklet"
)

// Signals are signals of the system that arrive in a hub, to be waited for. It is a [Waitable], ready when Next would
// not wait.
type Signals struct {
	_       noCopy
	h       *Hub
	helper  *helper
	line    *tasklet.Line
	pending []os.Signal
	closed  bool
	waits   waits
}

// NewSignals makes the signals sigs arrive in the hub, and nowhere else, until Close or the end of Run. What the
// program is told by os/signal elsewhere stays as it is. Without sigs it panics.
func (h *Hub) NewSignals(sigs ...os.Signal) *Signals {
	h.Check()
	if len(sigs) == 0 {
		panic("green: NewSignals without signals")
	}
	s := &Signals{h: h, line: h.s.NewLine("a signal")}
	s.waits.h = h
	s.helper = h.listen(sigs, func(sig os.Signal, _ func()) {
		h.s.Post(func() error {
			s.come(sig)
			return nil
		})
	})
	return s
}

// listen calls come, on a goroutine of its own, with every signal; unlisten gives the signals back to the system.
func (h *Hub) listen(sigs []os.Signal, come func(sig os.Signal, unlisten func())) *helper {
	ch := make(chan os.Signal, 8)
	signal.Notify(ch, sigs...)
	return h.help(func(quit <-chan struct{}) {
		defer signal.Stop(ch)
		for {
			select {
			case <-quit:
				return
			case sig := <-ch:
				come(sig, func() { signal.Stop(ch) })
			}
		}
	})
}

func (s *Signals) come(sig os.Signal) {
	if !s.closed && !slices.Contains(s.pending, sig) {
		s.pending = append(s.pending, sig)
		s.line.WakeAll()
	}
}

// Next waits for a signal and returns it. One that comes again before it was taken counts once, as the system has it.
// It fails with [ErrClosed] after Close, or if the caller is killed or its deadline passes. While a task waits, that
// is no deadlock.
func (s *Signals) Next() (os.Signal, error) {
	s.h.Check()
	for len(s.pending) == 0 {
		if s.closed {
			return nil, ErrClosed
		}
		if _, err := s.h.WaitAny(s); err != nil {
			return nil, err
		}
	}
	sig := s.pending[0]
	s.pending = s.pending[1:]
	return sig, nil
}

// Close gives the signals back to the system. Who waits in Next fails with [ErrClosed].
func (s *Signals) Close() {
	s.h.Check()
	if !s.closed {
		s.closed = true
		s.pending = nil
		s.helper.stop()
		s.line.WakeAll()
	}
}

// Ready says whether Next would not wait.
func (s *Signals) Ready() bool {
	s.h.Check()
	return len(s.pending) > 0 || s.closed
}

func (s *Signals) watch() *tasklet.Line {
	s.waits.begin()
	return s.line
}

func (s *Signals) rest() { s.waits.end() }

// waits keep a hub waiting for the outside while tasks wait for something.
type waits struct {
	h       *Hub
	n       int
	release func()
}

func (w *waits) begin() {
	if w.n++; w.n == 1 {
		w.release = w.h.s.Hold()
	}
}

func (w *waits) end() {
	if w.n--; w.n == 0 {
		w.release()
	}
}
