package net

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// A name server that fails in every way: what it says reaches who dials, what it does not say ends at the deadline, nothing of
// that is kept, and the rest of the hub goes on.
func TestOverheard_NameServersThatFail(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const noSuchName, serverFailure = 3, 2
	// answers are by the first letter of the name.
	answers := map[byte]func(query []byte, at int) []byte{
		'g': func(query []byte, at int) []byte {
			if query[at+1] != 1 {
				return message(query)
			}
			return message(query, record{1, 300, []byte{127, 0, 0, 1}})
		},
		'n': func(query []byte, _ int) []byte { return failed(query, noSuchName) },
		'f': func(query []byte, _ int) []byte { return failed(query, serverFailure) },
		'x': func(query []byte, _ int) []byte {
			return append(query[:2:2], "\xff\xff\xff this is no message \x00\xc0\xc0"...)
		},
		'c': func(query []byte, at int) []byte { return message(query, record{1, 300, []byte{127, 0, 0, 1}})[:at+10] },
		's': func([]byte, int) []byte { return nil },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := answers[buf[13]](buf[:n], skipName(buf[:n], 12)); answer != nil {
				server.WriteTo(answer, from)
			}
		}
	}()
	defer func() {
		server.Close()
		<-done
	}()
	asked := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}
	resolver := &Resolver{Lookup: func(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
		return heardLookup(ctx, host, asked)
	}}
	for name, opts := range map[string][]green.Option{"poller": nil, "portable": {green.Portable()}} {
		t.Run(name, func(t *testing.T) {
			if err := green.Run(func(h *green.Hub) error {
				l, err := Listen(h, "tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				defer l.Close()
				_, port, _ := net.SplitHostPort(l.Addr().String())
				dial := func(host string, limit time.Duration) error {
					return h.WithTimeout(limit, func(*green.Timeout) error {
						c, err := (&Dialer{Resolver: resolver}).Dial(h, "tcp", host+":"+port)
						if err == nil {
							c.Close()
						}
						return err
					})
				}
				turns := 0
				other := h.Go(func() error {
					for ; ; turns++ {
						if err := h.Sleep(time.Millisecond); err != nil {
							return err
						}
					}
				})
				for range 2 {
					var failure *net.DNSError
					if err := dial("none.example.", time.Minute); !errors.As(err, &failure) || !failure.IsNotFound {
						t.Errorf("a name that there is not: %v", err)
					}
					if err := dial("fails.example.", time.Minute); !errors.As(err, &failure) || failure.IsNotFound || !failure.IsTemporary {
						t.Errorf("a server that fails: %v", err)
					}
					for _, host := range []string{"silent.example.", "x.example.", "cut.example."} {
						before := turns
						if err := dial(host, 30*time.Millisecond); !errors.Is(err, green.ErrTimeout) && !errors.As(err, &failure) {
							t.Errorf("%s: %v", host, err)
						}
						if host[0] == 's' && turns == before {
							t.Error("no other task had a turn beside a look-up that took its time")
						}
					}
					if err := dial("good.example.", time.Minute); err != nil {
						t.Errorf("a name that there is: %v", err)
					}
				}
				return other.Kill()
			}, opts...); err != nil {
				t.Error(err)
			}
		})
	}
}

// failed is the answer to a query that only has a code.
func failed(query []byte, code byte) []byte {
	answer := message(query)
	answer[3] |= code
	return answer
}
