package http

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
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
	tls   *tls.ConnectionState

	older, newer *persistent // in the list of those that are idle
}

func newPersistent(t *Transport, g *host, nc net.Conn) *persistent {
	p := &persistent{t: t, host: g, nc: nc, room: math.MaxInt64}
	p.br = bufio.NewReaderSize(p, bufferSize)
	if c, is := nc.(*greennet.TLSConn); is {
		state := c.ConnectionState()
		p.tls = &state
	}
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
		defer p.t.gone(p.host) // also if another task's panic is raised while it waits
		p.nc.Close()
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
	p       *persistent
	req     *http.Request
	body    io.ReadCloser
	trace   *httptrace.ClientTrace // not nil
	writer  *green.Task            // of a body that is not written at once
	probed  *probe                 // the body, if it might have been empty
	leave   *green.Event
	failed  error // of writing
	hurried bool  // the head of the response has lastWords of time, since writing has failed
	wrote   bool
	headed  bool   // the head of the response has come, or never will
	given   bool   // up
	stop    func() // listening to the context
}

func (p *persistent) roundTrip(
	req *http.Request, body io.ReadCloser, trace *httptrace.ClientTrace,
) (resp *http.Response, err error) {
	x := &exchange{p: p, req: req, body: body, trace: trace, stop: func() {}}
	if trace == nil {
		x.trace = noTrace
	}
	if ctx := req.Context(); ctx.Done() != nil {
		x.stop = p.t.h.WhenDone(ctx, func() {
			p.t.h.SpawnRaw(func() error { // closing a connection may wait
				if x.stop != nil {
					p.abort(context.Cause(ctx))
				}
				return nil
			})
		})
	}
	delivered := false
	defer func() {
		if !delivered { // by an error, or by another task's panic that is raised in a wait
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
	resp.TLS = p.tls
	delivered = true
	x.deliver(resp)
	if packed {
		unpack(resp)
	}
	return resp, nil
}

// cutOff reports whether err says that the peer has closed or reset the connection, and not that this side gave up.
func cutOff(err error) bool {
	var system *net.OpError
	return (err == io.EOF || err == io.ErrUnexpectedEOF || errors.As(err, &system)) && !ended(err)
}

// ended reports whether err says that this side gave up.
func ended(err error) bool {
	return errors.Is(err, green.ErrKilled) || errors.Is(err, green.ErrTimeout) || errors.Is(err, green.ErrClosed) ||
		errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}

// stale marks an error as one that says that the connection was dead from the start.
func (x *exchange) stale(err error, before bool) error {
	if !before || !x.p.again || !cutOff(err) || x.p.cause != nil || errors.Is(err, errUnwritten) {
		return err
	}
	return fmt.Errorf("%w: %w", errStale, err)
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
		if err = p.why(err); x.hurried && p.cause == nil && (cutOff(err) || errors.Is(err, os.ErrDeadlineExceeded)) {
			err = x.failed
		}
		return nil, x.stale(err, x.writer == nil || !x.wrote)
	}
	if f := x.trace.GotFirstResponseByte; f != nil {
		f()
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
		if resp.StatusCode == http.StatusContinue && x.leave != nil && !x.leave.IsSet() {
			if f := x.trace.Got100Continue; f != nil {
				f()
			}
			x.leave.Set()
		}
		if f := x.trace.Got1xxResponse; f != nil {
			if err := f(resp.StatusCode, textproto.MIMEHeader(resp.Header)); err != nil {
				return nil, err
			}
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
	keep := !resp.Close && !x.req.Close && !listHas(x.req.Header["Connection"], "close")
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

// writeWait is how long the end of a response waits for that of the request, so that the connection can be kept, as in
// net/http: the last bytes are often on their way to the task that writes them.
const writeWait = 50 * time.Millisecond

// end ends the exchange. keep says that the connection can go on, if the request has been written.
func (x *exchange) end(keep bool) {
	if keep && !x.wrote && x.writer != nil && x.failed == nil && !x.p.over {
		done := false
		defer func() {
			if !done { // another task's panic is raised in the wait
				x.finish(false)
			}
		}()
		x.p.t.h.Within(writeWait, x.writer.Join)
		done = true
	}
	x.finish(keep)
}

func (x *exchange) finish(keep bool) {
	x.release()
	if keep && x.wrote && !x.p.over {
		kept := x.p.t.put(x.p)
		if f := x.trace.PutIdleConn; f != nil && kept {
			f(nil)
		} else if f != nil {
			f(errEnough)
		}
		return
	}
	x.given = true
	defer x.stopUpload() // also if another task's panic is raised while the connection is closed
	x.p.close()
}

var errEnough = errors.New("http: enough idle connections to this host")

// stopUpload ends what is left of the request's body.
func (x *exchange) stopUpload() {
	x.stopProbe()
	switch {
	case x.writer != nil && !x.writer.Cancel():
		x.writer.Stop() // which closes the body
	case x.probed != nil && !x.probed.came.IsSet() && x.probed.task.Started():
		// the task that reads from it closes it
	default:
		x.closeBody()
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
	returned := false
	defer func() {
		if !returned { // another task's panic is raised
			b.Close()
		}
	}()
	n, err := b.body.Read(buf)
	returned = true
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
