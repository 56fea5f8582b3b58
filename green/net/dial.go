package net

import (
	"errors"
	"net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A Dialer is how to connect. Its zero value is what Dial uses.
type Dialer struct {
	// Timeout is the longest that a Dial may take, names included; 0 means no limit but the task's own deadline.
	Timeout time.Duration
	// LocalAddr is the address to connect from; nil lets the system choose.
	LocalAddr net.Addr
	// FallbackDelay is how long to wait for an attempt before the next address is tried beside it, as RFC 8305 has
	// it; 0 means 250 ms, and less than 0 that one is tried after the other. Then each may use its share of the
	// Timeout, and 2 s at the least if there are, as in package net.
	FallbackDelay time.Duration
	// KeepAlive is how long a connection may be idle before the system asks the peer whether it is there; 0 means 15 s,
	// less than 0 never.
	KeepAlive time.Duration
	// Resolver finds the addresses of names; nil means [DefaultResolver].
	Resolver *Resolver
}

// Dial connects to an address, as [net.Dial] has them: "tcp", "tcp4", "tcp6" and "unix". Without a host it is this
// machine. Where a name has several addresses, of both families, they are tried side by side with a little delay, and
// the first that answers is taken. It ends early when the task is killed or its deadline passes.
func Dial(h *green.Hub, network, address string) (*Conn, error) {
	return (&Dialer{}).Dial(h, network, address)
}

// Dial is the function [Dial] with the settings of d.
func (d *Dialer) Dial(h *green.Hub, network, address string) (c *Conn, err error) {
	h.Check()
	if d.Timeout > 0 {
		e := h.Scheduler().WithTimeout(d.Timeout, func(*tasklet.Timeout) error {
			c, err = d.dial(h, network, address)
			return err
		})
		return c, e
	}
	return d.dial(h, network, address)
}

func (d *Dialer) dial(h *green.Hub, network, address string) (*Conn, error) {
	fail := func(a net.Addr, err error) (*Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Source: d.LocalAddr, Addr: a, Err: err}
	}
	all, err := remoteAddrs(h, d.Resolver, network, address)
	if err != nil {
		return fail(nil, err)
	}
	if isPacket(network) {
		p, err := of(h).packet(h, d.LocalAddr, all[0], &ListenConfig{})
		if err != nil {
			return fail(all[0], err)
		}
		return newConn(h, connected{p}), nil
	}
	var s stream
	if len(all) == 1 {
		s, err = of(h).dial(h, d.LocalAddr, all[0])
	} else {
		s, err = d.race(h, interleave(all))
	}
	if err != nil {
		return fail(all[0], err)
	}
	c := newConn(h, s)
	if d.KeepAlive != 0 {
		c.SetKeepAlive(d.KeepAlive)
	}
	return c, nil
}

// race tries addresses side by side, each a little after the one before, and returns the first connection.
func (d *Dialer) race(h *green.Hub, all []net.Addr) (won stream, err error) {
	delay := d.FallbackDelay
	if delay == 0 {
		delay = 250 * time.Millisecond
	}
	var end time.Time // of the attempts, if they follow one another
	if delay < 0 && d.Timeout > 0 {
		end = h.Now().Add(d.Timeout)
	}
	var errs []error
	returned := false
	defer func() {
		if !returned && won != nil { // the panic of another task goes on
			won.close()
		}
	}()
	err = h.Group(func(g *green.Group) error {
		news := h.Scheduler().NewLine("a connection")
		left := 0
		for i := 0; i < len(all) || left > 0; {
			if i < len(all) {
				addr := all[i]
				i++
				left++
				after := len(all) - i
				g.Go(func() error {
					s, err := d.attempt(h, addr, end, after)
					left--
					switch {
					case err != nil:
						errs = append(errs, &net.OpError{Op: "dial", Net: addr.Network(), Addr: addr, Err: err})
					case won != nil:
						s.close()
					default:
						won = s
					}
					news.WakeAll()
					return nil
				})
			}
			wait := news.Wait
			if i < len(all) && delay > 0 {
				wait = func() error { return pause(h, delay, news.Wait) }
			}
			if err := wait(); err != nil {
				return err
			}
			if won != nil {
				g.Cancel()
				return nil
			}
		}
		return errors.Join(errs...)
	})
	returned = true
	if won != nil {
		if err == nil {
			return won, nil
		}
		won.close()
	}
	return nil, err
}

// attempt connects to addr. If there is an end, it leaves time for as many as come after it.
func (d *Dialer) attempt(h *green.Hub, addr net.Addr, end time.Time, after int) (s stream, err error) {
	if end.IsZero() || after == 0 {
		return of(h).dial(h, d.LocalAddr, addr)
	}
	const least = 2 * time.Second
	left := end.Sub(h.Now())
	share := max(left/time.Duration(after+1), min(left, least))
	err = h.WithTimeout(share, func(*green.Timeout) error {
		s, err = of(h).dial(h, d.LocalAddr, addr)
		return err
	})
	return s, err
}

// pause calls wait and gives up, without an error, after d.
func pause(h *green.Hub, d time.Duration, wait func() error) error {
	return h.Scheduler().WithTimeout(d, func(o *tasklet.Timeout) error {
		err := wait()
		if err != nil && o.Owns(err) {
			return nil
		}
		return err
	})
}

// interleave orders addresses so that the families take turns, beginning with that of the first.
func interleave(all []net.Addr) []net.Addr {
	var first, other []net.Addr
	four := ipOf(all[0]).To4() != nil
	for _, a := range all {
		if (ipOf(a).To4() != nil) == four {
			first = append(first, a)
		} else {
			other = append(other, a)
		}
	}
	mixed := make([]net.Addr, 0, len(all))
	for i := range max(len(first), len(other)) {
		if i < len(first) {
			mixed = append(mixed, first[i])
		}
		if i < len(other) {
			mixed = append(mixed, other[i])
		}
	}
	return mixed
}
