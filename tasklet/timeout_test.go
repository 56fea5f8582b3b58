package tasklet_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A blocking operation, and whether it has left nothing behind.
type blocking struct {
	name  string
	block func() error
	clean func() bool
}

// blockers returns every blocking operation, each of which would wait for more than an hour.
func blockers(s *tasklet.Scheduler) []blocking {
	c := tasklet.NewChan[int](s)
	l := s.NewLine("line")
	sleeper := s.Go(func() error { return s.Sleep(1000 * time.Hour) })
	none := func() bool { return true }
	idle := func() bool { return c.Balance() == 0 }
	return []blocking{
		{"Send", func() error { return c.Send(1) }, idle},
		{"SendError", func() error { return c.SendError(errSent) }, idle},
		{"Receive", func() error { _, err := c.Receive(); return err }, idle},
		{"Sleep", func() error { return s.Sleep(100 * time.Hour) }, none},
		{"Join", func() error { return sleeper.Join() }, none},
		{"Select", func() error {
			_, err := s.Select(c.OnReceive(nil), c.OnSend(1), tasklet.After(100*time.Hour))
			return err
		}, idle},
		{"WaitAny", func() error { _, err := s.WaitAny(l, l); return err }, func() bool { return l.Len() == 0 }},
		{"Line.Wait", l.Wait, func() bool { return l.Len() == 0 }},
		{"ScheduleRemove", s.ScheduleRemove, none},
	}
}

func TestTimeout_EndsEveryBlockingOperation(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		all := blockers(s)
		s.Schedule()
		for _, op := range all {
			begin := s.Now()
			err := s.WithTimeout(time.Minute, func(o *tasklet.Timeout) error {
				for try := range 2 { // it is level-triggered
					err := op.block()
					if !o.Owns(err) || !errors.Is(err, tasklet.ErrTimeout) || !o.Expired() {
						t.Errorf("%s, try %d: %v", op.name, try, err)
					}
					if waited := s.Now().Sub(begin); waited != time.Minute {
						t.Errorf("%s, try %d: failed after %v", op.name, try, waited)
					}
				}
				return s.Schedule()
			})
			if !errors.Is(err, tasklet.ErrTimeout) || !op.clean() {
				t.Errorf("%s: then Schedule = %v; clean: %v", op.name, err, op.clean())
			}
			if err := s.Schedule(); err != nil {
				t.Errorf("%s: the scope is closed, and Schedule = %v", op.name, err)
			}
		}
		return nil
	})
}

func TestTimeout_EndsAwait(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		canceled := make(chan none)
		err := s.WithTimeout(time.Millisecond, func(o *tasklet.Timeout) error {
			_, err := tasklet.Await(s, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				close(canceled)
				return 0, nil
			})
			if !o.Owns(err) {
				t.Errorf("Await = %v", err)
			}
			return nil
		})
		<-canceled
		return err
	})
}

func TestTimeout_KillEndsEveryBlockingOperation(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		all := blockers(s)
		s.Schedule()
		for _, op := range all {
			var got error
			victim := s.Go(func() error {
				got = op.block()
				return nil
			})
			s.Schedule()
			if err := victim.Kill(); err != nil {
				return err
			}
			if got != tasklet.ErrExit || victim.Alive() || !op.clean() {
				t.Errorf("%s, killed: %v; alive %v, clean %v", op.name, got, victim.Alive(), op.clean())
			}
		}
		return nil
	})
}

