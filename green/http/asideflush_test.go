package http_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// A flush that a goroutine asks for while the client keeps another one waiting comes after that, and is not lost.
func TestFlushByAGoroutineDuringAnotherFlush(t *testing.T) {
	big := strings.Repeat("0123456789", 2<<20)
	asked, over := make(chan bool, 1), make(chan bool, 1)
	with(t, func(w http.ResponseWriter, r *http.Request) {
		h := greenhttp.HubOf(r.Context())
		beside := func(f func()) {
			done := make(chan bool)
			go func() { defer close(done); f() }()
			<-done
		}
		flushed := w.(http.Flusher).Flush
		beside(func() { io.WriteString(w, big); flushed() })
		for range 1000 { // the flush waits for the client by now
			h.Yield()
		}
		beside(func() { io.WriteString(w, "second"); flushed() })
		asked <- true
		green.Offload(h, func(ctx context.Context) (bool, error) { return <-over, nil })
	}, func(t *testing.T, h *green.Hub, addr string) error {
		defer func() { over <- true }()
		resp, err := greenhttp.NewClient(h).Get("http://" + addr)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if _, err := green.Offload(h, func(context.Context) (bool, error) { return <-asked, nil }); err != nil {
			return err
		}
		got := make([]byte, len(big)+len("second"))
		return h.WithTimeout(time.Minute, func(*green.Timeout) error {
			_, err := io.ReadFull(resp.Body, got)
			if err == nil {
				expect(t, "the end", string(got[len(big):]), "second")
			}
			return err
		})
	})
}

// io.Copy on a goroutine writes, too, also after the body has begun.
func TestGoroutinesCopyToAResponse(t *testing.T) {
	big := strings.Repeat("0123456789", 100000)
	begun := make(chan bool, 1)
	with(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(2*len(big)))
		_, err := green.Offload(greenhttp.HubOf(r.Context()), func(context.Context) (int64, error) {
			n, err := io.Copy(w, strings.NewReader(big))
			if err != nil {
				return n, err
			}
			w.(http.Flusher).Flush()
			<-begun
			return io.Copy(w, io.LimitReader(strings.NewReader(big), 1<<30))
		})
		if err != nil {
			t.Errorf("copying: %v", err)
		}
	}, func(t *testing.T, h *green.Hub, addr string) error {
		client := greenhttp.NewClient(h)
		resp, err := client.Get("http://" + addr)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		begun <- true
		body, err := io.ReadAll(resp.Body)
		if err == nil && string(body) != big+big {
			t.Errorf("got %d bytes that are not the %d written", len(body), 2*len(big))
		}
		return err
	})
}
