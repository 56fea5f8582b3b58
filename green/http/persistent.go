package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// A persistent is a connection of a transport, which serves one request after the other.
type persistent struct {
	t     *Transport
	host  *host
	nc    net.Conn
	br    *bufio.Reader
	room  int64     // that a head may take
	since time.Time // when it became idle
	again bool      // it served a request before
	over  bool
	cause error // what it was closed for
}

func newPersistent(t *Transport, g *host, nc net.Conn) *persistent {
	p := &persistent{t: t, host: g, nc: nc, room: math.MaxInt64}
	p.br = bufio.NewReaderSize(p, bufferSize)
	return p
}

var errBigHead = errors.New("http: the head of the response is too big")

// Read is what br reads from.
func (p *persistent) Read(b []byte) (int, error) {
	if p.room <= 0 {
		return 0, errBigHead
	}
	n, err := p.nc.Read(b[:min(int64(len(b)), p.room)])
	p.room -= int64(n)
	return n, err
}

func (p *persistent) close() {
	if !p.over {
		p.over = true
		p.nc.Close()
		p.t.gone(p.host)
	}
}

// abort ends what the connection is used for now, for a reason.
func (p *persistent) abort(cause error) {
	if !p.over {
		p.cause = cause
		p.close()
	}
}

// why is err, or what the connection was closed for.
func (p *persistent) why(err error) error {
	if p.cause != nil && err != nil && err != io.EOF {
		return p.cause
	}
	return err
}

// An exchange is one request and its response.
type exchange struct {
	p      *persistent
	req    *http.Request
	body   io.ReadCloser
	writer *green.Task // of a body that is not written at once
	leave  *green.Event
	failed error // of the writer
	wrote  bool
	headed bool        // the head of the response has come, or never will
	stop   func() bool // listening to the context
}

func (p *persistent) roundTrip(req *http.Request, body io.ReadCloser) (resp *http.Response, err error) {
	x := &exchange{p: p, req: req, body: body, stop: func() bool { return true }}
	if ctx := req.Context(); ctx.Done() != nil {
		s := p.t.h.Scheduler()
		x.stop = context.AfterFunc(ctx, func() {
			s.Post(func() error {
				if x.stop != nil {
					p.abort(context.Cause(ctx))
				}
				return nil
			})
		})
	}
	defer func() {
		if err != nil {
			x.end(false)
			err = p.why(err)
		}
	}()
	packed := false
	if err := x.send(&packed); err != nil {
		return nil, x.stale(err, true)
	}
	resp, err = x.receive()
	if err != nil {
		return nil, err
	}
	x.deliver(resp)
	if packed {
		unpack(resp)
	}
	return resp, nil
}

// stale marks an error as one that says that the connection was dead from the start.
func (x *exchange) stale(err error, before bool) error {
	var system *net.OpError
	ended := err == io.EOF || err == io.ErrUnexpectedEOF || errors.As(err, &system)
	if !before || !x.p.again || !ended || x.p.cause != nil ||
		errors.Is(err, green.ErrKilled) || errors.Is(err, green.ErrTimeout) || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", errStale, err)
}

// send writes the request. A body that is not there at once is left to a task, so that a response that comes before
// its end is read.
func (x *exchange) send(packed *bool) error {
	head, n, err := appendRequest(make([]byte, 0, 512), x.req, x.body, x.p.t.DisableCompression, packed)
	if err != nil {
		return err
	}
	hundred := n != 0 && is([]byte(x.req.Header.Get("Expect")), "100-continue")
	if n > 0 && n <= bodyBuffer && !hundred && x.req.GetBody != nil {
		from := len(head)
		head = append(head, make([]byte, n)...)
		m, err := io.ReadFull(x.body, head[from:])
		if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
			err = x.checkLength(n, int64(m))
		}
		if err != nil {
			return fmt.Errorf("http: reading the body of a request: %w", err)
		}
		n = 0
	}
	if _, err := x.p.nc.Write(head); err != nil {
		return err
	}
	if n == 0 {
		x.wrote = true
		return x.closeBody()
	}
	if hundred {
		x.leave = x.p.t.h.NewEvent()
	}
	x.writer = x.p.t.h.Go(func() error {
		x.failed = x.write(n)
		x.closeBody()
		if x.failed == nil {
			x.wrote = true
		} else if !errors.Is(x.failed, errRefused) {
			x.p.abort(fmt.Errorf("http: writing the body of a request: %w", x.failed))
		}
		return nil
	})
	return nil
}

func (x *exchange) closeBody() error {
	b := x.body
	x.body = nil
	if b == nil {
		return nil
	}
	return b.Close()
}

var errRefused = errors.New("http: the server did not want the body")

