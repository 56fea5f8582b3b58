package tasklet_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// pair runs f and g on schedulers of their own, on two goroutines. Each gets the other's port.
func pair(t *testing.T, f, g func(s *tasklet.Scheduler, mine *tasklet.Chan[int], other *tasklet.Port[int]) error) {
	t.Helper()
	ports := [2]chan *tasklet.Port[int]{make(chan *tasklet.Port[int], 1), make(chan *tasklet.Port[int], 1)}
	var wg sync.WaitGroup
	for i, body := range []func(*tasklet.Scheduler, *tasklet.Chan[int], *tasklet.Port[int]) error{f, g} {
		wg.Go(func() {
			run(t, func(s *tasklet.Scheduler) error {
				c := tasklet.NewChan[int](s)
				ports[i] <- c.Port()
				other := <-ports[1-i]
				err := body(s, c, other)
				other.Close()
				return errors.Join(err, s.Run()) // until the other one has closed mine
			})
		})
	}
	wg.Wait()
}

func TestPort_TwoSchedulersPlayPingPong(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 1000
	}
	pair(t, func(s *tasklet.Scheduler, mine *tasklet.Chan[int], other *tasklet.Port[int]) error {
		for i := range n {
			if err := other.SendFrom(s, i); err != nil {
				return err
			}
			if v, err := mine.Receive(); v != i || err != nil {
				return fmt.Errorf("received %d, %v; want %d", v, err, i)
			}
		}
		return nil
	}, func(s *tasklet.Scheduler, mine *tasklet.Chan[int], other *tasklet.Port[int]) error {
		for range n {
			v, err := mine.Receive()
			if err != nil {
				return err
			}
			if err := other.SendFrom(s, v); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestPort_ReceiveFromParksOnlyTheTasklet(t *testing.T) {
	pair(t, func(s *tasklet.Scheduler, _ *tasklet.Chan[int], other *tasklet.Port[int]) error {
		others := 0
		s.Go(func() error {
			for others < 100 {
				others++
				s.Schedule()
			}
			return other.SendFrom(s, others) // only now the other side goes on
		})
		v, err := other.ReceiveFrom(s)
		if v != 100 || err != nil {
			t.Errorf("received %d, %v", v, err)
		}
		return nil
	}, func(_ *tasklet.Scheduler, mine *tasklet.Chan[int], _ *tasklet.Port[int]) error {
		v, err := mine.Receive()
		if err != nil {
			return err
		}
		return mine.Send(v)
	})
}

func TestPort_KilledAndTimedOutTaskletsAreExact(t *testing.T) {
	const n = 2000
	var sent, got [n]int
	pair(t, func(s *tasklet.Scheduler, _ *tasklet.Chan[int], other *tasklet.Port[int]) error {
		for i := range n {
			sender := s.Go(func() error {
				send := func() error {
					err := other.SendFrom(s, i)
					if err == nil {
						sent[i]++
					}
					return err
				}
				if i%2 == 0 {
					return send()
				}
				err := s.WithTimeout(time.Duration(i%64)*time.Microsecond, func(*tasklet.Timeout) error { return send() })
				if errors.Is(err, tasklet.ErrTimeout) {
					return nil
				}
				return err
			})
			for range i % 5 {
				s.Schedule()
			}
			if i%2 == 0 {
				for range i % 40 {
					runtime.Gosched()
				}
				if err := sender.Kill(); err != nil {
					return err
				}
			}
			if err := sender.Join(); err != nil {
				return err
			}
		}
		return nil
	}, func(s *tasklet.Scheduler, mine *tasklet.Chan[int], _ *tasklet.Port[int]) error {
		s.Go(func() error {
			for {
				v, err := mine.Receive()
				if err != nil {
					return err
				}
				got[v]++
			}
		})
		return nil
	})
	for i := range n {
		if sent[i] != got[i] {
			t.Errorf("value %d: sent %d times, received %d times", i, sent[i], got[i])
		}
	}
}

func TestPort_KilledReceiversLoseNothing(t *testing.T) {
	const n = 2000
	sent, got := 0, 0
	pair(t, func(s *tasklet.Scheduler, _ *tasklet.Chan[int], other *tasklet.Port[int]) error {
		for i := range n {
			receiver := s.Go(func() error {
				if _, err := other.ReceiveFrom(s); err != nil {
					return err
				}
				got++
				return nil
			})
			s.Schedule()
			for range i % 40 {
				runtime.Gosched()
			}
			if err := receiver.Kill(); err != nil {
				return err
			}
			if err := receiver.Join(); err != nil {
				return err
			}
		}
		return nil
	}, func(s *tasklet.Scheduler, mine *tasklet.Chan[int], _ *tasklet.Port[int]) error {
		s.Go(func() error {
			for {
				if err := mine.Send(1); err != nil {
					return err
				}
				sent++
			}
		})
		return nil
	})
	if sent != got {
		t.Errorf("sent %d, received %d", sent, got)
	}
}

func TestPort_TaskletsTraps(t *testing.T) {
	pair(t, func(s *tasklet.Scheduler, _ *tasklet.Chan[int], other *tasklet.Port[int]) error {
		s.Main().SetBlockTrap(true)
		if err := other.SendFrom(s, 1); err != tasklet.ErrBlockTrap {
			t.Errorf("SendFrom under a block trap = %v", err)
		}
		s.Main().SetBlockTrap(false)
		s.SwitchTrap(1)
		if _, err := other.ReceiveFrom(s); err != tasklet.ErrSwitchTrap {
			t.Errorf("ReceiveFrom under a switch trap = %v", err)
		}
		s.SwitchTrap(-1)
		return nil
	}, func(s *tasklet.Scheduler, mine *tasklet.Chan[int], _ *tasklet.Port[int]) error {
		err := s.Run()
		if mine.Balance() != 0 {
			t.Errorf("balance %d", mine.Balance())
		}
		return err
	})
}

func TestPort_OfTheOwnSchedulerIsTheChannel(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewBuffered[int](s, 1)
		p := c.Port()
		defer p.Close()
		if err := p.SendFrom(s, 4); err != nil {
			return err
		}
		v, err := p.ReceiveFrom(s)
		if v != 4 {
			t.Errorf("received %d", v)
		}
		return err
	})
}
