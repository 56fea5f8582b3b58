package tasklet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// runClocked is tasklet.Run on a virtual clock, with what it returns checked to be nil.
func runClocked(t *testing.T, f func(s *tasklet.Scheduler) error) {
	t.Helper()
	if err := tasklet.Run(f, tasklet.WithWorld(newClock())); err != nil {
		t.Fatal(err)
	}
}

func newClock() *tasklet.Clock { return tasklet.NewClock(time.Unix(1000, 0)) }

func wantSelect(t *testing.T, i int, err error, wantI int, wantErr error) {
	t.Helper()
	if i != wantI || !errors.Is(err, wantErr) || (wantErr == nil) != (err == nil) {
		t.Errorf("Select = %d, %v; want %d, %v", i, err, wantI, wantErr)
	}
}

func TestSelect_OfDifferentTypesTakesWhatIsReady(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		ints, strs := tasklet.NewBuffered[int](s, 1), tasklet.NewBuffered[string](s, 1)
		var n int
		var str string
		i, err := s.Select(ints.OnReceive(&n), strs.OnSend("x"))
		wantSelect(t, i, err, 1, nil)
		i, err = s.Select(ints.OnReceive(&n), strs.OnReceive(&str), tasklet.Default())
		wantSelect(t, i, err, 1, nil)
		if str != "x" {
			t.Errorf("received %q", str)
		}
		i, err = s.Select(ints.OnReceive(&n), tasklet.Default(), strs.OnReceive(&str))
		wantSelect(t, i, err, 1, nil)
		i, err = s.Select(ints.OnReceive(nil), ints.OnSend(5))
		wantSelect(t, i, err, 1, nil)
		if v, err := ints.Receive(); v != 5 || err != nil {
			t.Errorf("sent 5, received %d, %v", v, err)
		}
		return nil
	})
}

func TestSelect_WaitsForASender(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		a, b := tasklet.NewChan[int](s), tasklet.NewChan[string](s)
		done := false
		s.Go(func() error {
			var n int
			var str string
			i, err := s.Select(a.OnReceive(&n), b.OnReceive(&str), tasklet.After(time.Hour))
			wantSelect(t, i, err, 1, nil)
			if n != 0 || str != "hello" {
				t.Errorf("got %d %q", n, str)
			}
			done = true
			return nil
		})
		s.Schedule()
		if a.Balance() != -1 || b.Balance() != -1 {
			t.Errorf("balances while waiting: %d %d", a.Balance(), b.Balance())
		}
		if err := b.Send("hello"); err != nil {
			t.Error(err)
		}
		if !done || a.Balance() != 0 || b.Balance() != 0 {
			t.Errorf("afterwards: done %v, balances %d %d", done, a.Balance(), b.Balance())
		}
		begin := s.Now()
		err := s.Run()
		if waited := s.Now().Sub(begin); waited != 0 {
			t.Errorf("the timer of the Select was left behind: Run waited %v", waited)
		}
		return err
	})
}

func TestSelect_BothEndsMeet(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewChan[int](s)
		const n = 100
		got, sent := 0, 0
		s.Go(func() error {
			for range n {
				var v int
				i, err := s.Select(c.OnReceive(&v), d.OnReceive(&v))
				if i < 0 || err != nil {
					return err
				}
				got += v
			}
			return nil
		})
		s.Go(func() error {
			for k := range n {
				if i, err := s.Select(d.OnSend(k), c.OnSend(k)); i < 0 || err != nil {
					return err
				}
				sent += k
			}
			return nil
		})
		err := s.Run()
		if got != sent || sent != n*(n-1)/2 || c.Balance() != 0 || d.Balance() != 0 {
			t.Errorf("sent %d, got %d; balances %d %d", sent, got, c.Balance(), d.Balance())
		}
		return err
	})
}

