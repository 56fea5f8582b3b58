package http

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greennet "github.com/go-greenlet/greenlet/green/net"
	"golang.org/x/net/http/httpguts"
)

// A Transport is an [http.RoundTripper] for the tasks of one hub: it keeps connections and uses them again. Set its
// fields before the first request. Its methods, those of the bodies that it returns, and those of an http.Client on
// top of it, may be called in tasks of that hub alone.
//
// A request ends when its context does, when the task is killed, or when the task's deadline passes; its connection
// is closed then. Idle connections hold up nothing: neither the end of [green.Run], which closes them, nor a report
// of a deadlock.
//
// What differs from net/http's Transport:
//   - It speaks HTTP/1.1 alone, uses no proxy, and does not know Request.Cancel.
//   - The User-Agent, if the request has none, is go-greenlet.
//   - A Host that cannot be one is an error, where net/http sends an empty one, and so is a trailer that RFC 9110,
//     section 6.5.1, forbids, or whose value turns out to be invalid at the end of the body.
//   - When writing fails, it waits up to a second for an answer that the server may have sent before.
//   - MaxIdle limits the idle connections to 100 in all if nothing else is said; in net/http that is a setting of
//     http.DefaultTransport. That the server has closed an idle connection is noticed within 5 seconds, and when it
//     is to be used.
//   - The hooks of [net/http/httptrace] are called by the task that makes the request, or by the one that writes its
//     body. Several addresses that are tried side by side are one ConnectStart, with the first, and one ConnectDone,
//     with the one that answered. As with net/http, a Dial of the caller's own calls the hooks of names and
//     connecting itself, or does not.
type Transport struct {
	// TLSConfig is for https; nil means the system's certificates.
	TLSConfig *tls.Config
	// Dialer connects; nil means one with the defaults.
	Dialer *greennet.Dialer
	// Dial, if not nil, makes the connections instead of Dialer. Their operations must block the calling task only;
	// those for https must be a *Conn of green/net.
	Dial func(network, address string) (net.Conn, error)

	// MaxIdle is how many unused connections are kept in all; 0 means 100, less than 0 no limit. The one that has been
	// idle for the longest time is closed when there are more.
	MaxIdle int
	// MaxIdlePerHost is how many unused connections to one host are kept; 0 means 16, less than 0 none.
	MaxIdlePerHost int
	// MaxPerHost is how many connections to one host there are; 0 means no limit. Requests beyond that wait.
	MaxPerHost int
	// IdleTimeout is how long an unused connection is kept; 0 means 90 s. Then it is closed, whether or not anything
	// else happens. In a hub whose clock is not the system's it is closed when the next request begins or ends.
	IdleTimeout time.Duration
	// HeaderTimeout limits how long after the request, its body included, the head of the response may take; 0 means
	// no limit.
	HeaderTimeout time.Duration
	// ContinueTimeout is how long a body waits for leave, in a request with "Expect: 100-continue"; 0 means 1 s.
	ContinueTimeout time.Duration
	// MaxHeaderBytes limits the head of a response; 0 means 1 MB.
	MaxHeaderBytes int64
	// DisableCompression leaves it to the caller to ask for gzip, and to unpack it.
	DisableCompression bool

	h     *green.Hub
	hosts map[hostKey]*host
	idle  idleList
	sweep sweeper
}

// NewTransport makes a transport with the defaults for tasks of h.
func NewTransport(h *green.Hub) *Transport {
	h.Check()
	return &Transport{h: h, hosts: map[hostKey]*host{}}
}

// NewClient makes a standard client on a transport of its own. Leave its Timeout alone, for which it would start a
// goroutine: the task's deadline, [green.Hub.WithTimeout], does the same.
func NewClient(h *green.Hub) *http.Client {
	h.Check()
	return &http.Client{Transport: NewTransport(h)}
}

// errStale says that a connection that was used before turned out to be dead before anything came of a request, and
// errUnwritten that it did so before anything was sent.
var (
	errStale     = errors.New("http: the connection was closed before the response")
	errUnwritten = errors.New("http: the connection was closed before the request")
)

// RoundTrip sends req and returns the response when its head has come: see [http.RoundTripper]. If a connection that
// was used before turns out to be dead, the request is sent on another one, if that can be done: nothing was written,
// or it is a request that may be sent twice, as net/http has it; and it has no body, or a GetBody.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	key := keyOf(req.URL)
	trace := httptrace.ContextClientTrace(req.Context())
	body := req.Body
	for {
		p, err := t.getOrClose(req, body, trace, key)
		if err != nil {
			return nil, err
		}
		resp, err := p.roundTrip(req, body, trace)
		if err == nil {
			return resp, nil
		}
		if !p.again || !repeatable(req, err) {
			return nil, err
		}
		if body != nil && body != http.NoBody {
			if body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// getOrClose is get, and closes the body if there is no connection.
func (t *Transport) getOrClose(
	req *http.Request, body io.Closer, trace *httptrace.ClientTrace, key hostKey,
) (p *persistent, err error) {
	defer func() {
		if p == nil && body != nil { // by an error, or by another task's panic that is raised in a wait
			body.Close()
		}
	}()
	return t.get(req.Context(), trace, key)
}

// repeatable reports whether a request that has failed by err may be sent again.
func repeatable(req *http.Request, err error) bool {
	switch {
	case req.Body != nil && req.Body != http.NoBody && req.GetBody == nil:
		return false
	case errors.Is(err, errUnwritten):
		return true
	case !errors.Is(err, errStale):
		return false
	}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	_, a := req.Header["Idempotency-Key"]
	_, b := req.Header["X-Idempotency-Key"]
	return a || b
}

// check says why req can't be sent.
func (t *Transport) check(req *http.Request) error {
	switch {
	case t.h == nil:
		return errors.New("http: a Transport must be made by NewTransport")
	case req.URL == nil:
		return errors.New("http: nil Request.URL")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return errors.New("http: unsupported protocol scheme " + strings.ToValidUTF8(req.URL.Scheme, "?"))
	case req.URL.Host == "":
		return errors.New("http: no Host in request URL")
	case req.Method != "" && !isToken(req.Method):
		return errors.New("http: invalid method")
	}
	if err := checkHeader("header", req.Header); err != nil {
		return err
	}
	return checkTrailer(req.Trailer)
}

// checkHeader returns an error if header cannot go out. kind is what it is: a header or a trailer.
func checkHeader(kind string, header http.Header) error {
	first := "" // bad field, in order, so that of several errors the same one is returned each time
	var err error
	for key, values := range header {
		switch {
		case err != nil && key > first:
		case !isToken(key):
			first, err = key, fmt.Errorf("http: invalid %s field name %q", kind, key)
		case slices.ContainsFunc(values, control[string]): // the value may be a secret
			first, err = key, fmt.Errorf("http: invalid %s field value for %q", kind, key)
		}
	}
	return err
}

// checkTrailer returns an error if trailer cannot be sent behind a body.
func checkTrailer(trailer http.Header) error {
	if err := checkHeader("trailer", trailer); err != nil {
		return err
	}
	for _, key := range sortedKeys(trailer) {
		if !httpguts.ValidTrailerHeader(key) {
			return fmt.Errorf("http: %q may not be a trailer; send it in the header", key)
		}
	}
	return nil
}
