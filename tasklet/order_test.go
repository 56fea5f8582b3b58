package tasklet_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// The orders that Stackless Python documents, or was seen to follow. The recorded ones are in TestStacklessGoldens.

// Who goes on when a send and a receive meet.
func TestWhoRunsWhenSendAndReceiveMeet(t *testing.T) {
	for _, c := range []struct {
		pref   tasklet.Preference
		all    bool
		sender bool // waits already
		want   string
	}{
		// m is the one that comes last, w the one that waits, b a bystander behind m in the ring.
		{tasklet.PreferReceiver, false, false, "w b m"},
		{tasklet.PreferReceiver, false, true, "m b w"},
		{tasklet.PreferNone, false, false, "m b w"},
		{tasklet.PreferNone, false, true, "m b w"},
		{tasklet.PreferSender, false, false, "m b w"},
		{tasklet.PreferSender, false, true, "w b m"},
		{tasklet.PreferReceiver, true, false, "b w m"},
		{tasklet.PreferReceiver, true, true, "b w m"},
		{tasklet.PreferNone, true, false, "b w m"},
		{tasklet.PreferNone, true, true, "b w m"},
		{tasklet.PreferSender, true, false, "b w m"},
		{tasklet.PreferSender, true, true, "b w m"},
	} {
		t.Run(fmt.Sprintf("preference %d all %v sender waits %v", c.pref, c.all, c.sender), func(t *testing.T) {
			within(t, func(s *tasklet.Scheduler) {
				var d diary
				ch := tasklet.NewChan[int](s).SetPreference(c.pref).SetScheduleAll(c.all)
				act := func(send bool) {
					if send {
						expect(t, "Send", ch.Send(7), nil)
						return
					}
					v, err := ch.Receive()
					expect(t, "received", v, 7)
					expect(t, "Receive", err, nil)
				}
				s.Go(func() error {
					act(c.sender)
					d.say("w")
					return nil
				})
				expect(t, "Schedule", s.Schedule(), nil)
				s.Go(func() error {
					act(!c.sender)
					d.say("m")
					return nil
				})
				s.Go(func() error {
					d.say("b")
					return nil
				})
				expect(t, "Run", s.Run(), nil)
				d.expect(t, c.want)
			})
		})
	}
}

// Order of many at both ends: first come, first served.
func TestChannelIsFirstComeFirstServed(t *testing.T) {
	for _, pref := range []tasklet.Preference{-1, 0, 1} {
		within(t, func(s *tasklet.Scheduler) {
			var d diary
			c := tasklet.NewChan[int](s).SetPreference(pref)
			for i := range 3 {
				s.Go(func() error { return c.Send(i) })
			}
			expect(t, "Run", s.Run(), nil)
			expect(t, "balance", c.Balance(), 3)
			for i := range 3 {
				s.Go(func() error {
					v, err := c.Receive()
					d.say("%d:%d", i, v)
					return err
				})
			}
			expect(t, "Run", s.Run(), nil)
			d.expect(t, "0:0 1:1 2:2")
			for i := range 3 {
				s.Go(func() error {
					v, err := c.Receive()
					d.say("%d:%d", i, v)
					return err
				})
			}
			expect(t, "Run", s.Run(), nil)
			expect(t, "balance", c.Balance(), -3)
			n, err := c.SendSeq(slices.Values([]int{0, 1, 2}))
			expect(t, "sent", n, 3)
			expect(t, "SendSeq", err, nil)
			expect(t, "Run", s.Run(), nil)
			d.expect(t, "0:0 1:1 2:2")
		})
	}
}

func TestCallbackOrders(t *testing.T) {
	for pref, want := range map[tasklet.Preference]string{
		-1: "main->r, r recv block, r->s, s send go, s->r, r recv block, r->s, s send go, s->r, r->s, s->main",
		0:  "main->r, r recv block, r->s, s send go, s send block, s->r, r recv go, r->s, s->main",
	} {
		r := replay{golden: golden{Preference: pref}, t: t}
		within(t, func(s *tasklet.Scheduler) {
			s.Main().SetName("main")
			r.Scheduler = s
			r.callbacks()
		})
		got := strings.NewReplacer("sw ", "", "cb ", "").Replace(strings.Join(r.log, ", "))
		expect(t, fmt.Sprintf("events with preference %d", pref), got, want)
	}
}

func TestSetCallbackReturnsTheOneBefore(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		if s.SetScheduleCallback(func(_, _ *tasklet.Tasklet) { d.say("s") }) != nil ||
			s.SetChannelCallback(func(tasklet.ChannelEvent) { d.say("c") }) != nil ||
			s.SetErrorHandler(func(_ *tasklet.Tasklet, _ error) error { d.say("e"); return nil }) != nil {
			t.Error("there was a callback before one was set")
		}
		s.SetScheduleCallback(nil)(nil, nil)
		s.SetChannelCallback(nil)(tasklet.ChannelEvent{})
		expect(t, "the handler", s.SetErrorHandler(nil)(nil, errors.New("e")), nil)
		d.expect(t, "s c e")
	})
}

