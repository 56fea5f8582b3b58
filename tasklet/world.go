package tasklet

import (
	"sync"
	"time"
)

// A World is where a scheduler meets what is outside it. The scheduler calls Now and Wait on its own goroutine.
type World interface {
	// Now returns the time. It never goes back.
	Now() time.Time

	// Wait returns when something is ready, when Wake was called since the last Wait returned, or at the time until,
	// whatever is first. A zero until means no limit of time; one that has passed, or is now, only looks. expecting says
	// whether another goroutine is expected to call Wake. To return early for no reason does no harm. What is ready,
	// the world makes runnable by itself, before it returns.
	Wait(until time.Time, expecting bool)

	// Wake makes Wait return. Any goroutine may call it.
	Wake()
}

// instant is the beginning of a scheduler's time.
type instant struct{ time.Time }

// outside is the plain world: the system's clock, a timer and a wake-up.
type outside struct {
	wake  chan struct{}
	timer *time.Timer
}

func newOutside() *outside { return &outside{wake: make(chan struct{}, 1)} }

func (w *outside) Now() time.Time { return time.Now() }

func (w *outside) Wait(until time.Time, _ bool) {
	if until.IsZero() {
		<-w.wake
		return
	}
	d := time.Until(until)
	if d <= 0 {
		select {
		case <-w.wake:
		default:
		}
		return
	}
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	select {
	case <-w.wake:
		w.timer.Stop()
	case <-w.timer.C:
	}
}

func (w *outside) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// A Clock is a world with a time of its own, which stands still while a tasklet runs and jumps to the next timer when
// none can: an hour of sleeping takes microseconds, and every run is the same. While another goroutine is expected to
// send or post something, a [Port] that is open say, it waits for that and does not jump: work outside takes no time of this
// clock. A Clock is for one scheduler. Who waits for the time by Sleep(0) in a loop waits for ever: nothing else can jump.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	wake chan struct{}
}

// NewClock returns a clock that shows the time start. Any fixed one does.
func NewClock(start time.Time) *Clock {
	return &Clock{now: start.Round(0), wake: make(chan struct{}, 1)}
}

// Now returns the time that the clock shows. Any goroutine may ask.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d, for the code of a tasklet that is to take time. A negative d panics.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic("tasklet: Clock.Advance by a negative duration; time does not go back")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Wait jumps to until, unless Wake was called or is expected.
func (c *Clock) Wait(until time.Time, expecting bool) {
	if until.IsZero() || expecting && c.Now().Before(until) {
		<-c.wake
		return
	}
	select {
	case <-c.wake:
		return
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.Before(until) {
		c.now = until
	}
}

// Wake makes Wait return without a jump. Any goroutine may call it.
func (c *Clock) Wake() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
