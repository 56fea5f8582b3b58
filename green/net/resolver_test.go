package net_test

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A book answers look-ups, each when it is told to, and counts them.
type book struct {
	asked atomic.Int32
	ttl   time.Duration
	open  chan struct{}
	err   error
}

func (b *book) lookup(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	b.asked.Add(1)
	select {
	case <-b.open:
		return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, b.ttl, b.err
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// opened is a book that answers at once.
func opened(ttl time.Duration) *book {
	b := &book{ttl: ttl, open: make(chan struct{})}
	close(b.open)
	return b
}

func TestResolver_LookUpsAtTheSameTimeAreOne(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		b := &book{ttl: time.Hour, open: make(chan struct{})}
		r := &net.Resolver{Lookup: b.lookup}
		var jobs []*green.Job[[]netip.Addr]
		for range 10 {
			jobs = append(jobs, green.Spawn(h, func() ([]netip.Addr, error) { return r.LookupNetIP(h, "ip", "a.example") }))
		}
		blocked(t, h)
		must(t, jobs[0].Kill()) // the first is not the one that everybody hangs on
		close(b.open)
		for _, j := range jobs[1:] {
			ips, err := j.Get()
			must(t, err)
			expect(t, "addresses", len(ips), 2)
		}
		expectIs(t, "killed", jobs[0].Err(), green.ErrKilled)
		expect(t, "look-ups", b.asked.Load(), 1)
	})
}

func TestResolver_Families(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		r := &net.Resolver{Lookup: opened(time.Hour).lookup}
		for network, want := range map[string]string{"ip4": "192.0.2.1", "ip6": "2001:db8::1"} {
			ips, err := r.LookupNetIP(h, network, "a.example")
			must(t, err)
			expect(t, network, len(ips), 1)
			expect(t, network, ips[0].String(), want)
		}
	})
}

func TestResolver_KeepsAnswersAsLongAsTheySay(t *testing.T) {
	for _, c := range []struct {
		name   string
		ttl    time.Duration
		max    time.Duration
		wait   time.Duration
		asked  int32
		forget bool
	}{
		{"fresh", time.Minute, 0, 59 * time.Second, 1, false},
		{"old", time.Minute, 0, 61 * time.Second, 2, false},
		{"at most an hour", 24 * time.Hour, 0, 61 * time.Minute, 2, false},
		{"at most MaxAge", time.Hour, time.Second, 2 * time.Second, 2, false},
		{"never", time.Hour, -1, 0, 2, false},
		{"no time to live", 0, 0, 0, 2, false},
		{"forgotten", time.Hour, 0, 0, 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := tasklet.NewClock(time.Unix(0, 0))
			must(t, green.Run(func(h *green.Hub) error {
				b := opened(c.ttl)
				r := &net.Resolver{Lookup: b.lookup, MaxAge: c.max}
				_, err := r.LookupNetIP(h, "ip", "a.example")
				must(t, err)
				clock.Advance(c.wait)
				if c.forget {
					r.Forget("a.example")
					r.Forget("")
				}
				_, err = r.LookupNetIP(h, "ip", "a.example")
				must(t, err)
				expect(t, "look-ups", b.asked.Load(), c.asked)
				return nil
			}, green.WithWorld(clock)))
		})
	}
}

func TestResolver_FailuresAreNotKept(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		b := opened(time.Hour)
		b.err = errors.New("no such name")
		r := &net.Resolver{Lookup: b.lookup}
		for range 2 {
			_, err := r.LookupNetIP(h, "ip", "a.example")
			expectIs(t, "look-up", err, b.err)
		}
		expect(t, "look-ups", b.asked.Load(), 2)
	})
}

func TestResolver_ALookUpForNobodyIsCanceled(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		canceled := make(chan struct{})
		r := &net.Resolver{Lookup: func(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
			<-ctx.Done()
			close(canceled)
			return nil, 0, ctx.Err()
		}}
		err := h.WithTimeout(5*ms, func(*green.Timeout) error {
			_, err := r.LookupNetIP(h, "ip", "a.example")
			return err
		})
		expectIs(t, "look-up", err, green.ErrTimeout)
		<-canceled

		// A task that is to stop already leaves nobody waiting for ever.
		b := opened(time.Hour)
		r = &net.Resolver{Lookup: b.lookup}
		job := h.Go(func() error {
			h.Current().Stop()
			_, err := r.LookupNetIP(h, "ip", "b.example")
			return err
		})
		must(t, job.Join())
		expectIs(t, "a task that was killed before", job.Err(), green.ErrKilled)
		ips, err := r.LookupNetIP(h, "ip", "b.example")
		must(t, err)
		expect(t, "addresses", len(ips), 2)
	})
}

func TestResolver_HostsFile(t *testing.T) {
	each(t, func(t *testing.T, h *green.Hub) {
		ips, err := (&net.Resolver{}).LookupNetIP(h, "ip", "localhost")
		must(t, err)
		for _, ip := range ips {
			expect(t, "localhost is a loopback address", ip.IsLoopback(), true)
			expect(t, "an IPv4 address is written as one", ip.Is4In6(), false)
		}
	})
}

func TestResolver_SharedByHubsOnSeveralGoroutines(t *testing.T) {
	b := opened(time.Hour)
	r := &net.Resolver{Lookup: b.lookup}
	done := make(chan error)
	for i := range 4 {
		var opts []green.Option
		if i%2 == 0 {
			opts = append(opts, green.Portable())
		}
		go func() {
			done <- green.Run(func(h *green.Hub) error {
				for range 200 {
					if _, err := r.LookupNetIP(h, "ip", "a.example"); err != nil {
						return err
					}
				}
				return nil
			}, opts...)
		}()
	}
	for range 4 {
		must(t, <-done)
	}
	expect(t, "look-ups", b.asked.Load(), 1)
}
