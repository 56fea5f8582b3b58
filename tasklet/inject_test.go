package tasklet_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// TestInjection does something nasty to small programs, at every point at which that is possible: to the victim,
// which waits in one of the ways there are, before and after each step of anybody, and in the middle of every switch. The
// programs are in inject_programs_test.go.
func TestInjection(t *testing.T) {
	noLeak(t)
	for _, p := range injectPrograms() {
		t.Run(p.name, func(t *testing.T) {
			for _, i := range injections {
				for _, inSwitch := range []bool{false, true} {
					if inSwitch && i.switches {
						continue
					}
					for at := 0; ; at++ {
						r := &rig{t: t, program: p, injection: i, inSwitch: inSwitch, at: at}
						r.perform()
						if !r.fired {
							break // the program was over before
						}
						if t.Failed() {
							return
						}
					}
				}
			}
		})
	}
}

// An injection is something that happens to the victim.
type injection struct {
	name     string
	do       func(r *rig) error
	switches bool // it cannot be done in a callback
	ends     bool // it ends the victim
}

var errInjected = errors.New("injected")

var injections = []injection{
	{"nothing", func(*rig) error { return nil }, false, false},
	{"Kill", func(r *rig) error { return r.victim.Kill() }, true, true},
	{"KillLater", func(r *rig) error { return r.victim.KillLater() }, false, true},
	{"Throw", func(r *rig) error { return r.throw(r.victim.Throw) }, true, false},
	{"ThrowLater", func(r *rig) error { return r.throw(r.victim.ThrowLater) }, false, false},
	{"two", func(r *rig) error { return errors.Join(r.throw(r.victim.ThrowLater), r.victim.KillLater()) }, false, true},
	{"deadline", func(r *rig) error {
		r.clock.Advance(time.Hour)
		return r.s.Sleep(0)
	}, true, true},
	{"deadline unseen", func(r *rig) error {
		r.clock.Advance(time.Hour)
		return nil
	}, false, true},
	{"deadline and Kill", func(r *rig) error {
		r.clock.Advance(time.Hour)
		return errors.Join(r.victim.KillLater(), r.s.Sleep(0))
	}, true, true},
	{"Expire", func(r *rig) error {
		if r.scope != nil {
			r.scope.Expire(errInjected)
		}
		return nil
	}, false, false},
	{"Chan.Close", func(r *rig) error {
		for _, c := range r.chans {
			c.Close()
		}
		return nil
	}, false, false},
	{"Chan.SetClosing", func(r *rig) error {
		for _, c := range r.chans {
			c.SetClosing(true)
		}
		return nil
	}, false, false},
	{"Scheduler.Close", func(r *rig) error {
		r.closing = true
		return r.s.Main().Run()
	}, true, true},
}

// throw throws errInjected. That the victim has ended already is no error.
func (r *rig) throw(f func(error) error) error {
	if err := f(errInjected); err != tasklet.ErrDead {
		return err
	}
	return nil
}

// A rig performs one program with one injection and keeps the books.
type rig struct {
	t         *testing.T
	program   injectProgram
	injection injection
	inSwitch  bool
	at        int // the point at which it happens

	s       *tasklet.Scheduler
	clock   *tasklet.Clock
	victim  *tasklet.Tasklet
	scope   *tasklet.Timeout // the victim's
	chans   []*tasklet.Chan[int]
	line    *tasklet.Line
	n       int
	fired   bool
	closing bool

	started, ended int
	sent           map[int]error                   // what each value's Send returned
	got            map[int]int                     // how often it was received
	waiting        map[*tasklet.Chan[int]]int      // senders less receivers, in the midst of it
	inLine         int                             // in the midst of Line.Wait
	wakes, woken   int                             // what Wake and Wait say
	steps          map[*tasklet.Tasklet]func() int // what is left to do of those that nothing may stop
}

func (r *rig) perform() {
	r.sent, r.got, r.waiting = map[int]error{}, map[int]int{}, map[*tasklet.Chan[int]]int{}
	r.steps = map[*tasklet.Tasklet]func() int{}
	r.clock = tasklet.NewClock(time.Unix(0, 0))
	r.s = tasklet.New(tasklet.WithWorld(r.clock))
	r.line = r.s.NewLine("line")
	if r.inSwitch {
		r.s.SetScheduleCallback(func(_, _ *tasklet.Tasklet) { r.expect("injection", r.hit(), nil) })
	}
	r.program.setUp(r)
	r.bystander()
	for !r.closing {
		err := r.s.Run()
		if err == nil {
			break
		}
		r.expect("what escaped", err, errInjected, tasklet.ErrExit)
	}
	if r.closing {
		r.shut()
		return
	}
	r.s.SetScheduleCallback(nil)
	r.check()
	for _, c := range r.chans {
		c.Close()
		for {
			v, err := c.Receive()
			if err != nil {
				r.expect("Receive at the end", err, tasklet.ErrClosed)
				break
			}
			r.got[v]++
		}
	}
	r.line.WakeAll()
	_ = r.victim.Insert()
	r.expect("Run at the end", r.s.Run(), nil)
	if n := len(slices.Collect(r.s.All())); n != 1 {
		r.errorf("%d tasklets are left", n-1)
	}
	r.shut()
}

