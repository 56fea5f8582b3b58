package tasklet_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-greenlet/greenlet/tasklet"
)

func run(t *testing.T, f func(s *tasklet.Scheduler) error) {
	t.Helper()
	if err := tasklet.Run(f); err != nil {
		t.Error(err)
	}
}

func TestPort_SendReachesAReceiver(t *testing.T) {
	defer goleak.VerifyNone(t)
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		p := c.Port()
		go func() {
			defer p.Close()
			for i := range 3 {
				if err := p.Send(t.Context(), i); err != nil {
					t.Error(err)
				}
			}
		}()
		for i := range 3 {
			if v, err := c.Receive(); v != i || err != nil {
				t.Errorf("received %d, %v; want %d", v, err, i)
			}
		}
		return s.Run()
	})
}

func TestPort_ReceiveGetsWhatTaskletsSend(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		p := c.Port()
		got := make(chan string, 3)
		go func() {
			defer p.Close()
			for range 3 {
				v, err := p.Receive(t.Context())
				got <- fmt.Sprint(v, err)
			}
		}()
		if err := c.Send(1); err != nil {
			return err
		}
		if err := c.SendError(errSent); err != nil {
			return err
		}
		c.Close()
		err := s.Run()
		for _, want := range []string{"1 <nil>", "0 sent", "0 tasklet: closed"} {
			if g := <-got; g != want {
				t.Errorf("the goroutine got %q, want %q", g, want)
			}
		}
		return err
	})
}

func TestPort_TwoStrangersMeet(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		p, q := c.Port(), c.Port()
		const n = 1000
		go func() {
			defer p.Close()
			for i := range n {
				if err := p.Send(t.Context(), i); err != nil {
					t.Error(err)
				}
			}
		}()
		go func() {
			defer q.Close()
			for i := range n {
				if v, err := q.Receive(t.Context()); v != i || err != nil {
					t.Errorf("received %d, %v; want %d", v, err, i)
				}
			}
		}()
		return s.Run()
	})
}

func TestPort_Buffered(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewBuffered[int](s, 2)
		p := c.Port()
		go func() {
			defer p.Close()
			for i := range 10 {
				if err := p.Send(t.Context(), i); err != nil {
					t.Error(err)
				}
			}
		}()
		for i := range 10 {
			if v, err := c.Receive(); v != i || err != nil {
				t.Errorf("received %d, %v; want %d", v, err, i)
			}
		}
		return nil
	})
}

func TestPort_DoneContext(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		p := c.Port()
		ctx, cancel := context.WithCancel(t.Context())
		waits := make(chan none)
		s.Go(func() error {
			for c.Balance() != 1 {
				if err := s.Sleep(time.Microsecond); err != nil {
					return err
				}
			}
			close(waits)
			return nil
		})
		go func() {
			defer p.Close()
			go func() { <-waits; cancel() }()
			if err := p.Send(ctx, 1); err != context.Canceled {
				t.Errorf("Send = %v", err)
			}
			if err := p.Send(ctx, 1); err != context.Canceled {
				t.Errorf("Send under a context that was done before = %v", err)
			}
			if _, err := p.Receive(ctx); err != context.Canceled {
				t.Errorf("Receive = %v", err)
			}
		}()
		if err := s.Run(); err != nil {
			return err
		}
		if i, err := s.Select(c.OnReceive(nil), tasklet.Default()); i != 1 || err != nil {
			t.Errorf("what was not sent can be received: %d, %v", i, err)
		}
		if c.Balance() != 0 {
			t.Errorf("balance %d", c.Balance())
		}
		return nil
	})
}

type none = struct{}

func TestPort_Try(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewBuffered[int](s, 1)
		p := c.Port()
		go func() {
			defer p.Close()
			ctx := t.Context()
			if v, ok, err := p.TryReceive(ctx); v != 0 || ok || err != nil {
				t.Errorf("TryReceive of nothing = %d, %v, %v", v, ok, err)
			}
			if ok, err := p.TrySend(ctx, 1); !ok || err != nil {
				t.Errorf("TrySend = %v, %v", ok, err)
			}
			if ok, err := p.TrySend(ctx, 2); ok || err != nil {
				t.Errorf("TrySend into a full one = %v, %v", ok, err)
			}
			if v, ok, err := p.TryReceive(ctx); v != 1 || !ok || err != nil {
				t.Errorf("TryReceive = %d, %v, %v", v, ok, err)
			}
		}()
		err := s.Run()
		if c.Balance() != 0 {
			t.Errorf("balance %d", c.Balance())
		}
		return err
	})
}

