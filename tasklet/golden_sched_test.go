package tasklet_test

import (
	"slices"

	"github.com/go-greenlet/greenlet/tasklet"
)

func (r *replay) roundRobin() {
	for _, name := range []string{"a", "b", "c"} {
		r.turns(name, 3)
	}
	r.must(r.Run())
	r.say("main")
}

func (r *replay) roundRobinMain() {
	for _, name := range []string{"a", "b", "c"} {
		r.turns(name, 3)
	}
	for i := range 3 {
		r.say("m%d", i)
		r.must(r.Schedule())
	}
	r.drain()
	r.say("m.end")
}

func (r *replay) runMiddle() {
	r.turns("a", 3)
	b := r.turns("b", 3)
	r.turns("c", 3)
	r.say("m")
	r.must(b.Run())
	r.say("m after b.run")
	r.drain()
	r.say("m.end")
}

func (r *replay) switchFromTasklet() {
	var c *tasklet.Tasklet
	a := r.Go(func() error {
		r.say("a0")
		r.must(c.Switch())
		r.say("a1")
		r.must(r.Schedule())
		r.say("a2")
		return nil
	})
	r.turns("b", 3)
	c = r.Go(func() error {
		r.say("c0")
		r.must(r.Schedule())
		r.say("c1 a.paused=%s a.scheduled=%s", truth(a.Paused()), truth(a.Scheduled()))
		r.must(a.Insert())
		r.say("c2")
		r.must(r.Schedule())
		r.say("c3")
		return nil
	})
	r.turns("d", 3)
	r.must(r.Run())
}

func (r *replay) spawnInTasklet() {
	r.Go(func() error {
		for _, name := range []string{"x", "y"} {
			r.say("p spawn %s", name)
			r.turns(name, 2)
		}
		r.say("p sched")
		r.must(r.Schedule())
		r.say("p.end")
		return nil
	})
	r.turns("q", 2)
	r.must(r.Run())
}

// throw throws, into a tasklet v in the state of the golden, first E and then the exit.
func (r *replay) throw() {
	for _, name := range []string{"E", "TaskletExit"} {
		err := error(raised("E: "))
		if name == "TaskletExit" {
			err = tasklet.ErrExit
		}
		r.say("== %s", name)
		r.throwInto(err)
	}
}

func (r *replay) throwInto(err error) {
	c := tasklet.NewChan[int](r.Scheduler)
	v := r.Go(func() error {
		defer r.say("v fin")
		r.say("v0")
		if err := r.victimWaits(c); err == tasklet.ErrExit {
			r.say("v TaskletExit")
		} else {
			r.say("v caught E()")
		}
		return nil
	})
	if r.State != "new" {
		r.must(r.Schedule())
	}
	if r.State == "dead" {
		r.must(v.Kill())
		r.say("alive=%s", truth(v.Alive()))
	}
	r.Go(func() error {
		r.say("o")
		r.must(r.Schedule())
		r.say("o2")
		return nil
	})
	throw := v.Throw
	if r.Pending {
		throw = v.ThrowLater
	}
	r.say("throw")
	if err := throw(err); err != nil {
		r.say("throw raised %s", python(err))
	} else {
		r.say("throw returned alive=%s scheduled=%s balance=%d", truth(v.Alive()), truth(v.Scheduled()), c.Balance())
	}
	r.drain()
	r.say("drained alive=%s", truth(v.Alive()))
}

// victimWaits is how a tasklet gets into the state of the golden.
func (r *replay) victimWaits(c *tasklet.Chan[int]) error {
	switch r.State {
	case "scheduled_running":
		return r.Schedule()
	case "paused":
		return r.ScheduleRemove()
	}
	_, err := c.Receive()
	return err
}

func (r *replay) uncaught() {
	ok := func() error {
		r.say("ok0")
		r.must(r.Schedule())
		r.say("ok1")
		return nil
	}
	r.Go(ok)
	r.Go(func() error {
		r.say("bad")
		return raised("boom")
	})
	r.Go(ok)
	r.say("run raised %s rc=%d", r.runError(), r.Len())
	r.must(r.Run())
	r.say("run2 returned rc=%d", r.Len())
}

// runError is the text of what Run returns.
func (r *replay) runError() string { return python(r.Run()) }

func (r *replay) watchdogHard() {
	r.turnsWithoutEnd("a", 3)
	spin := r.Go(func() error {
		return r.Interrupt(true) // what the watchdog does in an interpreter that has counted its steps
	})
	r.turnsWithoutEnd("b", 3)
	victim, err := r.RunInterruptible()
	r.must(err)
	r.say("victim is spin=%s alive=%s scheduled=%s paused=%s rc=%d", truth(victim == spin), truth(victim.Alive()),
		truth(victim.Scheduled()), truth(victim.Paused()), r.Len())
	r.must(victim.Kill())
	victim, err = r.RunInterruptible()
	r.must(err)
	expect(r.t, "victim of the second run", victim, nil)
	r.say("end")
}

