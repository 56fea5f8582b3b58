package tasklet_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"github.com/go-greenlet/greenlet/tasklet"
)

func panics() error { panic("oh no") }

// A panic of a tasklet is raised again in the innermost Run, with the stack on which it happened.
func TestPanicIsRaisedInTheInnermostRun(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		bad := s.Go(func() error {
			s.Go(panics)
			p := panicOf(func() { _ = s.Run() })
			d.say("inner")
			e, ok := p.(*greenlet.PanicError)
			expect(t, "is a PanicError", ok, true)
			expect(t, "value", e.Value, any("oh no"))
			expect(t, "stack", strings.Contains(string(e.Stack), "tasklet_test.panics"), true)
			panic(p) // the same pointer goes on
		})
		p := panicOf(func() { _ = s.Run() })
		d.say("outer")
		d.expect(t, "inner outer")
		expect(t, "Err", error(p.(*greenlet.PanicError)), bad.Err())
		expect(t, "Run", s.Run(), nil)
	})
}

func TestPanicIsRaisedWhereverMainIs(t *testing.T) {
	for name, wait := range map[string]func(s *tasklet.Scheduler, c *tasklet.Chan[int]) error{
		"Schedule": func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.Schedule() },
		"Receive":  func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) error { _, err := c.Receive(); return err },
		"RunN":     func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) error { return s.RunN(100) },
	} {
		t.Run(name, func(t *testing.T) {
			within(t, func(s *tasklet.Scheduler) {
				c := tasklet.NewChan[int](s)
				s.Go(panics)
				expectPanic(t, "oh no", func() { _ = wait(s, c) })
				expect(t, "Schedule", s.Schedule(), nil)
				expect(t, "balance", c.Balance(), 0)
			})
		})
	}
}

// A send that was done is done; a panic of the receiver is raised all the same.
func TestPanicOfTheReceiverIsRaisedInTheSender(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		s.Go(func() error {
			if _, err := c.Receive(); err != nil {
				return err
			}
			return panics()
		})
		expect(t, "Schedule", s.Schedule(), nil)
		expectPanic(t, "oh no", func() { _ = c.Send(1) })
	})
}

// An error of the receiver waits for the next operation, because the send was done.
func TestErrorOfTheReceiverComesAfterTheSend(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		fails := func() error {
			if _, err := c.Receive(); err != nil {
				return err
			}
			return errBoom
		}
		s.Go(fails)
		expect(t, "Schedule", s.Schedule(), nil)
		expect(t, "Send", c.Send(1), nil)
		expect(t, "Schedule", s.Schedule(), errBoom)
	})
	// If there is none, Close returns it.
	expect(t, "Close", tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		s.Go(func() error { _, _ = c.Receive(); return errBoom })
		_ = s.Schedule()
		return c.Send(1)
	}).Error(), "boom")
}

func TestErrorHandlerHearsOfPanics(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var got error
		s.SetErrorHandler(func(_ *tasklet.Tasklet, err error) error { got = err; return nil })
		s.Go(panics)
		expect(t, "Run", s.Run(), nil)
		var p *greenlet.PanicError
		expect(t, "is a panic", errors.As(got, &p), true)
	})
}

// outcomeOf is how f ends on a goroutine of its own: "returned", "goexit" or the text of a panic.
func outcomeOf(f func()) string {
	c := make(chan string, 1)
	go func() {
		how := "goexit"
		defer func() {
			if p := recover(); p != nil {
				how = fmt.Sprint(p)
			}
			c <- how
		}()
		f()
		how = "returned"
	}()
	return <-c
}

// Goexit in a tasklet, which is what t.FailNow does, ends main in the same way, wherever that is.
func TestGoexitEndsMain(t *testing.T) {
	for name, wait := range map[string]func(s *tasklet.Scheduler, c *tasklet.Chan[int]){
		"Run": func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Run() },
		"Schedule": func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) {
			for s.Schedule() == nil {
			}
		},
		"Receive": func(_ *tasklet.Scheduler, c *tasklet.Chan[int]) { _, _ = c.Receive() },
		"Sleep":   func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Sleep(time.Hour) },
		"Close":   func(s *tasklet.Scheduler, _ *tasklet.Chan[int]) { _ = s.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			var d diary
			how := outcomeOf(func() {
				_ = tasklet.Run(func(s *tasklet.Scheduler) error {
					c := tasklet.NewChan[int](s)
					s.Go(func() error {
						defer d.say("other")
						_, err := tasklet.NewChan[int](s).Receive()
						return err
					})
					x := s.Go(func() error {
						defer d.say("x")
						defer runtime.Goexit()
						_ = s.Schedule()
						return nil
					})
					j := s.Go(func() error { err := x.Join(); d.say("joined"); return err })
					if name == "Close" {
						_ = s.Schedule()
					}
					defer func() { d.say("main %v", j.Alive()) }()
					wait(s, c)
					t.Error("main went on")
					return nil
				})
			})
			expect(t, "how it ended", how, "goexit")
			want := "x main true other joined"
			if name == "Close" {
				want = "joined x other main false"
			}
			if got := strings.Join(d.words, " "); len(got) != len(want) {
				t.Errorf("order: got %q, want something like %q", got, want)
			}
		})
	}
}

