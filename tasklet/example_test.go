package tasklet_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func Example() {
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[string](s)
		s.Go(func() error {
			for v := range c.All() {
				fmt.Println(v)
			}
			return nil
		})
		if err := c.Send("hello"); err != nil {
			return err
		}
		c.Close()
		return s.Run()
	})
	fmt.Println(err)
	// Output:
	// hello
	// <nil>
}

// counter is the body of a tasklet that takes three turns.
func counter(s *tasklet.Scheduler, name string) func() error {
	return func() error {
		for i := range 3 {
			fmt.Print(name, i, " ")
			if err := s.Schedule(); err != nil {
				return err
			}
		}
		return nil
	}
}

// The ring: everybody in turn, the main tasklet too.
func ExampleScheduler_Schedule() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		s.Go(counter(s, "a"))
		s.Go(counter(s, "b"))
		for s.Len() > 1 {
			fmt.Print("main ")
			if err := s.Schedule(); err != nil {
				return err
			}
		}
		return nil
	})
	// Output: main a0 b0 main a1 b1 main a2 b2 main
}

func ExampleTasklet_Run() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		s.Go(counter(s, "a"))
		b := s.Go(counter(s, "b"))
		s.Go(counter(s, "c"))
		if err := b.Run(); err != nil { // a is skipped until the ring comes round
			return err
		}
		return s.Run()
	})
	// Output: b0 c0 a0 b1 c1 a1 b2 c2 a2
}

// Who goes on when a send and a receive meet.
func ExamplePreference() {
	for _, p := range []tasklet.Preference{tasklet.PreferReceiver, tasklet.PreferNone, tasklet.PreferSender} {
		var order []string
		_ = tasklet.Run(func(s *tasklet.Scheduler) error {
			c := tasklet.NewChan[int](s).SetPreference(p)
			s.Go(func() error {
				for range 2 {
					v, err := c.Receive()
					if err != nil {
						return err
					}
					order = append(order, fmt.Sprint("received ", v))
				}
				return nil
			})
			s.Go(func() error {
				for i := range 2 {
					if err := c.Send(i); err != nil {
						return err
					}
					order = append(order, fmt.Sprint("sent ", i))
				}
				return nil
			})
			return s.Run()
		})
		fmt.Println(strings.Join(order, ", "))
	}
	// Output:
	// received 0, sent 0, received 1, sent 1
	// sent 0, received 0, received 1, sent 1
	// sent 0, received 0, sent 1, received 1
}

// A deadline is a scope. The clock jumps, so that nobody waits for an hour.
func ExampleScheduler_WithTimeout() {
	clock := tasklet.NewClock(time.Unix(0, 0))
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		err := s.WithTimeout(time.Hour, func(*tasklet.Timeout) error {
			_, err := tasklet.NewChan[int](s).Receive()
			return err
		})
		fmt.Println(errors.Is(err, tasklet.ErrTimeout), s.Now().Sub(time.Unix(0, 0)))
		return nil
	}, tasklet.WithWorld(clock))
	// Output: true 1h0m0s
}

// A tasklet that is killed cleans up; its deferred calls may block.
func ExampleTasklet_Kill() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		t := s.Go(func() error {
			defer func() {
				_ = s.Sleep(time.Millisecond)
				fmt.Println("cleaned up")
			}()
			return s.ScheduleRemove()
		})
		if err := s.Run(); err != nil {
			return err
		}
		fmt.Println(t.Paused(), t.Kill(), t.Join(), t.Alive())
		return nil
	})
	// Output:
	// cleaned up
	// true <nil> <nil> false
}

// An error ends the Run. The others stay, and a further Run goes on with them.
func ExampleScheduler_Run() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		s.Go(counter(s, "a"))
		s.Go(func() error { return errors.New("no luck") })
		fmt.Println(s.Run())
		return s.Run()
	})
	// Output:
	// a0 no luck
	// a1 a2
}

func ExampleDeadlockError() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s).SetName("orders")
		_, err := c.Receive()
		var deadlock *tasklet.DeadlockError
		fmt.Println(errors.As(err, &deadlock), deadlock.Blocked[0].For)
		return nil
	})
	// Output: true channel "orders"
}

// A hard interrupt takes the tasklet that runs out of the ring: what an interpreter does with one that ran for too long.
func ExampleScheduler_RunInterruptible() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		spin := s.Go(func() error {
			for steps := 0; ; steps++ {
				if steps%1000 == 999 {
					if err := s.Interrupt(true); err != nil {
						return err
					}
				}
			}
		})
		victim, err := s.RunInterruptible()
		fmt.Println(victim == spin, err, spin.Paused(), s.Len())
		return nil
	})
	// Output: true <nil> true 1
}

// Work that would block everybody runs on a goroutine of its own.
func ExampleScheduler_Post() {
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		release := s.Hold()
		go func() {
			defer release()
			_ = s.Post(func() error {
				fmt.Println("from another goroutine")
				return nil
			})
		}()
		return s.Run()
	})
	// Output: from another goroutine
}

func ExampleRandom() {
	play := func() {
		_ = tasklet.Run(func(s *tasklet.Scheduler) error {
			s.Go(counter(s, "a"))
			s.Go(counter(s, "b"))
			return s.Run()
		}, tasklet.WithPolicy(tasklet.Random(7)))
		fmt.Println("end")
	}
	play()
	play()
	// Output:
	// a0 b0 b1 a1 b2 a2 end
	// a0 b0 b1 a1 b2 a2 end
}

func ExampleLocal() {
	user := tasklet.NewInheritedLocal[string]()
	_ = tasklet.Run(func(s *tasklet.Scheduler) error {
		user.Set(s.Main(), "alice")
		s.Go(func() error {
			name, _ := user.Get(s.Current())
			fmt.Println(name)
			return nil
		})
		return s.Run()
	})
	// Output: alice
}