func (r *replay) turnsWithoutEnd(name string, n int) {
	r.Go(func() error {
		for i := range n {
			r.say("%s%d", name, i)
			r.must(r.Schedule())
		}
		return nil
	})
}

func (r *replay) watchdogSoft() {
	spin := r.Go(func() error {
		r.must(r.Interrupt(false))
		r.must(r.Schedule())
		r.say("spin done")
		return nil
	})
	victim, err := r.RunInterruptible()
	r.must(err)
	expect(r.t, "victim", victim, nil)
	r.say("soft -> None runcount=%d spin alive=%s scheduled=%s", r.Len(), truth(spin.Alive()), truth(spin.Scheduled()))
	r.must(r.Run())
}

func (r *replay) callbacks() {
	c := tasklet.NewChan[int](r.Scheduler).SetPreference(r.Preference).SetScheduleAll(r.ScheduleAll != 0)
	r.goNamed("r", func() error {
		for range 2 {
			_, err := c.Receive()
			r.must(err)
		}
		return nil
	})
	r.goNamed("s", func() error {
		for i := range 2 {
			r.must(c.Send(i))
		}
		return nil
	})
	r.SetScheduleCallback(func(prev, next *tasklet.Tasklet) { r.say("sw %s->%s", prev.Name(), next.Name()) })
	r.SetChannelCallback(func(e tasklet.ChannelEvent) {
		does, how := "recv", "go"
		if e.Sending {
			does = "send"
		}
		if e.WillBlock {
			how = "block"
		}
		r.say("cb %s %s %s", e.Tasklet.Name(), does, how)
	})
	r.must(r.Run())
	r.SetScheduleCallback(nil)
	r.SetChannelCallback(nil)
}

func (r *replay) deadlockMain() {
	_, err := tasklet.NewChan[int](r.Scheduler).Receive()
	r.say("%s", python(err))
}

func (r *replay) deadlockAfterEnd() {
	r.Go(func() error {
		r.say("t")
		return nil
	})
	_, err := tasklet.NewChan[int](r.Scheduler).Receive()
	r.say("%s", python(err))
}

func (r *replay) blockedIsNoDeadlock() {
	c := tasklet.NewChan[int](r.Scheduler)
	r.Go(func() error {
		r.say("t")
		_, err := c.Receive()
		return err
	})
	r.must(r.Run())
	r.say("run returned balance=%d", c.Balance())
	r.must(c.Send(1))
	r.say("balance=%d", c.Balance())
	r.must(r.ScheduleRemove()) // of main alone
	r.say("returned")
}

func (r *replay) closeWithSenders() {
	c := tasklet.NewChan[int](r.Scheduler)
	for i := range 3 {
		r.Go(func() error {
			r.say("s%d", i)
			r.must(c.Send(i))
			r.say("S%d", i)
			return nil
		})
	}
	r.must(r.Run())
	r.say("balance=%d", c.Balance())
	c.SetClosing(true)
	r.say("closing=%s closed=%s", truth(c.Closing()), truth(c.Closed()))
	for v := range c.All() {
		r.say("r%d bal=%d closed=%s", v, c.Balance(), truth(c.Closed()))
	}
	r.say("iter end")
	r.drain()
	r.say("drained")
}

// closeWithReceiver is not among the goldens here; the one of Stackless ends with a balance of -1.
func (r *replay) closeWithReceiver() {
	c := tasklet.NewChan[int](r.Scheduler)
	r.Go(func() error {
		for v := range c.All() {
			r.say("r%d", v)
		}
		r.say("iter end")
		return nil
	})
	r.must(r.Run())
	c.SetClosing(true)
	r.must(r.Run())
	r.say("balance=%d", c.Balance())
}

func (r *replay) sendSequence() {
	c := tasklet.NewChan[string](r.Scheduler)
	r.Go(func() error {
		for i := range 5 {
			v, err := c.Receive()
			r.must(err)
			r.say("r%d=%s", i, v)
		}
		return nil
	})
	n, err := c.SendSeq(slices.Values([]string{"a", "b", "c", "d", "e"}))
	r.must(err)
	r.drain()
	r.say("n=%d", n)
}

func (r *replay) blockTrap() {
	c := tasklet.NewChan[int](r.Scheduler)
	r.Go(func() error {
		r.Current().SetBlockTrap(true)
		r.say("%s", text(c.Send(1)))
		_, err := c.Receive()
		r.say("%s", text(err))
		return nil
	})
	r.must(r.Run())
}