// Goexit may come in the middle of a switch, from a callback.
func TestGoexitInCallbacks(t *testing.T) {
	for name, set := range map[string]func(s *tasklet.Scheduler){
		"schedule": func(s *tasklet.Scheduler) {
			n := 0
			s.SetScheduleCallback(func(_, _ *tasklet.Tasklet) {
				if n++; n == 3 {
					runtime.Goexit()
				}
			})
		},
		"channel": func(s *tasklet.Scheduler) { s.SetChannelCallback(func(tasklet.ChannelEvent) { runtime.Goexit() }) },
		"error": func(s *tasklet.Scheduler) {
			s.SetErrorHandler(func(*tasklet.Tasklet, error) error { runtime.Goexit(); return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			ended := 0
			how := outcomeOf(func() {
				_ = tasklet.Run(func(s *tasklet.Scheduler) error {
					c := tasklet.NewChan[int](s)
					for range 3 {
						s.Go(func() error {
							defer func() { ended++ }()
							if err := s.Schedule(); err != nil {
								return err
							}
							if _, err := c.Receive(); err != nil {
								return err
							}
							return errBoom
						})
					}
					_ = s.RunN(3)
					set(s)
					for range 3 {
						_ = c.Send(1)
						_ = s.Schedule()
					}
					return nil
				})
			})
			expect(t, "how it ended", how, "goexit")
			expect(t, "ended", ended, 3)
		})
	}
}

func TestUseOnAnotherGoroutinePanics(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("wrong goroutines are not noticed on " + runtime.GOARCH)
	}
	within(t, func(s *tasklet.Scheduler) {
		c := tasklet.NewChan[int](s)
		x := s.NewTasklet(func() error { return nil })
		for name, use := range map[string]func(){
			"Scheduler.Schedule": func() { _ = s.Schedule() },
			"Chan.Send":          func() { _ = c.Send(1) },
			"Chan.Receive":       func() { _, _ = c.Receive() },
			"Tasklet.Insert":     func() { _ = x.Insert() },
			"Scheduler.Go":       func() { s.Go(panics) },
			"Scheduler.Close":    func() { _ = s.Close() },
		} {
			how := outcomeOf(use)
			if !strings.Contains(how, "tasklet: "+name+" called on goroutine ") {
				t.Errorf("%s: %s", name, how)
			}
		}
		expect(t, "Len", s.Len(), 1)
	})
}

// A tree of greenlets in a tasklet acts for that tasklet: a generator, say, whose body sends on a channel.
func TestUseFromAGeneratorInATasklet(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		var d diary
		c := tasklet.NewChan[string](s)
		x := s.Go(func() error {
			me := s.Current()
			g := generator.New(func(y *generator.Yielder[int, struct{}]) error {
				for i := range 3 {
					expect(t, "current", s.Current(), me)
					if err := c.Send(fmt.Sprint("sent", i)); err != nil {
						return err
					}
					if _, err := y.Yield(i); err != nil {
						return err
					}
				}
				return nil
			})
			defer g.Close()
			for {
				v, ok := g.Next()
				if !ok {
					return g.Err()
				}
				d.say("%d", v)
				if err := s.Schedule(); err != nil {
					return err
				}
			}
		})
		s.Go(func() error {
			for v := range c.All() {
				d.say("%s", v)
			}
			return nil
		})
		for x.Alive() {
			expect(t, "Schedule", s.Schedule(), nil)
		}
		d.expect(t, "sent0 0 sent1 1 sent2 2")
	})
}

// One that is parked inside of a generator is closed as any other.
func TestCloseOfATaskletInAGenerator(t *testing.T) {
	within(t, func(s *tasklet.Scheduler) {
		s.Go(func() error {
			g := generator.New(func(y *generator.Yielder[int, struct{}]) error {
				_, err := tasklet.NewChan[int](s).Receive()
				expect(t, "Receive", err, tasklet.ErrExit)
				return err
			})
			defer g.Close()
			g.Next()
			return g.Err()
		})
		expect(t, "Run", s.Run(), nil)
	})
}
