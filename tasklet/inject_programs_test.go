package tasklet_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// An injectProgram is a small program around one way of waiting.
type injectProgram struct {
	name  string
	setUp func(r *rig)
}

// newChan makes a channel of which the rig keeps the books.
func (r *rig) newChan(size int, p tasklet.Preference, all bool) *tasklet.Chan[int] {
	c := tasklet.NewBuffered[int](r.s, size).SetPreference(p).SetScheduleAll(all)
	r.chans = append(r.chans, c)
	return c
}

func injectPrograms() []injectProgram {
	ps := []injectProgram{{"Join", injectJoin}, {"Sleep", injectSleep}, {"Line.Wait", injectLine}, {"WaitAny", injectWaitAny},
		{"ScheduleRemove", injectPause}, {"Schedule", injectSchedule}, {"Run", injectRun}}
	for _, mode := range []struct {
		name string
		pref tasklet.Preference
		all  bool
	}{{"receiver", tasklet.PreferReceiver, false}, {"none", tasklet.PreferNone, false}, {"sender", tasklet.PreferSender, false},
		{"all", tasklet.PreferNone, true}} {
		for size := range 3 {
			chans := func(r *rig) *tasklet.Chan[int] { return r.newChan(size, mode.pref, mode.all) }
			name := func(op string) string { return fmt.Sprintf("%s/%d/%s", op, size, mode.name) }
			ps = append(ps,
				injectProgram{name("Send"), func(r *rig) { injectSend(r, chans(r), 1) }},
				injectProgram{name("Send to two"), func(r *rig) { injectSend(r, chans(r), 2) }},
				injectProgram{name("Receive"), func(r *rig) { injectReceive(r, chans(r), 1) }},
				injectProgram{name("Receive from two"), func(r *rig) { injectReceive(r, chans(r), 2) }},
				injectProgram{name("SendSeq"), func(r *rig) { injectSendSeq(r, chans(r)) }},
				injectProgram{name("Select"), func(r *rig) { injectSelect(r, chans(r), chans(r)) }},
				injectProgram{name("Select meets Select"), func(r *rig) { injectSelects(r, chans(r), chans(r)) }})
		}
	}
	return ps
}

// injectSend lets the victim send to receivers, one of which is slow.
func injectSend(r *rig, c *tasklet.Chan[int], receivers int) {
	for n := range receivers {
		r.spawn(4/receivers, func(int) error {
			if n == 0 {
				_ = r.s.Schedule()
			}
			return r.receive(c)
		})
	}
	r.attack(4, func(i int) error { return r.send(c, i) })
}

// injectReceive lets the victim receive from senders, one of which is slow.
func injectReceive(r *rig, c *tasklet.Chan[int], senders int) {
	r.attack(4, func(int) error { return r.receive(c) })
	for n := range senders {
		r.spawn(4/senders, func(i int) error {
			if n == 0 {
				_ = r.s.Schedule()
			}
			return r.send(c, 10*n+i)
		})
	}
}

func injectSendSeq(r *rig, c *tasklet.Chan[int]) {
	r.attack(2, func(i int) error {
		r.waiting[c]++
		defer func() { r.waiting[c]-- }()
		first := 10 * i
		n, err := c.SendSeq(func(yield func(int) bool) {
			for v := first; v < first+3; v++ {
				r.sent[v] = errors.New("not known yet")
				if !yield(v) {
					return
				}
			}
		})
		for v := range r.sent {
			if v >= first && v < first+n {
				r.sent[v] = nil
			}
		}
		return err
	})
	r.spawn(6, func(int) error { return r.receive(c) })
}

// choose is a Select of a receive from a and a send of v to b.
func (r *rig) choose(a, b *tasklet.Chan[int], v int) error {
	r.waiting[a]--
	r.waiting[b]++
	defer func() {
		r.waiting[a]++
		r.waiting[b]--
	}()
	r.sent[v] = errors.New("not sent")
	got := new(int)
	i, err := r.s.Select(a.OnReceive(got), b.OnSend(v))
	switch {
	case i == 0 && err == nil:
		r.got[*got]++
	case i == 1:
		r.sent[v] = err
	}
	return err
}

func injectSelect(r *rig, a, b *tasklet.Chan[int]) {
	r.attack(4, func(i int) error { return r.choose(a, b, i) })
	r.spawn(4, func(i int) error {
		if i%2 == 0 {
			return r.send(a, 10+i)
		}
		_ = r.s.Schedule()
		return r.receive(b)
	})
	// Whatever the victim still has to do when the other has ended, it can.
	r.spawn(4, func(i int) error {
		if !r.victim.Alive() {
			return nil
		}
		_ = r.s.Sleep(time.Millisecond)
		if r.victim.Blocked() && r.victim.Alive() {
			return r.send(a, 20+i)
		}
		return nil
	})
}

func injectSelects(r *rig, a, b *tasklet.Chan[int]) {
	r.attack(3, func(i int) error { return r.choose(a, b, i) })
	r.spawn(3, func(i int) error {
		_ = r.s.Schedule()
		return r.choose(b, a, 10+i)
	})
}

func injectJoin(r *rig) {
	for range 2 {
		worker := r.spawn(3, func(int) error { return r.s.Schedule() })
		if r.victim == nil {
			r.attack(1, func(int) error { return worker.Join() })
		}
		r.spawn(1, func(int) error { return worker.Join() })
	}
}

func injectSleep(r *rig) {
	r.attack(3, func(i int) error { return r.s.Sleep(time.Duration(i+1) * time.Millisecond) })
	r.spawn(3, func(int) error { return r.s.Sleep(2 * time.Millisecond) })
}

func (r *rig) wait(f func() error) error {
	r.inLine++
	defer func() { r.inLine-- }()
	err := f()
	if err == nil {
		r.woken++
	}
	return err
}

// wake wakes those in the line until nobody comes any more.
func (r *rig) wake(n int) {
	r.spawn(n, func(int) error {
		if r.line.Wake() != nil {
			r.wakes++
		}
		return r.s.Sleep(time.Millisecond)
	})
}

func injectLine(r *rig) {
	r.attack(3, func(int) error { return r.wait(r.line.Wait) })
	r.spawn(3, func(int) error { return r.wait(r.line.Wait) })
	r.wake(8)
}

func injectWaitAny(r *rig) {
	other := r.s.NewLine("other")
	r.attack(3, func(int) error {
		return r.wait(func() error {
			_, err := r.s.WaitAny(other, r.line)
			return err
		})
	})
	r.spawn(3, func(int) error { return r.wait(r.line.Wait) })
	r.spawn(2, func(int) error {
		if other.Wake() != nil {
			r.wakes++
		}
		return r.s.Schedule()
	})
	r.wake(8)
}

func injectPause(r *rig) {
	r.attack(3, func(int) error { return r.s.ScheduleRemove() })
	r.spawn(6, func(int) error {
		if r.victim.Paused() {
			_ = r.victim.Insert()
		}
		return r.s.Schedule()
	})
}

func injectSchedule(r *rig) {
	r.attack(3, func(int) error { return r.s.Schedule() })
	r.spawn(3, func(int) error { return r.s.Sleep(0) })
}

// injectRun has the victim run the others, who then end with it waiting for nobody.
func injectRun(r *rig) {
	r.attack(2, func(int) error { return r.s.Run() })
	r.spawn(3, func(int) error { return r.s.Sleep(time.Millisecond) })
}
