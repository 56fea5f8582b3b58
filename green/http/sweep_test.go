package http_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// waiting makes n connections on goroutines, each with a request, while the hub can accept none, and returns how many of them
// were answered, after f, and closed.
func waiting(h *green.Hub, addr string, n int, f func() error) (answered int, err error) {
	sent := make(chan error)
	answers := make(chan error, n)
	for range n {
		go func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				sent <- err
				answers <- err
				return
			}
			defer c.Close()
			_, err = io.WriteString(c, get(""))
			sent <- err
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err == nil {
				_, err = io.Copy(io.Discard, r.Body)
				if !r.Close {
					err = errors.Join(err, errors.New("the connection goes on"))
				}
			}
			answers <- err
		}()
	}
	for range n {
		err = errors.Join(err, <-sent)
	}
	err = errors.Join(err, f())
	all, failed := green.Offload(h, func(context.Context) (errs []error, _ error) {
		for range n {
			errs = append(errs, <-answers)
		}
		return errs, nil
	})
	for _, e := range all {
		if e == nil {
			answered++
		}
	}
	return answered, errors.Join(err, failed)
}

// Clients that have connected and sent a request before the server shuts down are answered, though it had not accepted them.
func TestShutdownServesWhatWaits(t *testing.T) {
	const n = 20
	for _, most := range []int{0, 5} {
		t.Run(fmt.Sprint("MaxConns ", most), func(t *testing.T) {
			run(t, func(t *testing.T, h *green.Hub) error {
				now, peak := 0, 0
				s := &greenhttp.Server{MaxConns: most, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					now++
					peak = max(peak, now)
					h.Yield()
					now--
				})}
				return serve(h, s, func(addr string) error {
					if err := h.Yield(); err != nil { // Serve waits in Accept
						return err
					}
					got, err := waiting(h, addr, n, func() error { return s.Shutdown(-1) })
					if most == 0 {
						expect(t, "answered", got, n)
					} else if got < most || peak > most {
						t.Errorf("%d answered, %d at a time", got, peak)
					}
					expect(t, "connections", s.Conns(), 0)
					return err
				})
			})
		})
	}
}

// A hidden listener has no deadline.
type hidden struct{ net.Listener }

// Without a way to end Accept, the listener is closed at once.
func TestShutdownOfAnotherListener(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &greenhttp.Server{}
		server := h.Go(func() error {
			if err := s.Serve(h, hidden{l}); !errors.Is(err, http.ErrServerClosed) {
				t.Errorf("Serve: %v", err)
			}
			return nil
		})
		if err := h.Yield(); err != nil {
			return err
		}
		return errors.Join(s.Shutdown(-1), server.Join())
	})
}
