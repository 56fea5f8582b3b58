package net

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Resolver looks up names by the system's rules, its hosts file included, on a goroutine beside the hub, and keeps
// what it found for as long as the answers say, of the 4096 names that were looked up last. Failures are not kept.
// Several look-ups of one name at the same time are one. It may be used by any number of hubs.
type Resolver struct {
	// Lookup finds the addresses of host and says for how long they may be kept; nil means the system's rules.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, time.Duration, error)
	// MaxAge limits how long anything is kept; 0 means an hour, less than 0 that nothing is.
	MaxAge time.Duration

	mu    sync.Mutex
	names map[string]*answer
	order list.List // of the names, the one that was asked for first in front
}

// maxNames bounds what is kept: whoever chooses the names could fill the memory.
const maxNames = 4096

// DefaultResolver is what names are looked up with unless something else is said.
var DefaultResolver = &Resolver{}

// An answer is a look-up, under way or done. The resolver's lock protects it until it is done.
type answer struct {
	done    bool
	ips     []netip.Addr
	err     error
	asked   time.Time
	until   time.Time
	at      *list.Element // of the order
	waiters []*waiter     // a list: they go on in the order in which they came
	cancel  context.CancelFunc
}

// A waiter is a task that waits for an answer.
type waiter struct {
	h    *green.Hub
	line *tasklet.Line
	done bool
}

// LookupNetIP returns the addresses of host. network is "ip", "ip4" or "ip6". Errors are those of [net.Resolver], or
// why the task was woken early; the look-up itself then goes on for those that share it, and is canceled if there are
// none.
func (r *Resolver) LookupNetIP(h *green.Hub, network, host string) ([]netip.Addr, error) {
	a, w := r.ask(h, host)
	if w != nil {
		release := h.Scheduler().Hold()
		defer release()
		defer func() {
			if !w.done {
				r.leave(a, w, host)
			}
		}()
		for !w.done {
			if err := w.line.Wait(); err != nil {
				return nil, err
			}
		}
	}
	if a.err != nil || network == "ip" {
		return slices.Clone(a.ips), a.err
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

// ask returns the answer for host, and the caller as one who waits for it, or nil if it is known.
func (r *Resolver) ask(h *green.Hub, host string) (*answer, *waiter) {
	now := h.Now()
	w := &waiter{h: h, line: h.Scheduler().NewLine("the address of " + host)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.names[host]; a != nil {
		switch {
		case !a.done:
			a.waiters = append(a.waiters, w)
			return a, w
		case now.Before(a.until):
			return a, nil
		}
	}
	if r.names == nil {
		r.names = map[string]*answer{}
	}
	r.drop(host) // which is too old
	for e := r.order.Front(); e != nil && len(r.names) >= maxNames; {
		name := e.Value.(string)
		if e = e.Next(); r.names[name].done {
			r.drop(name)
		}
	}
	a := &answer{asked: now, waiters: []*waiter{w}, at: r.order.PushBack(host)}
	r.names[host] = a
	var ctx context.Context
	ctx, a.cancel = context.WithCancel(context.Background())
	go r.find(ctx, a, host)
	return a, w
}

// drop forgets host. The caller holds the lock.
func (r *Resolver) drop(host string) {
	if a := r.names[host]; a != nil {
		r.order.Remove(a.at)
		delete(r.names, host)
	}
}

// leave removes w from those that wait.
func (r *Resolver) leave(a *answer, w *waiter, host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.waiters = slices.DeleteFunc(a.waiters, func(o *waiter) bool { return o == w })
	if len(a.waiters) == 0 && !a.done {
		a.cancel()
		if r.names[host] == a {
			r.drop(host)
		}
	}
}

// find does the look-up, on a goroutine of its own.
func (r *Resolver) find(ctx context.Context, a *answer, host string) {
	defer a.cancel()
	look := r.Lookup
	if look == nil {
		look = systemLookup
	}
	found, ttl, err := look(ctx, host)
	ips := make([]netip.Addr, len(found)) // the other one may be somebody else's
	for i, ip := range found {
		ips[i] = ip.Unmap() // package net writes IPv4 as IPv6 at times
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	limit := r.MaxAge
	if limit == 0 {
		limit = time.Hour
	}
	a.ips, a.err, a.done = ips, err, true
	a.until = a.asked.Add(max(0, min(ttl, limit)))
	if (err != nil || limit < 0) && r.names[host] == a {
		r.drop(host)
	}
	for _, w := range a.waiters {
		w.h.Scheduler().Post(func() error {
			w.done = true
			w.line.WakeAll()
			return nil
		})
	}
}

// Forget drops what is known of host, or of all names if host is "".
func (r *Resolver) Forget(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if host == "" {
		clear(r.names)
		r.order.Init()
		return
	}
	r.drop(host)
}
