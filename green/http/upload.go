package http

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// send writes the request. A body that is not there at once is left to a task, so that a response that comes before
// its end is read.
func (x *exchange) send(packed *bool) error {
	if x.mayBeEmpty() {
		if err := x.probe(); err != nil {
			return err
		}
	}
	head, n, err := appendRequest(make([]byte, 0, 512), x.req, x.body, x.p.t.DisableCompression, packed)
	if err != nil {
		return err
	}
	hundred := n != 0 && is([]byte(x.req.Header.Get("Expect")), "100-continue")
	end := len(head)
	if n > 0 && n <= bodyBuffer && !hundred && x.req.GetBody != nil {
		head = append(head, make([]byte, n)...)
		m, err := io.ReadFull(x.body, head[end:])
		if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
			err = x.checkLength(n, int64(m))
		}
		if err != nil {
			return fmt.Errorf("http: reading the body of a request: %w", err)
		}
		n = 0
	}
	switch m, err := x.p.nc.Write(head); {
	case err == nil:
		x.traceHead(head[:end])
	case m == 0 && x.p.again && x.p.cause == nil && !ended(err):
		x.traceWritten(err)
		return fmt.Errorf("%w: %w", errUnwritten, err)
	case !cutOff(err) || x.p.cause != nil:
		x.traceWritten(err)
		return err
	default: // perhaps the server has answered before it closed
		x.traceWritten(err)
		x.hurry(err)
		return nil
	}
	if n == 0 {
		x.wrote = true
		x.traceWritten(nil)
		return x.closeBody()
	}
	if hundred {
		x.leave = x.p.t.h.NewEvent()
		if x.trace.Wait100Continue != nil {
			x.trace.Wait100Continue() // here, since the answer may be there before the writer has its turn
		}
	}
	x.writer = x.p.t.h.Go(func() error {
		err := x.write(n)
		x.closeBody()
		switch {
		case err == nil:
			x.wrote = true
		case errors.Is(err, errRefused):
		case cutOff(err) && x.p.cause == nil && !x.p.over:
			x.hurry(err) // the server may have said why before it closed
		default:
			x.p.abort(fmt.Errorf("http: writing the body of a request: %w", err))
		}
		x.traceWritten(err)
		return nil
	})
	return nil
}

// lastWords is how long an answer is waited for when writing has failed: the reset that ended the writing ends the
// reading, too, but not every connection is a socket.
const lastWords = time.Second

// hurry notes that writing has failed by err, and bounds how long the head of a response may take.
func (x *exchange) hurry(err error) {
	x.failed = err
	if !x.headed {
		x.hurried = true
		x.p.nc.SetReadDeadline(x.p.t.h.Now().Add(lastWords))
	}
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

// write writes the body, of n bytes or, below 0, in chunks. That of a CONNECT is what goes through the tunnel.
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
	var err error
	switch {
	case n > 0:
		var m int64
		m, err = io.CopyN(x.p.nc, x.body, n)
		if err == nil {
			x.limitHead()
		}
		if err == nil || err == io.EOF {
			err = x.checkLength(n, m)
		}
		return err
	case x.req.Method == http.MethodConnect:
		_, err = io.Copy(x.p.nc, x.body)
	default:
		err = writeChunks(x.p.nc, x.body, x.req.Trailer)
	}
	if err == nil {
		x.limitHead()
	}
	return err
}

// checkLength returns an error unless the body, of which done bytes were read and n are expected, is as long as that.
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
	if x.p.t.HeaderTimeout > 0 || x.hurried {
		x.p.nc.SetReadDeadline(time.Time{})
	}
}

// mayBeEmpty reports whether the body is of unknown length in a request that mostly has none: whoever wraps an empty
// body in a reader of his own does not want an empty chunked one, which some servers refuse.
func (x *exchange) mayBeEmpty() bool {
	if x.body == nil || x.body == http.NoBody || x.req.ContentLength > 0 {
		return false
	}
	switch x.req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodDelete, http.MethodOptions, "PROPFIND", "SEARCH":
		return true
	}
	return false
}

// probeLimit is how long a body may take to show its first byte, as in net/http.
const probeLimit = 200 * time.Millisecond

// A probe is a body whose first byte is read by a task, ahead of the request.
type probe struct {
	io.ReadCloser
	task  *green.Task
	came  *green.Event
	first [1]byte
	n     int
	err   error
}

// probe takes the body away if it turns out to be empty. One that takes its time is taken for one that is not.
func (x *exchange) probe() error {
	h := x.p.t.h
	p := &probe{ReadCloser: x.body, came: h.NewEvent(), err: io.ErrUnexpectedEOF}
	x.body, x.probed = p, p
	p.task = h.Go(func() error {
		defer func() {
			p.came.Set() // also if Read panics
			if x.given {
				x.closeBody()
			}
		}()
		n, err := 0, error(nil)
		for range 100 { // of a reader that returns neither a byte nor an error
			if n, err = p.ReadCloser.Read(p.first[:]); n > 0 || err != nil {
				break
			}
		}
		if n == 0 && err == nil {
			err = io.ErrNoProgress
		}
		p.n, p.err = n, err
		return nil
	})
	if _, err := h.Within(probeLimit, p.came.Wait); err != nil {
		return err
	}
	switch {
	case !p.came.IsSet() || p.n > 0:
		return nil
	case p.err == io.EOF:
		return x.closeBody()
	}
	return fmt.Errorf("http: reading the body of a request: %w", p.err)
}

// Read reads the first byte, and then the rest.
func (p *probe) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if err := p.came.Wait(); err != nil {
		return 0, err
	}
	if p.n > 0 {
		b[0] = p.first[0]
		p.n = 0
		return 1, nil
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.ReadCloser.Read(b)
}

// stopProbe ends a probe whose request has ended.
func (x *exchange) stopProbe() {
	if p := x.probed; p != nil && !p.came.IsSet() {
		p.task.Stop()
	}
}