func TestTimeout_NearestOfNestedScopesCounts(t *testing.T) {
	for _, d := range []struct{ outer, inner time.Duration }{{time.Minute, time.Hour}, {time.Hour, time.Minute}} {
		runClocked(t, func(s *tasklet.Scheduler) error {
			begin := s.Now()
			return s.WithTimeout(d.outer, func(outer *tasklet.Timeout) error {
				return s.WithTimeout(d.inner, func(inner *tasklet.Timeout) error {
					err := s.Sleep(24 * time.Hour)
					if waited := s.Now().Sub(begin); waited != time.Minute {
						t.Errorf("%v: failed after %v", d, waited)
					}
					if outer.Owns(err) != (d.outer < d.inner) || inner.Owns(err) != (d.inner < d.outer) {
						t.Errorf("%v: outer owns it: %v, inner: %v", d, outer.Owns(err), inner.Owns(err))
					}
					return nil
				})
			})
		})
	}
}

func TestTimeout_OuterWinsWhenBothHavePassed(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		return s.WithTimeout(time.Minute, func(outer *tasklet.Timeout) error {
			return s.WithTimeout(time.Minute, func(inner *tasklet.Timeout) error {
				if err := s.Sleep(time.Hour); !outer.Owns(err) || inner.Owns(err) {
					t.Errorf("got %v of the inner one", err)
				}
				return nil
			})
		})
	})
}

func TestTimeout_OfNothingHasPassed(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		for _, d := range []time.Duration{0, -time.Second} {
			err := s.WithTimeout(d, func(o *tasklet.Timeout) error {
				if !o.Expired() {
					t.Error("not expired")
				}
				return s.Sleep(time.Second)
			})
			var timeout *tasklet.TimeoutError
			if !errors.As(err, &timeout) || timeout.After != d || !timeout.Timeout() {
				t.Errorf("d = %v: %v", d, err)
			}
		}
		return nil
	})
}

func TestTimeout_Reset(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		return s.WithTimeout(time.Minute, func(o *tasklet.Timeout) error {
			if err := s.Sleep(50 * time.Second); err != nil {
				return err
			}
			o.Reset(time.Minute)
			first := s.Sleep(time.Hour)
			if waited := s.Now().Sub(begin); waited != 110*time.Second || !o.Owns(first) {
				t.Errorf("failed after %v: %v", waited, first)
			}
			o.Reset(time.Hour) // it takes back that the deadline has passed
			if err := s.Sleep(time.Minute); err != nil || o.Expired() || o.Owns(first) {
				t.Errorf("after Reset: Sleep = %v, expired: %v, owns the old error: %v", err, o.Expired(), o.Owns(first))
			}
			o.Reset(0)
			if err := s.Sleep(time.Minute); !o.Owns(err) {
				t.Errorf("after Reset(0): %v", err)
			}
			return nil
		})
	})
}

func TestTimeout_ErrorsStayApartWhenScopesAreReused(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		var old []error
		for range 5 {
			err := s.WithTimeout(time.Second, func(o *tasklet.Timeout) error {
				for _, e := range old {
					if o.Owns(e) {
						t.Error("a scope owns the error of an earlier one")
					}
				}
				return s.Sleep(time.Minute)
			})
			if err := s.WithTimeout(time.Second, func(*tasklet.Timeout) error { return s.Schedule() }); err != nil {
				return err
			}
			old = append(old, err)
		}
		return nil
	})
}

func TestTimeout_WhatCameInTimeIsKept(t *testing.T) {
	clock := newClock()
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s).SetPreference(tasklet.PreferSender)
		s.Go(func() error {
			return s.WithTimeout(time.Minute, func(o *tasklet.Timeout) error {
				if v, err := c.Receive(); v != 1 || err != nil {
					t.Errorf("received %d, %v", v, err)
				}
				if _, err := c.Receive(); !o.Owns(err) {
					t.Errorf("the next Receive = %v", err)
				}
				return nil
			})
		})
		s.Schedule()
		if err := c.Send(1); err != nil {
			return err
		}
		clock.Advance(time.Hour)
		return s.Run()
	}, tasklet.WithWorld(clock))
	if err != nil {
		t.Fatal(err)
	}
}

