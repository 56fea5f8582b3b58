package poll

import (
	"os"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Limit is until when one direction of a connection may wait. It has a timer only while somebody waits, so that a
// connection that is merely open keeps no scheduler from ending.
type Limit struct {
	s      *tasklet.Scheduler
	at     time.Time
	alarm  *tasklet.Alarm // nil before the first
	line   *tasklet.Line  // in which somebody waits now
	passed bool           // while they waited
}

// NewLimit makes a limit that is not set.
func NewLimit(s *tasklet.Scheduler) Limit { return Limit{s: s} }

// Set sets the limit to t, for who waits now too. The zero time takes it back.
func (l *Limit) Set(t time.Time) {
	l.at = t
	if l.line != nil {
		l.arm()
	}
}

// Passed says whether the limit has passed.
func (l *Limit) Passed() bool { return !l.at.IsZero() && !l.s.Now().Before(l.at) }

// Wait waits in line. It returns os.ErrDeadlineExceeded if the limit has passed, and else what line.Wait does.
func (l *Limit) Wait(line *tasklet.Line) error {
	if err := l.begin(line); err != nil {
		return err
	}
	defer l.end() // the panic of another task may be raised in Wait
	return l.result(line.Wait())
}

// begin comes before line.Wait, result makes the error of its, and end comes after it in any case.
func (l *Limit) begin(line *tasklet.Line) error {
	l.line, l.passed = line, false
	if !l.at.IsZero() {
		l.arm()
		if l.passed { // one look at the clock says so: after a second one nobody would wake who waits
			l.line = nil
			return os.ErrDeadlineExceeded
		}
	}
	return nil
}

func (l *Limit) result(err error) error {
	if err == nil && l.passed {
		return os.ErrDeadlineExceeded
	}
	return err
}

func (l *Limit) end() {
	l.line = nil
	if l.alarm != nil {
		l.alarm.Stop()
	}
}

// arm sets the timer of a limit that somebody waits for.
func (l *Limit) arm() {
	if l.alarm == nil {
		l.alarm = l.s.NewAlarm(l.pass)
	}
	if l.at.IsZero() {
		l.alarm.Stop()
		return
	}
	if d := l.at.Sub(l.s.Now()); d > 0 {
		l.alarm.Set(d)
		return
	}
	l.alarm.Stop()
	l.pass()
}

// pass ends the waiting.
func (l *Limit) pass() {
	if l.line != nil {
		l.passed = true
		l.line.WakeAll()
	}
}