// write writes the body, of n bytes or, below 0, in chunks.
func (x *exchange) write(n int64) error {
	if x.leave != nil {
		d := x.p.t.ContinueTimeout
		if d <= 0 {
			d = time.Second
		}
		_, err := x.p.t.h.Within(d, x.leave.Wait)
		if err != nil {
			return err
		}
		if x.failed != nil {
			return x.failed
		}
	}
	if n > 0 {
		m, err := io.CopyN(x.p.nc, x.body, n)
		if err == nil {
			x.limitHead()
		}
		if err == nil || err == io.EOF {
			err = x.checkLength(n, m)
		}
		return err
	}
	err := writeChunks(x.p.nc, x.body, x.req.Trailer)
	if err == nil {
		x.limitHead()
	}
	return err
}

// checkLength says whether the body, of which done bytes were read and n are expected, is as long as that.
func (x *exchange) checkLength(n, done int64) error {
	if done == n {
		more, err := io.CopyN(io.Discard, x.body, maxDrain) // an endless body must not keep the hub
		if more == 0 && err != nil && err != io.EOF {
			return err
		}
		done += more
	}
	if done != n {
		return fmt.Errorf("http: ContentLength=%d with Body length %d", n, done)
	}
	return nil
}

// limitHead begins the time that the head of the response may take. The request has been written.
func (x *exchange) limitHead() {
	if d := x.p.t.HeaderTimeout; d > 0 && !x.headed {
		x.p.nc.SetReadDeadline(x.p.t.h.Now().Add(d))
	}
}

// unlimit ends that time. A writer that is at work still does not begin it.
func (x *exchange) unlimit() {
	x.headed = true
	if x.p.t.HeaderTimeout > 0 {
		x.p.nc.SetReadDeadline(time.Time{})
	}
}

// receive reads the head of the response.
func (x *exchange) receive() (*http.Response, error) {
	p := x.p
	if x.wrote {
		x.limitHead()
	}
	defer x.unlimit()
	if p.room = p.t.MaxHeaderBytes; p.room <= 0 {
		p.room = 1 << 20
	}
	if _, err := p.br.Peek(1); err != nil {
		return nil, x.stale(p.why(err), x.writer == nil || !x.wrote)
	}
	for {
		resp, err := http.ReadResponse(p.br, x.req)
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			p.room = math.MaxInt64
			return resp, nil
		}
		if resp.StatusCode == http.StatusContinue && x.leave != nil {
			x.leave.Set()
		}
	}
}

// deliver makes the body of the response what ends the exchange.
func (x *exchange) deliver(resp *http.Response) {
	if x.leave != nil && !x.leave.IsSet() {
		x.failed = errRefused // a final answer, and no leave
		x.leave.Set()
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		x.release()
		resp.Body = &switched{x.p}
		return
	}
	keep := !resp.Close && !x.req.Close
	if resp.Body == http.NoBody || x.req.Method == http.MethodHead || resp.ContentLength == 0 {
		x.end(keep)
		resp.Body = http.NoBody
		return
	}
	resp.Body = &responseBody{x: x, body: resp.Body, keep: keep}
}

// release stops listening to the context.
func (x *exchange) release() {
	if x.stop != nil {
		x.stop()
		x.stop = nil
	}
}

// end ends the exchange. keep says that the connection can go on, if the request has been written.
func (x *exchange) end(keep bool) {
	x.release()
	if keep && x.wrote && !x.p.over {
		x.p.t.put(x.p)
		return
	}
	x.p.close()
	if x.writer == nil || x.writer.Cancel() {
		x.closeBody()
	} else {
		x.writer.Stop()
	}
}

// A responseBody gives the connection back at its end.
type responseBody struct {
	x    *exchange
	body io.ReadCloser
	keep bool
	err  error
}

// Read reads the body. Errors are the connection's, or the cause of the end of the request's context.
func (b *responseBody) Read(buf []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.body.Read(buf)
	if err != nil {
		b.err = b.x.p.why(err)
		b.x.end(err == io.EOF && b.keep)
	}
	return n, b.err
}

// Close ends the exchange. A connection whose body was not read to its end is closed.
func (b *responseBody) Close() error {
	if b.err == nil {
		b.err = http.ErrBodyReadAfterClose
		b.x.end(false)
	}
	return nil
}

// A switched is the body of a response that switches protocols: the connection, with what was read of it.
type switched struct{ p *persistent }

func (s *switched) Read(p []byte) (int, error)  { return s.p.br.Read(p) }
func (s *switched) Write(p []byte) (int, error) { return s.p.nc.Write(p) }

// Close closes the connection. Any goroutine may call it: httputil.ReverseProxy does so on one of its own.
func (s *switched) Close() error {
	h := s.p.t.h
	if h.Scheduler().Inside() {
		s.p.close()
		return nil
	}
	return h.Post(func() error {
		s.p.close()
		return nil
	})
}