// shut closes the scheduler and looks at what is left.
func (r *rig) shut() {
	err := r.s.Close()
	if err != nil && !errors.Is(err, errInjected) {
		r.errorf("Close: %v", err)
	}
	if r.started != r.ended {
		r.errorf("%d bodies started, %d ended", r.started, r.ended)
	}
	for v, err := range r.sent {
		buffered := 0
		for _, c := range r.chans {
			buffered += c.Len()
		}
		switch {
		case err == nil && r.got[v] == 0 && buffered == 0:
			r.errorf("value %d is lost", v)
		case err != nil && r.got[v] > 0:
			r.errorf("value %d was received, and its Send returned %v", v, err)
		}
	}
	for v, n := range r.got {
		if n > 1 {
			r.errorf("value %d was received %d times", v, n)
		}
	}
	for _, c := range r.chans {
		if n := len(slices.Collect(c.Queue())); n > 0 {
			r.errorf("%d are left in the queue of a channel", n)
		}
	}
	if n := r.line.Len(); n > 0 {
		r.errorf("%d are left in the line", n)
	}
	if n := r.s.Len(); n != 1 {
		r.errorf("%d are runnable in the end", n)
	}
}

// check looks at what is left when nobody can run any more.
func (r *rig) check() {
	for i, c := range r.chans {
		if want := r.waiting[c] + c.Len(); c.Balance() != want {
			r.errorf("channel %d: the balance is %d, and there are %d", i, c.Balance(), want)
		}
	}
	if r.line.Len() != r.inLine {
		r.errorf("%d in the line, and there are %d", r.line.Len(), r.inLine)
	}
	if r.wakes != r.woken {
		r.errorf("%d were woken, and %d know of it", r.wakes, r.woken)
	}
	if r.fired && r.injection.ends && r.victim.Alive() {
		r.errorf("the victim lives and waits for %q", r.victim.WaitsFor())
	}
	if !r.fired && r.victim.Alive() {
		r.errorf("the victim should have come through; it waits for %q", r.victim.WaitsFor())
	}
	for t, left := range r.steps {
		if left() > 0 {
			r.errorf("%v did not get its turns: %d left", t, left())
		}
	}
}

func (r *rig) errorf(format string, args ...any) {
	r.t.Errorf("%s at %d, in a switch: %v: %s", r.injection.name, r.at, r.inSwitch, fmt.Sprintf(format, args...))
}

// expect says so if err is none of those.
func (r *rig) expect(what string, err error, allowed ...error) {
	if !slices.Contains(allowed, err) {
		r.errorf("%s: %v", what, err)
	}
}

// point is a point at which a tasklet may do the injection. It returns what is to end that tasklet.
func (r *rig) point() error {
	if r.inSwitch {
		return nil
	}
	return r.hit()
}

func (r *rig) hit() error {
	if r.n++; r.n-1 != r.at {
		return nil
	}
	r.fired = true
	return r.injection.do(r)
}

// spawn makes a tasklet that does step n times, with points around. An error ends it.
func (r *rig) spawn(n int, step func(i int) error) *tasklet.Tasklet {
	return r.s.Go(func() error {
		r.started++
		defer func() { r.ended++ }()
		return r.repeat(n, step)
	})
}

func (r *rig) repeat(n int, step func(i int) error) error {
	for i := range n {
		if r.point() != nil {
			return nil
		}
		if step(i) != nil || r.point() != nil {
			return nil
		}
	}
	return nil
}

// attack is spawn of the victim, with a deadline. What is thrown into it, it survives.
func (r *rig) attack(n int, step func(i int) error) {
	r.victim = r.s.Go(func() error {
		r.started++
		defer func() { r.ended++ }()
		return r.s.WithTimeout(30*time.Minute, func(o *tasklet.Timeout) error {
			r.scope = o
			defer func() { r.scope = nil }()
			return r.repeat(n, func(i int) error {
				err := step(i)
				if err == errInjected && !o.Expired() {
					return nil
				}
				return err
			})
		})
	})
	r.victim.SetName("victim")
}

// bystander makes a tasklet that nothing may stop.
func (r *rig) bystander() {
	left := 5
	t := r.spawn(5, func(int) error {
		left--
		return r.s.Schedule()
	})
	t.SetName("bystander")
	r.steps[t] = func() int { return left }
}

func (r *rig) send(c *tasklet.Chan[int], v int) error {
	r.waiting[c]++
	defer func() { r.waiting[c]-- }()
	r.sent[v] = errors.New("never returned")
	err := c.Send(v)
	r.sent[v] = err
	return err
}

func (r *rig) receive(c *tasklet.Chan[int]) error {
	r.waiting[c]--
	defer func() { r.waiting[c]++ }()
	v, err := c.Receive()
	if err == nil {
		r.got[v]++
	}
	return err
}
