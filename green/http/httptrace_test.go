package http_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// hooks returns a trace that notes its calls.
func hooks(calls *[]string) *httptrace.ClientTrace {
	note := func(format string, args ...any) { *calls = append(*calls, fmt.Sprintf(format, args...)) }
	return &httptrace.ClientTrace{
		GetConn: func(hostPort string) { note("GetConn %s", hostPort) },
		GotConn: func(i httptrace.GotConnInfo) {
			note("GotConn %v %v %v", i.Conn != nil, i.Reused, i.WasIdle)
		},
		PutIdleConn:          func(err error) { note("PutIdleConn %v", err) },
		GotFirstResponseByte: func() { note("GotFirstResponseByte") },
		Got100Continue:       func() { note("Got100Continue") },
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			note("Got1xxResponse %d %s", code, header.Get("Link"))
			return nil
		},
		DNSStart:          func(i httptrace.DNSStartInfo) { note("DNSStart %s", i.Host) },
		DNSDone:           func(i httptrace.DNSDoneInfo) { note("DNSDone %v %v", i.Addrs, i.Err) },
		ConnectStart:      func(network, addr string) { note("ConnectStart %s %s", network, addr) },
		ConnectDone:       func(network, addr string, err error) { note("ConnectDone %s %s %v", network, addr, err) },
		TLSHandshakeStart: func() { note("TLSHandshakeStart") },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			note("TLSHandshakeDone %v %v", s.HandshakeComplete, err)
		},
		WroteHeaderField: func(key string, values []string) { note("WroteHeaderField %s %v", key, values) },
		WroteHeaders:     func() { note("WroteHeaders") },
		Wait100Continue:  func() { note("Wait100Continue") },
		WroteRequest:     func(i httptrace.WroteRequestInfo) { note("WroteRequest %v", i.Err) },
	}
}

// The hooks of httptrace are called, in net/http's order. Response.TLS is that of the connection.
func TestTransport_CallsTheHooksOfHttptrace(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hint" {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
		}
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "hello")
	})
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("tls=", secure), func(t *testing.T) {
			s := httptest.NewUnstartedServer(mux)
			if secure {
				s.StartTLS()
			} else {
				s.Start()
			}
			defer s.Close()
			scheme, addr, _ := strings.Cut(s.URL, "://")
			_, port, _ := net.SplitHostPort(addr)
			run(t, func(t *testing.T, h *green.Hub) error {
				tr := greenhttp.NewTransport(h)
				tr.ContinueTimeout = time.Hour
				tr.Dialer = &greennet.Dialer{Resolver: &greennet.Resolver{
					Lookup: func(context.Context, string) ([]netip.Addr, time.Duration, error) {
						return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, time.Minute, nil
					},
				}}
				if secure {
					tr.TLSConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
				}
				ask := func(path, expectation string, body io.Reader) ([]string, error) {
					var calls []string
					req, err := http.NewRequest("POST", scheme+"://example.com:"+port+path, body)
					if err != nil {
						return nil, err
					}
					req.Header.Set("User-Agent", "")
					req.Header["X"] = []string{"1", "2"}
					if expectation != "" {
						req.Header.Set("Expect", expectation)
					}
					req = req.WithContext(httptrace.WithClientTrace(req.Context(), hooks(&calls)))
					resp, err := (&http.Client{Transport: tr}).Do(req)
					if err != nil {
						return calls, err
					}
					defer resp.Body.Close()
					expect(t, "Response.TLS is set", resp.TLS != nil, secure)
					if secure && (len(resp.TLS.PeerCertificates) == 0 || !resp.TLS.HandshakeComplete) {
						t.Errorf("Response.TLS: %+v", resp.TLS)
					}
					_, err = io.Copy(io.Discard, resp.Body)
					return calls, err
				}
				at := "127.0.0.1:" + port
				opened := []string{"DNSStart example.com", "DNSDone [{127.0.0.1 }] <nil>",
					"ConnectStart tcp " + at, "ConnectDone tcp " + at + " <nil>"}
				if secure {
					opened = append(opened, "TLSHandshakeStart", "TLSHandshakeDone true <nil>")
				}
				fields := func(more ...string) []string {
					return slices.Concat([]string{"WroteHeaderField Host [example.com:" + port + "]"}, more,
						[]string{"WroteHeaderField Accept-Encoding [gzip]", "WroteHeaders"})
				}
				for _, x := range []struct {
					path, expectation string
					body              io.Reader
					want              [][]string
				}{
					{"/", "", strings.NewReader("abc"), [][]string{
						opened, {"GotConn true false false"},
						fields("WroteHeaderField X [1 2]", "WroteHeaderField Content-Length [3]"),
						{"WroteRequest <nil>", "GotFirstResponseByte", "PutIdleConn <nil>"},
					}},
					{"/hint", "", nil, [][]string{
						{"GotConn true true true"},
						fields("WroteHeaderField X [1 2]", "WroteHeaderField Content-Length [0]"),
						{"WroteRequest <nil>", "GotFirstResponseByte", "Got1xxResponse 103 </style.css>",
							"PutIdleConn <nil>"},
					}},
					{"/", "100-continue", strings.NewReader("abc"), [][]string{
						{"GotConn true true true"},
						fields("WroteHeaderField Expect [100-continue]", "WroteHeaderField X [1 2]",
							"WroteHeaderField Content-Length [3]"),
						{"Wait100Continue", "GotFirstResponseByte", "Got100Continue", "Got1xxResponse 100 ",
							"WroteRequest <nil>", "PutIdleConn <nil>"},
					}},
				} {
					got, err := ask(x.path, x.expectation, x.body)
					if err != nil {
						return err
					}
					want := append([]string{"GetConn example.com:" + port}, slices.Concat(x.want...)...)
					if !slices.Equal(got, want) {
						t.Errorf("%s %s: hooks called:\n\t%s\nwant\n\t%s", x.path, x.expectation,
							strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
					}
				}
				tr.CloseIdleConnections()
				return nil
			})
		})
	}
}

// An error of a hook, and of what the hooks report, ends the request.
func TestTransport_HooksOfWhatFails(t *testing.T) {
	run(t, func(t *testing.T, h *green.Hub) error {
		no := errors.New("no such name")
		tr := greenhttp.NewTransport(h)
		tr.Dialer = &greennet.Dialer{Resolver: &greennet.Resolver{
			Lookup: func(context.Context, string) ([]netip.Addr, time.Duration, error) { return nil, 0, no },
		}}
		var calls []string
		ctx := httptrace.WithClientTrace(context.Background(), hooks(&calls))
		req, err := http.NewRequestWithContext(ctx, "GET", "http://example.com/", nil)
		if err != nil {
			return err
		}
		_, err = tr.RoundTrip(req)
		expect(t, "the error", errors.Is(err, no), true)
		expect(t, "hooks", strings.Join(calls, ", "),
			"GetConn example.com:80, DNSStart example.com, DNSDone [] no such name")
		return serve(h, &greenhttp.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
		})}, func(addr string) error {
			trace := &httptrace.ClientTrace{Got1xxResponse: func(int, textproto.MIMEHeader) error { return no }}
			ctx := httptrace.WithClientTrace(context.Background(), trace)
			req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr, nil)
			if err != nil {
				return err
			}
			_, err = greenhttp.NewTransport(h).RoundTrip(req)
			expect(t, "the error of Got1xxResponse", errors.Is(err, no), true)
			return nil
		})
	})
}
