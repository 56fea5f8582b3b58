package http

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"
)

// Hijack gives the connection to the handler, to whom closing it belongs. It is one of package green/net: tasks of the
// hub may use it, and no goroutine.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c := w.c
	c.h.Check()
	if c.hijacked || w.gone {
		return nil, nil, w.unusable()
	}
	if forReverseProxy() {
		return nil, nil, errReverseProxy
	}
	w.takeAside()
	w.aside.Store(asideHijacked)
	w.ctx.stop()
	if w.settled && !w.begun {
		w.begin(true, nil)
	}
	c.flush()
	c.hijacked = true
	c.nc.SetDeadline(time.Time{})
	return c.nc, bufio.NewReadWriter(c.br, bufio.NewWriter(c.nc)), nil
}

var errReverseProxy = errors.New("green/http: httputil.ReverseProxy can't switch protocols on this server, since it copies in " +
	"goroutines and keeps the hub waiting; take the request with a handler of your own, and copy in two tasks")

// forReverseProxy reports whether a httputil.ReverseProxy asks for the connection. Its handler waits for goroutines
// that use that, so that one client which upgrades would stop the hub. With an error it answers 502.
func forReverseProxy() bool {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "net/http/httputil.(*ReverseProxy).") {
			return true
		}
		if !more {
			return false
		}
	}
}

// Flush sends what there is. Any goroutine may call it while the handler runs, as httputil.ReverseProxy does; on
// another than the hub's it does not wait.
func (w *response) Flush() { w.FlushError() }

// FlushError is Flush that returns why it failed, on the hub's goroutine.
func (w *response) FlushError() error {
	if !w.c.h.Scheduler().Inside() {
		if !w.flushing.CompareAndSwap(false, true) {
			return nil // one waits already, and sends this, too
		}
		return w.c.h.Post(func() error {
			err := w.c.waitWritten()
			w.flushing.Store(false) // before it takes what there is: what comes later asks again
			if err == nil && !w.over() {
				w.FlushError()
			}
			return nil
		})
	}
	w.takeAside()
	if err := w.c.waitWritten(); err != nil {
		return err
	}
	if w.c.hijacked || w.gone {
		return w.unusable()
	}
	if !w.settled {
		w.settle(http.StatusOK)
	}
	if !w.begun {
		w.begin(false, nil)
	}
	w.sent = true
	return w.c.flush()
}

// SetReadDeadline is for http.ResponseController.
func (w *response) SetReadDeadline(t time.Time) error { return w.c.nc.SetReadDeadline(t) }

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error {
	w.c.limited = true
	return w.c.nc.SetWriteDeadline(t)
}

// EnableFullDuplex is for http.ResponseController: the body of the request can be read after that of the response has
// begun.
func (w *response) EnableFullDuplex() error {
	w.duplex = true
	return nil
}
