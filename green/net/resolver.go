package net

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Resolver looks up names by the system's rules, its hosts file included, on a goroutine beside the hub, and keeps what it
// found for as long as the answers say. Several look-ups of one name at the same time are one. It may be used by any number
// of hubs.
type Resolver struct {
	// Lookup finds the addresses of host and says for how long they may be kept; nil means the system's rules.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, time.Duration, error)
	// MaxAge limits how long anything is kept; 0 means an hour, less than 0 that nothing is.
	MaxAge time.Duration

	mu    sync.Mutex
	names map[string]*answer
	sweep int
}

// DefaultResolver is what names are looked up with unless something else is said.
var DefaultResolver = &Resolver{}

// An answer is a look-up, under way or done.
type answer struct {
	done  chan struct{}
	ips   []netip.Addr
	err   error
	until time.Time
}

// LookupNetIP returns the addresses of host. network is "ip", "ip4" or "ip6". Errors are those of [net.Resolver], or why the task
// was woken early; the look-up itself then goes on for those that share it.
func (r *Resolver) LookupNetIP(h *green.Hub, network, host string) ([]netip.Addr, error) {
	a, fresh := r.ask(host, h.Now())
	select {
	case <-a.done:
	default:
		if _, err := tasklet.Await(h.Scheduler(), func(ctx context.Context) (struct{}, error) {
			if fresh {
				r.find(a, host)
			}
			select {
			case <-a.done:
			case <-ctx.Done():
			}
			return struct{}{}, nil
		}); err != nil {
			return nil, err
		}
	}
	if a.err != nil || network == "ip" {
		return a.ips, a.err
	}
	var some []netip.Addr
	for _, ip := range a.ips {
		if ip.Unmap().Is4() == (network == "ip4") {
			some = append(some, ip)
		}
	}
	if len(some) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return some, nil
}

// ask returns the answer for host, and whether the caller has to find it.
func (r *Resolver) ask(host string, now time.Time) (a *answer, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a = r.names[host]; a != nil && (a.until.IsZero() || now.Before(a.until)) {
		return a, false
	}
	if r.names == nil {
		r.names = map[string]*answer{}
	}
	if r.sweep++; r.sweep >= 1024 {
		r.sweep = 0
		for name, a := range r.names {
			if !a.until.IsZero() && !now.Before(a.until) {
				delete(r.names, name)
			}
		}
	}
	a = &answer{done: make(chan struct{})}
	r.names[host] = a
	return a, true
}

// find does the look-up.
func (r *Resolver) find(a *answer, host string) {
	look := r.Lookup
	if look == nil {
		look = systemLookup
	}
	ips, ttl, err := look(context.Background(), host)
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := r.MaxAge
	if limit == 0 {
		limit = time.Hour
	}
	a.ips, a.err = ips, err
	a.until = time.Now().Add(max(0, min(ttl, limit)))
	if err != nil || limit < 0 {
		delete(r.names, host)
	}
	close(a.done)
}

// Forget drops what is known of host, or of all names if host is "".
func (r *Resolver) Forget(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if host == "" {
		clear(r.names)
		return
	}
	delete(r.names, host)
}
