package http_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

func TestShutdown(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		begun, goOn := h.NewEvent(), h.NewEvent()
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				begun.Set()
				goOn.Wait()
			}
			io.WriteString(w, r.URL.Path)
		})}
		return serve(h, s, func(addr string) error {
			slow, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer slow.Close()
			quiet, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer quiet.Close()
			if _, _, err := quiet.ask("GET", get("")); err != nil {
				return err
			}
			// Two in the pipeline, both of which have come before the end.
			io.WriteString(slow, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
			if err := begun.Wait(); err != nil {
				return err
			}
			down := h.Go(func() error { return s.Shutdown(-1) })
			if _, err := quiet.br.ReadByte(); err != io.EOF {
				t.Errorf("an idle connection: %v", err)
			}
			for { // what comes before the listener is closed is taken still
				late, err := dial(h, addr)
				if err != nil {
					break
				}
				late.Close()
			}
			expect(t, "down", down.Ready(), false)
			goOn.Set()
			for _, want := range []string{"/slow false", "/next true"} {
				r, body, err := slow.answer("GET")
				if err != nil {
					return err
				}
				expect(t, "answer", fmt.Sprint(body, " ", r.Close), want)
			}
			slow.Close()
			return errors.Join(down.Join(), down.Err())
		})
	})
}

// A head of which only a part has come does not hold up the end for as long as it may take otherwise.
func TestShutdownDuringAHead(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		s := &greenhttp.Server{ReadHeaderTimeout: time.Hour, Handler: http.NotFoundHandler()}
		return serve(h, s, func(addr string) error {
			c, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer c.Close()
			io.WriteString(c, "GET / HTTP/1.1\r\nHo")
			if err := h.Sleep(10 * time.Millisecond); err != nil {
				return err
			}
			if err := s.Shutdown(time.Minute); err != nil {
				return err
			}
			r, _, err := c.answer("GET")
			if err != nil {
				return err
			}
			expect(t, "status", r.StatusCode, 408)
			return nil
		})
	})
}

func TestShutdownKillsAfterGrace(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		begun := h.NewEvent()
		var end error
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begun.Set()
			end = h.Sleep(time.Hour)
		})}
		return serve(h, s, func(addr string) error {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			io.WriteString(p, get(""))
			if err := begun.Wait(); err != nil {
				return err
			}
			if err := s.Shutdown(time.Millisecond); !errors.Is(err, green.ErrTimeout) {
				t.Errorf("Shutdown: %v", err)
			}
			expect(t, "the handler's", end, green.ErrKilled)
			expect(t, "connections", s.Conns(), 0)
			return nil
		})
	})
}

// The time that a request may take does not end a connection that waits for the next one.
func TestReadTimeoutIsOfTheRequest(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		const short = 100 * time.Millisecond
		s := &greenhttp.Server{ReadTimeout: short, ReadHeaderTimeout: short, Handler: http.HandlerFunc(echo)}
		return serve(h, s, func(addr string) error {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			for range 2 {
				_, body, err := p.ask("POST", post("Content-Length: 1\r\n", "a"))
				if err != nil {
					return err
				}
				expect(t, "answer", body, "POST a 1 <nil>")
				if err := h.Sleep(2 * short); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
