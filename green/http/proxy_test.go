package http_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// httputil.ReverseProxy would copy an upgraded connection in goroutines and stop the hub for as long. The client gets
// a 502 instead, the connection to the backend is closed, and the next request is served.
func TestReverseProxyDoesNotSwitchProtocols(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		over := h.NewEvent()
		backend := &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") == "" {
				io.WriteString(w, "hello")
				return
			}
			c, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			rw.Flush()
			io.Copy(io.Discard, rw)
			over.Set()
		})}
		return serve(h, backend, func(addr string) error {
			proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
			transport := greenhttp.NewTransport(h)
			defer transport.CloseIdleConnections()
			var logged strings.Builder
			proxy.Transport, proxy.ErrorLog = transport, log.New(&logged, "", 0)
			return serve(h, &greenhttp.Server{Handler: proxy}, func(addr string) error {
				p, err := dial(h, addr)
				if err != nil {
					return err
				}
				defer p.Close()
				resp, _, err := p.ask("GET", strings.Replace(get(""), "\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", 1))
				if err != nil {
					return err
				}
				expect(t, "status of an upgrade", resp.StatusCode, http.StatusBadGateway)
				if !strings.Contains(logged.String(), "copies in goroutines") {
					t.Errorf("the proxy logged %q", &logged)
				}
				if err := over.Wait(); err != nil {
					return err
				}
				resp, body, err := p.ask("GET", get(""))
				if err != nil {
					return err
				}
				expect(t, "then", resp.StatusCode, http.StatusOK)
				expect(t, "then", body, "hello")
				return nil
			})
		})
	})
}
