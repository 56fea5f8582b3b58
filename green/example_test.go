package green_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// onClock runs f in a hub with a virtual clock, which begins at 0, and prints its error.
func onClock(f func(h *green.Hub) error) {
	if err := green.Run(f, green.WithWorld(tasklet.NewClock(time.Unix(0, 0)))); err != nil {
		fmt.Println(err)
	}
}

func ExampleRun() {
	err := green.Run(func(h *green.Hub) error {
		for _, name := range []string{"a", "b"} {
			h.Go(func() error {
				for i := range 2 {
					fmt.Print(name, i, " ")
					if err := h.Yield(); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return nil // Run goes on until both have ended
	})
	fmt.Println(err)
	// Output: a0 b0 a1 b1 <nil>
}

func ExampleSpawn() {
	onClock(func(h *green.Hub) error {
		slow := green.Spawn(h, func() (string, error) { return "slow", h.Sleep(2 * time.Second) })
		failing := green.Spawn(h, func() (string, error) { return "", errors.New("no luck") })
		fmt.Println(slow.GetTimeout(time.Second))
		fmt.Println(slow.Get())
		_, err := failing.Get()
		fmt.Println("failed:", err)
		return nil
	})
	// Output:
	//  tasklet: deadline passed after 1s
	// slow <nil>
	// failed: no luck
}

func ExampleHub_Group() {
	onClock(func(h *green.Hub) error {
		err := h.Group(func(g *green.Group) error {
			g.Go(func() error {
				err := h.Sleep(time.Hour)
				fmt.Println("woken by a kill:", err == green.ErrKilled)
				return err
			})
			g.Go(func() error { return errors.New("the other one failed") })
			return nil
		})
		fmt.Println(err)
		return nil
	})
	// Output:
	// woken by a kill: true
	// the other one failed
}

func ExampleHub_WithTimeout() {
	onClock(func(h *green.Hub) error {
		return h.WithTimeout(3*time.Second, func(o *green.Timeout) error {
			for i := range 5 {
				if err := h.Sleep(time.Second + 1); o.Owns(err) {
					fmt.Println("the time is up in round", i)
					return nil
				} else if err != nil {
					return err
				}
			}
			return nil
		})
	})
	// Output: the time is up in round 2
}

func ExampleHub_Within() {
	onClock(func(h *green.Hub) error {
		inTime, err := h.Within(time.Second, func() error { return h.Sleep(time.Hour) })
		fmt.Println(inTime, err)
		return nil
	})
	// Output: false <nil>
}

func ExampleTask_Kill() {
	onClock(func(h *green.Hub) error {
		t := h.Go(func() error {
			defer fmt.Println("cleaned up")
			return h.Sleep(time.Hour)
		})
		if err := h.Yield(); err != nil { // it begins to sleep
			return err
		}
		return t.Kill() // returns when it has ended
	})
	// Output: cleaned up
}

func ExampleHub_Shield() {
	onClock(func(h *green.Hub) error {
		t := h.Go(func() error {
			err := h.Sleep(time.Hour)
			return errors.Join(err, h.Shield(func() error {
				fmt.Println("saving")
				return h.Sleep(time.Second) // a second kill does not cut this short
			}))
		})
		if err := h.Yield(); err != nil {
			return err
		}
		t.Stop()
		if err := h.Yield(); err != nil {
			return err
		}
		t.Stop()
		err := t.Join()
		fmt.Println("ended at", h.Now().Unix())
		return err
	})
	// Output:
	// saving
	// ended at 1
}

func ExampleHub_Supervise() {
	onClock(func(h *green.Hub) error {
		policy := green.Restarts{Limit: 2, Min: time.Second, Max: time.Minute}
		err := h.Supervise(policy, func(s *green.Supervisor) error {
			s.Go("service", func() error {
				fmt.Println("starts at", h.Now().Unix())
				return errors.New("broken")
			})
			return nil
		})
		var gaveUp *green.RestartError
		fmt.Println("given up:", errors.As(err, &gaveUp), gaveUp.Limit)
		return nil
	})
	// Output:
	// starts at 0
	// starts at 1
	// starts at 3
	// given up: true 2
}

func ExampleNewQueue() {
	onClock(func(h *green.Hub) error {
		q := green.NewQueue[int](h, 1)
		h.Go(func() error {
			defer q.Shutdown()
			for i := range 3 {
				if err := q.Put(i); err != nil { // waits while the queue is full
					return err
				}
			}
			return nil
		})
		for v := range q.All() {
			fmt.Println("got", v)
		}
		return nil
	})
	// Output:
	// got 0
	// got 1
	// got 2
}

func ExampleMap() {
	onClock(func(h *green.Hub) error {
		seconds := []int{3, 1, 2}
		results, err := green.Map(green.NewPool(h, 2), slices.Values(seconds), func(n int) (int, error) {
			return n * n, h.Sleep(time.Duration(n) * time.Second)
		})
		fmt.Println(results, err, "after", h.Now().Unix())
		return nil
	})
	// Output: [9 1 4] <nil> after 3
}

func ExampleHub_WaitAny() {
	onClock(func(h *green.Hub) error {
		ready := h.NewEvent()
		green.After(h, time.Second, func() error {
			ready.Set()
			return nil
		})
		i, err := h.WaitAny(h.NewTimer(time.Minute), ready)
		fmt.Println(i, err)
		return nil
	})
	// Output: 1 <nil>
}

func ExampleSemaphore_With() {
	onClock(func(h *green.Hub) error {
		two := h.NewSemaphore(2)
		for i := range 3 {
			h.Go(func() error {
				return two.With(func() error {
					fmt.Println(i, "begins at", h.Now().Unix())
					return h.Sleep(time.Second)
				})
			})
		}
		return nil
	})
	// Output:
	// 0 begins at 0
	// 1 begins at 0
	// 2 begins at 1
}

func ExampleOffload() {
	err := green.Run(func(h *green.Hub) error {
		sum, err := green.Offload(h, func(ctx context.Context) (int, error) {
			return 40 + 2, nil // on another goroutine: the other tasks go on
		})
		fmt.Println(sum, err)
		return nil
	})
	fmt.Println(err)
	// Output:
	// 42 <nil>
	// <nil>
}

func ExampleHub_Post() {
	err := green.Run(func(h *green.Hub) error {
		arrived := h.NewEvent()
		defer h.Hold()() // something will come from outside: do not report a deadlock
		go h.Post(func() error {
			arrived.Set() // runs in the hub
			return nil
		})
		err := arrived.Wait()
		fmt.Println("arrived")
		return err
	})
	fmt.Println(err)
	// Output:
	// arrived
	// <nil>
}

func Example_deadlock() {
	err := green.Run(func(h *green.Hub) error {
		h.Go(func() error {
			_, err := green.NewQueue[int](h, 0).SetName("answers").Get() // nobody puts
			return err
		}).SetName("asker")
		return nil
	})
	var deadlock *tasklet.DeadlockError
	if errors.As(err, &deadlock) {
		for _, w := range deadlock.Blocked {
			fmt.Println(w.Name, "waits for", w.For)
		}
	}
	// Output: asker waits for an item of queue "answers" (0 of 0 items)
}
