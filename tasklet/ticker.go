package tasklet

import "time"

// A Ticker sends the time to its channel again and again: see [Scheduler.NewTicker]. Until it is stopped, Run of the
// scheduler does not return, and no deadlock is reported.
type Ticker struct {
	// C receives the time at every tick. It has a buffer of one, and while that is full, ticks are dropped.
	C *Chan[time.Time]

	s     *Scheduler
	d     time.Duration
	timer timer
}

// NewTicker makes a ticker that ticks every d, which must be more than 0. The ticks don't drift: they are at
// multiples of d from now. Those that the scheduler had no time for are left out.
func (s *Scheduler) NewTicker(d time.Duration) *Ticker {
	t := &Ticker{s: s, C: NewBuffered[time.Time](s, 1)}
	t.timer.fire, t.timer.of = tick, t
	t.start("NewTicker", d)
	return t
}

func (t *Ticker) start(op string, d time.Duration) {
	if d <= 0 {
		panic("tasklet: " + op + " with an interval that is not more than 0")
	}
	t.d = d
	t.timer.start(t.s, d)
}

func tick(tm *timer) {
	t := tm.of.(*Ticker)
	s := t.s
	missed := (s.clock - tm.when) / int64(t.d) // fire has just looked at the clock
	s.timers.set(tm, tm.when+(1+missed)*int64(t.d))
	t.C.give(s.world.Now(), nil)
}

// Stop ends the ticking. C stays open; what is in it stays there.
func (t *Ticker) Stop() {
	t.s.enter()
	t.s.timers.unset(&t.timer)
}

// Reset makes the ticker, stopped or not, tick every d, which must be more than 0, from now on. What is in C is
// dropped.
func (t *Ticker) Reset(d time.Duration) {
	t.s.enter()
	t.C.empty()
	t.start("Ticker.Reset", d)
}