func TestSelect_SameChannelForBothDirections(t *testing.T) {
	for _, peerSends := range []bool{true, false} {
		t.Run(fmt.Sprintf("peerSends=%v", peerSends), func(t *testing.T) {
			runClocked(t, func(s *tasklet.Scheduler) error {
				c := tasklet.NewChan[int](s)
				var v int
				got := -1
				s.Go(func() (err error) {
					got, err = s.Select(c.OnSend(7), c.OnReceive(&v))
					return err
				})
				s.Schedule()
				if got != -1 || c.Len() != 0 {
					t.Error("a Select met itself")
				}
				if peerSends {
					if err := c.Send(8); err != nil {
						return err
					}
				} else if w, err := c.Receive(); w != 7 || err != nil {
					t.Errorf("received %d, %v", w, err)
				}
				if err := s.Run(); err != nil {
					return err
				}
				if peerSends && (got != 1 || v != 8) || !peerSends && got != 0 {
					t.Errorf("the Select did case %d, v = %d", got, v)
				}
				if c.Balance() != 0 {
					t.Errorf("balance %d", c.Balance())
				}
				// The channel serves plain tasklets as before.
				s.Go(func() error { return c.Send(9) })
				s.Schedule()
				if c.Balance() != 1 {
					t.Errorf("balance with a sender: %d", c.Balance())
				}
				w, err := c.Receive()
				if w != 9 {
					t.Errorf("received %d", w)
				}
				return err
			})
		})
	}
}

func TestSelect_TwoOfBothDirectionsMeetEachOther(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		var log []string
		for k := 1; k <= 4; k++ {
			s.Go(func() error {
				var v int
				i, err := s.Select(c.OnReceive(&v), c.OnSend(k))
				log = append(log, fmt.Sprint(k, i, v, err))
				return nil
			})
		}
		err := s.Run()
		// 1 waits for both and 2 receives from it. 4 sends to 3: that no Select has begun yet.
		if got := strings.Join(log, "; "); got != "2 0 1 <nil>; 3 0 4 <nil>; 1 1 0 <nil>; 4 1 0 <nil>" {
			t.Errorf("got %s", got)
		}
		return err
	})
}

func TestSelect_SameReceiveTwice(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		var v, w int
		s.Go(func() error {
			i, err := s.Select(c.OnReceive(&v), c.OnReceive(&w))
			wantSelect(t, i, err, 0, nil)
			return nil
		})
		s.Schedule()
		if c.Balance() != -2 {
			t.Errorf("balance %d: each case has a place", c.Balance())
		}
		if err := c.Send(1); err != nil {
			return err
		}
		if v != 1 || w != 0 || c.Balance() != 0 {
			t.Errorf("v, w, balance = %d, %d, %d", v, w, c.Balance())
		}
		return nil
	})
}

func TestSelect_LeastRecentlyTakenFirst(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		var chans [3]*tasklet.Chan[int]
		for i := range chans {
			chans[i] = tasklet.NewBuffered[int](s, 10)
			for k := range 10 {
				chans[i].Send(k)
			}
		}
		var order []int
		for range 6 {
			i, err := s.Select(chans[0].OnReceive(nil), chans[1].OnReceive(nil), chans[2].OnReceive(nil))
			if err != nil {
				return err
			}
			order = append(order, i)
		}
		if got := fmt.Sprint(order); got != "[0 1 2 0 1 2]" {
			t.Errorf("order %v", got)
		}
		// Two Selects that alternate do not lock each other into one case each.
		taken := map[*tasklet.Chan[int]]int{}
		pairs := [2][2]*tasklet.Chan[int]{{chans[0], chans[1]}, {chans[1], chans[2]}}
		for k := range 12 {
			p := pairs[k%2]
			i, err := s.Select(p[0].OnReceive(nil), p[1].OnReceive(nil))
			if err != nil {
				return err
			}
			taken[p[i]]++
		}
		for i, c := range chans {
			if taken[c] < 3 {
				t.Errorf("channel %d was taken %d times of 12", i, taken[c])
			}
		}
		return nil
	})
}

func TestSelect_AfterAndDefault(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		begin := s.Now()
		i, err := s.Select(tasklet.After(time.Hour), c.OnReceive(nil), tasklet.After(time.Minute))
		wantSelect(t, i, err, 2, nil)
		if d := s.Now().Sub(begin); d != time.Minute {
			t.Errorf("waited %v", d)
		}
		i, err = s.Select(tasklet.After(time.Hour), tasklet.Default(), tasklet.After(-1))
		wantSelect(t, i, err, 1, nil)
		if c.Balance() != 0 {
			t.Errorf("balance %d", c.Balance())
		}
		return nil
	})
}

func TestSelect_NilChannelIsNeverTaken(t *testing.T) {
	runClocked(t, func(s *tasklet.Scheduler) error {
		var c *tasklet.Chan[int]
		i, err := s.Select(c.OnReceive(nil), c.OnSend(1), c.OnSendError(errSent), tasklet.After(time.Second))
		wantSelect(t, i, err, 3, nil)
		return nil
	})
}

var errSent = errors.New("sent")
