package http_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// A handler that ignores that its hub ends keeps neither the hub nor the connection.
func TestHandlerIgnoresTheEndOfTheHub(t *testing.T) {
	for name, opts := range map[string][]green.Option{"native": nil, "portable": {green.Portable()}} {
		t.Run(name, func(t *testing.T) {
			over := errors.New("over")
			type answer struct {
				closes bool
				err    error
			}
			answers := make(chan answer, 1)
			err := green.Run(func(h *green.Hub) error {
				l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				begun := h.NewEvent()
				s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					begun.Set()
					h.Sleep(time.Hour)
					io.WriteString(w, "all the same")
				})}
				server := h.Go(func() error {
					s.Serve(h, l)
					return nil
				})
				client := &http.Transport{}
				go func() {
					defer client.CloseIdleConnections()
					req, err := http.NewRequest("GET", "http://"+l.Addr().String(), nil)
					if err != nil {
						answers <- answer{false, err}
						return
					}
					r, err := client.RoundTrip(req)
					if err != nil {
						answers <- answer{false, err}
						return
					}
					_, err = io.Copy(io.Discard, r.Body)
					answers <- answer{r.Close, errors.Join(err, r.Body.Close())}
				}()
				if err := begun.Wait(); err != nil {
					return err
				}
				l.Close()
				if err := server.Join(); err != nil {
					return err
				}
				return over
			}, opts...)
			if err != over {
				t.Errorf("Run: %v", err)
			}
			// The last write of a task that is killed may fail where writing has to wait.
			if got := <-answers; name == "native" && (got.err != nil || !got.closes) {
				t.Errorf("the answer says that the connection ends: %v, %v", got.closes, got.err)
			}
		})
	}
}

// A connection whose handler ignores that its task was told to stop waits for no other request.
func TestHandlerIgnoresItsKill(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		begun := h.NewEvent()
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun.Set()
			h.Sleep(time.Hour)
			io.WriteString(w, "all the same")
		})}
		a, b, err := greennet.SocketPair(h)
		if err != nil {
			return err
		}
		p := &peer{net.Conn(a), bufio.NewReader(a)}
		defer p.Close()
		task := h.Go(func() error {
			s.ServeConn(h, b)
			return nil
		})
		// The second one has come, and is not served.
		io.WriteString(p, get("")+get(""))
		if err := begun.Wait(); err != nil {
			return err
		}
		task.Stop()
		r, body, err := p.answer("GET")
		if err != nil {
			return err
		}
		expect(t, "answer", body, "all the same")
		expect(t, "closes", r.Close, true)
		if _, err := p.br.ReadByte(); err == nil {
			t.Error("another answer")
		}
		p.Close()
		return task.Join()
	})
}