func TestTimeout_OfASleeperAtTheSameTime(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		for _, d := range []time.Duration{time.Second, time.Minute} {
			turns := 0
			s.Go(func() error {
				_ = s.WithTimeout(d, func(*tasklet.Timeout) error { return s.Sleep(time.Minute) })
				turns++
				return nil
			})
			if err := s.Run(); err != nil || turns != 1 || s.Len() != 1 {
				t.Errorf("turns %d, runnable %d, %v", turns, s.Len(), err)
			}
		}
		return nil
	})
}

func TestTimeout_OfRun(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		begin := s.Now()
		s.Go(func() error { return s.Sleep(time.Hour) })
		err := s.WithTimeout(time.Minute, func(*tasklet.Timeout) error { return s.Run() })
		if !errors.Is(err, tasklet.ErrTimeout) || s.Now().Sub(begin) != time.Minute {
			t.Errorf("Run = %v after %v", err, s.Now().Sub(begin))
		}
		begin = s.Now()
		err = s.WithTimeout(100*time.Hour, func(*tasklet.Timeout) error { return s.Run() })
		if err != nil || s.Now().Sub(begin) != 59*time.Minute {
			t.Errorf("Run = %v after %v; its own deadline is nothing to wait for", err, s.Now().Sub(begin))
		}
		return nil
	})
}

func TestTimeout_StopClosesWhatIsInside(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		outer := s.StartTimeout(time.Minute)
		s.StartTimeout(time.Second)
		outer.Stop()
		outer.Stop()
		if err := s.Sleep(time.Hour); err != nil {
			t.Errorf("Sleep = %v", err)
		}
		return nil
	})
}

func TestTimeout_OpenWhenTheSchedulerCloses(t *testing.T) {
	s := tasklet.New(tasklet.WithWorld(newClock()))
	err := s.WithTimeout(time.Minute, func(*tasklet.Timeout) error { return s.Close() })
	if err != nil {
		t.Error(err)
	}
}

func TestTimeout_AllocatesNothing(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		f := func(*tasklet.Timeout) error { return s.Sleep(time.Millisecond) }
		if n := testing.AllocsPerRun(100, func() { s.WithTimeout(time.Hour, f) }); n != 0 {
			t.Errorf("%v allocations for a scope with a Sleep", n)
		}
		return nil
	})
}

func TestShield_HoldsOffKillsAndDeadlines(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		var log []error
		victim := s.Go(func() error {
			return s.WithTimeout(time.Minute, func(outer *tasklet.Timeout) error {
				err := s.Shield(func() error {
					log = append(log, s.Sleep(time.Hour))
					return s.WithTimeout(time.Second, func(inner *tasklet.Timeout) error { // one of its own
						err := s.Sleep(time.Hour)
						if !inner.Owns(err) {
							t.Errorf("the scope in the shield: %v", err)
						}
						return nil
					})
				})
				log = append(log, err, s.Schedule())
				err = s.Schedule()
				if !outer.Owns(err) {
					t.Errorf("after the shield and the kill: %v", err)
				}
				return nil
			})
		})
		s.Schedule()
		if err := victim.Kill(); err != nil {
			return err
		}
		if !victim.Blocked() {
			t.Error("the kill went through the shield")
		}
		if err := s.Run(); err != nil {
			return err
		}
		if len(log) != 3 || log[0] != nil || log[1] != nil || log[2] != tasklet.ErrExit {
			t.Errorf("log %v", log)
		}
		return nil
	})
}

func TestShield_Nested(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		return s.WithTimeout(time.Minute, func(o *tasklet.Timeout) error {
			err := s.Shield(func() error {
				if err := s.Shield(func() error { return s.Sleep(time.Hour) }); err != nil {
					return err
				}
				return s.Sleep(time.Hour)
			})
			if err != nil {
				t.Errorf("in the shield: %v", err)
			}
			if err := s.Sleep(time.Second); !o.Owns(err) {
				t.Errorf("after it: %v", err)
			}
			return nil
		})
	})
}
