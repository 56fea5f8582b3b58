package tasklet_test

import (
	"errors"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// inUse is how much memory is in use after a collection.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	debug.FreeOSMemory()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// crowd skips a test of many tasklets where they cost too much.
func crowd(t *testing.T) {
	t.Helper()
	if testing.Short() || raceEnabled() {
		t.Skip("a crowd takes gigabytes under the race detector, and seconds elsewhere")
	}
	noLeak(t)
}

// TestCrowd_million blocks a million tasklets on channels and releases them; then some more, who may not add to what the
// million left.
func TestCrowd_million(t *testing.T) {
	crowd(t)
	const each = 1000
	before := inUse()
	var after [2]int64
	for round, chans := range []int{1000, 100} {
		start := time.Now()
		ended := 0
		err := tasklet.Run(func(s *tasklet.Scheduler) error {
			cs := make([]*tasklet.Chan[int], chans)
			for i := range cs {
				cs[i] = tasklet.NewChan[int](s)
				for range each {
					s.Spawn(func() error {
						if v, err := cs[i].Receive(); err != nil || v != i {
							return errors.Join(errors.New("a wrong value"), err)
						}
						ended++
						return nil
					})
				}
			}
			if err := s.Run(); err != nil {
				return err
			}
			blocked := time.Since(start)
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak := int64(m.HeapInuse + m.StackInuse)
			for i, c := range cs {
				if c.Balance() != -each {
					t.Errorf("the balance is %d", c.Balance())
				}
				for range each {
					if err := c.Send(i); err != nil {
						return err
					}
				}
			}
			t.Logf("blocked after %v, released after %v, %d MB at the most", blocked, time.Since(start), (peak-before)>>20)
			return s.Run()
		})
		if err != nil {
			t.Fatal(err)
		}
		if ended != chans*each {
			t.Errorf("%d ended", ended)
		}
		after[round] = inUse()
		t.Logf("over after %v, %d MB are left", time.Since(start), (after[round]-before)>>20)
	}
	// The runtime never gives back its descriptors of goroutines, some 450 bytes each.
	if left := after[0] - before; left > 1e9 {
		t.Errorf("%d MB are left", left>>20)
	}
	if more := after[1] - after[0]; more > 1e7 {
		t.Errorf("the second crowd left %d MB more", more>>20)
	}
}

const many = 100_000

// blocked makes n tasklets that receive from c, and tells what each got.
func blocked(s *tasklet.Scheduler, c *tasklet.Chan[int], got func(error)) (all []*tasklet.Tasklet, err error) {
	for range many {
		all = append(all, s.Go(func() error {
			_, err := c.Receive()
			got(err)
			return err
		}))
	}
	return all, s.Run()
}

func TestCrowd_killed(t *testing.T) {
	for name, kill := range map[string]func(s *tasklet.Scheduler, t *tasklet.Tasklet) error{
		"Kill":      func(_ *tasklet.Scheduler, t *tasklet.Tasklet) error { return t.Kill() },
		"KillLater": func(_ *tasklet.Scheduler, t *tasklet.Tasklet) error { return t.KillLater() },
	} {
		t.Run(name, func(t *testing.T) {
			crowd(t)
			start, exits := time.Now(), 0
			err := tasklet.Run(func(s *tasklet.Scheduler) error {
				c := tasklet.NewChan[int](s)
				all, err := blocked(s, c, func(err error) {
					if err == tasklet.ErrExit {
						exits++
					}
				})
				if err != nil {
					return err
				}
				for i := range all { // from the middle to both ends
					if err := kill(s, all[(many/2+i*(1-i%2*2)+many)%many]); err != nil {
						return err
					}
				}
				if err := s.Run(); err != nil {
					return err
				}
				if c.Balance() != 0 {
					t.Errorf("the balance is %d", c.Balance())
				}
				for _, x := range all {
					if x.Alive() {
						return x.Kill()
					}
				}
				return nil
			})
			if err != nil || exits != many {
				t.Errorf("%d were killed: %v", exits, err)
			}
			t.Logf("took %v", time.Since(start))
		})
	}
}

func TestCrowd_closed(t *testing.T) {
	crowd(t)
	s := tasklet.New()
	start, ends := time.Now(), map[error]int{}
	c := tasklet.NewChan[int](s)
	if _, err := blocked(s, c, func(err error) { ends[err]++ }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if ends[tasklet.ErrExit] != many || c.Balance() != 0 {
		t.Errorf("%v, balance %d", ends, c.Balance())
	}
	t.Logf("took %v", time.Since(start))
}

// TestCrowd_stubborn closes a scheduler with tasklets that block again and again.
func TestCrowd_stubborn(t *testing.T) {
	crowd(t)
	s := tasklet.New()
	start, unwound := time.Now(), 0
	c := tasklet.NewChan[int](s)
	for range many / 10 {
		s.Go(func() error {
			defer func() { unwound++ }()
			for {
				_, _ = c.Receive()
			}
		})
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if unwound != many/10 || c.Balance() != 0 {
		t.Errorf("%d of %d were unwound, balance %d", unwound, many/10, c.Balance())
	}
	t.Logf("took %v", time.Since(start))
}

func TestCrowd_channelClosed(t *testing.T) {
	crowd(t)
	start, closed := time.Now(), 0
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		_, err := blocked(s, c, func(err error) {
			if err == tasklet.ErrClosed {
				closed++
			}
		})
		if err != nil {
			return err
		}
		s.SetErrorHandler(func(*tasklet.Tasklet, error) error { return nil })
		c.Close()
		return s.Run()
	})
	if err != nil || closed != many {
		t.Errorf("%d heard of it: %v", closed, err)
	}
	t.Logf("took %v", time.Since(start))
}

func TestCrowd_sleepers(t *testing.T) {
	crowd(t)
	start, woken := time.Now(), 0
	clock := tasklet.NewClock(time.Unix(0, 0))
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		last := s.Now()
		for i := range many {
			s.Spawn(func() error {
				d := time.Duration(1+i*7919%many) * time.Millisecond
				err := s.WithTimeout(time.Hour, func(*tasklet.Timeout) error { return s.Sleep(d) })
				if s.Now().Before(last) {
					t.Error("they woke in another order than that of time")
				}
				last = s.Now()
				woken++
				return err
			})
		}
		return s.Run()
	}, tasklet.WithWorld(clock))
	if err != nil || woken != many || clock.Now() != time.Unix(0, 0).Add(many*time.Millisecond) {
		t.Errorf("%d woke, the last at %v: %v", woken, clock.Now(), err)
	}
	t.Logf("took %v", time.Since(start))
}
