package http

import (
	"bufio"
	"net"
	"time"
)

// Hijack gives the connection to the handler, to whom closing it belongs.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c := w.c
	if c.hijacked || w.gone {
		return nil, nil, w.unusable()
	}
	w.ctx.stop()
	if w.settled && !w.begun {
		w.begin(true, nil)
	}
	c.flush()
	c.hijacked = true
	c.nc.SetDeadline(time.Time{})
	return c.nc, bufio.NewReadWriter(c.br, bufio.NewWriter(c.nc)), nil
}

// SetReadDeadline is for http.ResponseController.
func (w *response) SetReadDeadline(t time.Time) error { return w.c.nc.SetReadDeadline(t) }

// SetWriteDeadline is for http.ResponseController.
func (w *response) SetWriteDeadline(t time.Time) error {
	w.c.limited = true
	return w.c.nc.SetWriteDeadline(t)
}

// EnableFullDuplex is for http.ResponseController: the body of the request can be read after that of the response has begun.
func (w *response) EnableFullDuplex() error {
	w.duplex = true
	return nil
}