func TestChannelEventNamesTheChannel(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewBuffered[int](s, 1).SetName("c")
		var e tasklet.ChannelEvent
		s.SetChannelCallback(func(now tasklet.ChannelEvent) { e = now })
		expect(t, "Send", c.Send(1), nil)
		expect(t, "event", e, tasklet.ChannelEvent{Channel: c, Tasklet: s.Main(), Sending: true})
		_, err := c.Receive()
		expect(t, "Receive", err, nil)
		expect(t, "event", e, tasklet.ChannelEvent{Channel: c, Tasklet: s.Main()})
	})
}

func TestSpawnOrders(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		s.Go(d.turns(s, "a", 2))
		s.Spawn(d.turns(s, "b", 2))
		c := s.NewTasklet(nil)
		expect(t, "Bind", c.Bind(d.turns(s, "c", 2)), nil)
		s.Go(d.turns(s, "d", 2))
		expect(t, "Insert", c.Insert(), nil)
		expect(t, "Run", s.Run(), nil)
		d.expect(t, "a0 b0 d0 c0 a1 b1 d1 c1")
	})
}

// Tasklet.Run: the caller keeps its place, and the ring goes on behind the target.
func TestTaskletRunOrders(t *testing.T) {
	t.Run("by main", func(t *testing.T) {
		within(t, func(s *tasklet.Scheduler) {
			var d diary
			s.Go(d.turns(s, "a", 2))
			b := s.Go(d.turns(s, "b", 2))
			s.Go(d.turns(s, "c", 2))
			expect(t, "b.Run", b.Run(), nil)
			d.say("main")
			expect(t, "Run", s.Run(), nil)
			d.expect(t, "b0 c0 main a0 b1 c1 a1")
		})
	})
	for _, way := range []struct{ how, want string }{
		{"Run", "a0 c0 d0 a1 b0 c1 d1 b1"},
		{"Switch", "a0 c0 d0 b0 c1 d1 b1"}, // a is paused
	} {
		t.Run("by a tasklet: "+way.how, func(t *testing.T) {
			within(t, func(s *tasklet.Scheduler) {
				var d diary
				var c *tasklet.Tasklet
				a := s.Go(func() error {
					d.say("a0")
					if way.how == "Run" {
						expect(t, "c.Run", c.Run(), nil)
					} else {
						expect(t, "c.Switch", c.Switch(), nil)
					}
					d.say("a1")
					return nil
				})
				s.Go(d.turns(s, "b", 2))
				c = s.Go(d.turns(s, "c", 2))
				s.Go(d.turns(s, "d", 2))
				expect(t, "Run", s.Run(), nil)
				d.expect(t, way.want)
				expect(t, "a is paused", a.Paused(), way.how == "Switch")
				if a.Paused() {
					expect(t, "Insert", a.Insert(), nil)
					expect(t, "Run", s.Run(), nil)
					d.expect(t, "a1")
				}
			})
		})
	}
}

func TestRingWalk(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var all []*tasklet.Tasklet
		for _, name := range []string{"a", "b", "c"} {
			x := s.Go(func() error { return nil })
			x.SetName(name)
			all = append(all, x)
		}
		names := func() string {
			var d diary
			for x := range s.Ring() {
				d.say("%s", x.Name())
			}
			return strings.Join(d.words, " ")
		}
		expect(t, "ring", names(), "main a b c")
		expect(t, "Len", s.Len(), 4)
		expect(t, "Remove", all[1].Remove(), nil)
		expect(t, "ring", names(), "main a c")
		expect(t, "Insert", all[1].Insert(), nil)
		expect(t, "Insert of one that is there", all[0].Insert(), nil)
		expect(t, "ring", names(), "main a c b")
		for range s.Ring() {
			break
		}
		for x := range s.Ring() { // the loop may change what it walks
			if x != s.Main() {
				expect(t, "Remove", x.Remove(), nil)
			}
		}
		expect(t, "ring", names(), "main")
		for x := range s.All() {
			if x != s.Main() {
				expect(t, "Kill", x.Kill(), nil)
			}
		}
		expect(t, "those that live", len(slices.Collect(s.All())), 1)
	})
}

func TestAllIsMainAndThenTheNewestFirst(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		a := s.Go(func() error { _, err := c.Receive(); return err })
		b := s.NewTasklet(func() error { return nil })
		dead := s.Go(func() error { return nil })
		expect(t, "Run", s.Run(), nil)
		expect(t, "alive", dead.Alive(), false)
		if got := slices.Collect(s.All()); !slices.Equal(got, []*tasklet.Tasklet{s.Main(), b, a}) {
			t.Errorf("All: %v", got)
		}
		for range s.All() {
			break
		}
		expect(t, "Queue", slices.Collect(c.Queue())[0], a)
		expect(t, "WaitsFor", a.WaitsFor(), "channel")
		expect(t, "Kill", a.Kill(), nil)
		expect(t, "queue", len(slices.Collect(c.Queue())), 0)
	})
}
