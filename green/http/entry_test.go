package http_test

import (
	stdhttp "net/http"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/http"
	"github.com/go-greenlet/greenlet/green/net"
	"github.com/go-greenlet/greenlet/internal/entrytest"
)

func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	made := entrytest.Line(1)
	err := green.Run(func(h *green.Hub) error {
		l, err := net.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &http.Server{Handler: stdhttp.NotFoundHandler()}
		h.Go(func() error { s.Serve(h, l); return nil })
		if err := h.Yield(); err != nil {
			return err
		}
		request, err := stdhttp.NewRequest("GET", "http://"+l.Addr().String(), nil)
		if err != nil {
			return err
		}
		a, b, err := net.SocketPair(h)
		if err != nil {
			return err
		}
		entrytest.Table{
			Package: "green/http", Made: made,
			Values: []any{s, http.NewTransport(h), &http.WebSocketDialer{}},
			Funcs:  map[string]any{"NewTransport": http.NewTransport, "NewClient": http.NewClient, "DialWebSocket": http.DialWebSocket},
			Args:   []any{h, l, a, request, time.Second, "ws://127.0.0.1:1"},
		}.Run(t)
		a.Close()
		b.Close()
		return s.Shutdown(0)
	})
	if err != nil {
		t.Error(err)
	}
}