func TestPort_CloseEndsWhoWaits(t *testing.T) {
	defer goleak.VerifyNone(t)
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		p := c.Port()
		got := make(chan error)
		go func() { got <- p.Send(context.Background(), 1) }()
		for c.Balance() != 1 {
			if err := s.Sleep(time.Microsecond); err != nil {
				return err
			}
		}
		p.Close()
		p.Close()
		if err := <-got; err != tasklet.ErrClosed {
			t.Errorf("Send = %v", err)
		}
		if err := s.Run(); err != nil {
			return err
		}
		_, err := c.Receive()
		var dead *tasklet.DeadlockError
		if !errors.As(err, &dead) {
			t.Errorf("nothing is open, and Receive = %v", err)
		}
		go func() { got <- p.Send(context.Background(), 1) }()
		if err := <-got; err != tasklet.ErrClosed {
			t.Errorf("Send at a closed port = %v", err)
		}
		return nil
	})
}

func TestPort_SchedulerCloseEndsWhoWaits(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := tasklet.New()
	c := tasklet.NewChan[int](s)
	p := c.Port()
	got := make(chan error, 2)
	go func() { got <- p.Send(context.Background(), 1) }()
	for c.Balance() != 1 {
		s.Sleep(time.Microsecond)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	go func() { got <- p.Send(context.Background(), 1) }()
	for range 2 {
		if err := <-got; err != tasklet.ErrClosed {
			t.Errorf("Send = %v", err)
		}
	}
	p.Close()
}

func TestPort_OnTheSchedulersOwnGoroutineIsMisuse(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		p := tasklet.NewChan[int](s).Port()
		defer p.Close()
		mustPanic(t, "use the channel itself", func() { p.Send(t.Context(), 1) })
		return nil
	})
}

func TestPort_SelectMeetsAStranger(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewChan[int](s)
		p, q := c.Port(), d.Port()
		const n = 500
		go func() {
			defer p.Close()
			for range n {
				if err := p.Send(t.Context(), 1); err != nil {
					t.Error(err)
				}
			}
		}()
		go func() {
			defer q.Close()
			for range n {
				if v, err := q.Receive(t.Context()); v != 2 || err != nil {
					t.Errorf("received %d, %v", v, err)
				}
			}
		}()
		var count [2]int
		for range 2 * n {
			i, err := s.Select(c.OnReceive(nil), d.OnSend(2))
			if err != nil {
				t.Error(err)
				break
			}
			count[i]++
		}
		if count[0] != n || count[1] != n {
			t.Errorf("counts %v", count)
		}
		return s.Run()
	})
}

func TestPort_EightGoroutinesSend(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		const senders, each = 8, 2000
		for g := range senders {
			p := c.Port()
			go func() {
				defer p.Close()
				for i := range each {
					if err := p.Send(t.Context(), g*each+i); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		seen := make([]bool, senders*each)
		last := [senders]int{}
		for range senders * each {
			v, err := c.Receive()
			if err != nil {
				return err
			}
			if seen[v] {
				t.Errorf("%d came twice", v)
			}
			seen[v] = true
			if g := v / each; v%each < last[g] {
				t.Errorf("%d of sender %d came after %d", v%each, g, last[g])
			} else {
				last[g] = v % each
			}
		}
		return s.Run()
	})
}

// A value whose Send failed must never arrive, and one whose Send succeeded exactly once.
func TestPort_CanceledSendsAreExact(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		const senders, each = 4, 1000
		sent := make([]atomic.Bool, senders*each)
		for g := range senders {
			p := c.Port()
			go func() {
				defer p.Close()
				for i := range each {
					ctx, cancel := context.WithCancel(context.Background())
					go cancel()
					v := g*each + i
					switch err := p.Send(ctx, v); err {
					case nil:
						sent[v].Store(true)
					case context.Canceled:
					default:
						t.Error(err)
					}
					cancel()
				}
			}()
		}
		got := make([]int, senders*each)
		s.Go(func() error {
			for {
				v, err := c.Receive()
				if err != nil {
					return err
				}
				got[v]++
			}
		})
		if err := s.Run(); err != nil {
			return err
		}
		for v := range got {
			if want := map[bool]int{true: 1}[sent[v].Load()]; got[v] != want {
				t.Errorf("value %d: sent %v, received %d times", v, sent[v].Load(), got[v])
			}
		}
		return nil
	})
}
