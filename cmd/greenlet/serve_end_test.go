package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// At the end of an echo server every byte that it has read has come back, whatever the clients do.
func TestServeEndsEchoUnderLoad(t *testing.T) {
	const clients = 20
	for _, hubs := range []string{"1", "2"} {
		s := serves(t, "echo", "--hubs", hubs)
		var got atomic.Int64
		ready := make(chan error, clients)
		ended := make(chan error, clients)
		for range clients {
			c := s.dial()
			go func() {
				buf := make([]byte, 64)
				for i := 0; ; i++ {
					if _, err := c.Write(bytes.Repeat([]byte("y"), 64)); err != nil {
						ended <- nil // the server has gone
						return
					}
					n, err := io.ReadFull(c, buf)
					got.Add(int64(n))
					if i == 0 {
						ready <- err
					}
					if err != nil {
						// The end comes between two lines, or with a line that the server had not read as a whole.
						if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
							ended <- err
							return
						}
						ended <- nil
						return
					}
				}
			}()
		}
		for range clients {
			check(t, <-ready)
		}
		s.signal(syscall.SIGTERM)
		for range clients {
			check(t, <-ended)
		}
		want := fmt.Sprintf("Served %d connections, %d bytes\n", clients, got.Load())
		if out := s.ends(0); out != want {
			t.Errorf("it printed %q, and its clients count %q", out, want)
		}
	}
}

// At the end of an HTTP server every request that it has begun is answered as a whole.
func TestServeEndsHTTPUnderLoad(t *testing.T) {
	const clients, sleepers = 20, 10
	for _, hubs := range []string{"1", "2"} {
		s := serves(t, "http", "--hubs", hubs)
		var whole atomic.Int64
		transport := &http.Transport{MaxIdleConnsPerHost: clients}
		client := &http.Client{Transport: transport, Timeout: late}
		get := func(path, want string) (begun bool, err error) {
			resp, err := client.Get("http://" + s.addr + path)
			if err != nil {
				return false, err
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			switch {
			case err != nil:
				return true, err
			case string(text) != want:
				return true, fmt.Errorf("%s gave %q", path, text)
			}
			whole.Add(1)
			return true, nil
		}
		ready := make(chan error, clients+sleepers)
		ended := make(chan error, clients+sleepers)
		for range clients {
			go func() {
				for i := 0; ; i++ {
					begun, err := get("/", helloText)
					if i == 0 {
						ready <- err
					}
					if err != nil {
						if !begun {
							err = nil // what was not accepted gets no answer
						}
						ended <- err
						return
					}
				}
			}()
		}
		// These are in the middle of their answer when the signal comes.
		for range sleepers {
			c := s.dial()
			go func() {
				ended <- sleeper(c, ready, &whole)
			}()
		}
		for range clients + sleepers {
			check(t, <-ready)
		}
		s.signal(syscall.SIGTERM)
		for range clients + sleepers {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if out, want := s.ends(0), fmt.Sprintf(", %d requests\n", whole.Load()); !strings.HasSuffix(out, want) {
			t.Errorf("it printed %q, and its clients count %q", out, want)
		}
		transport.CloseIdleConnections()
	}
}

// sleeper asks for a response that takes some time, and says when it has begun.
func sleeper(c net.Conn, ready chan<- error, whole *atomic.Int64) error {
	_, err := io.WriteString(c, "GET /sleep/300ms HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if err != nil {
		ready <- err
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	ready <- err
	if err != nil {
		return err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil || string(text) != "sleeping\nawake\n" {
		return fmt.Errorf("a response that was begun ended as %q, %w", text, err)
	}
	whole.Add(1)
	return nil
}

// asleep begins a request that lasts longer than any test.
func (s *serving) asleep() net.Conn {
	s.Helper()
	c := s.dial()
	_, err := io.WriteString(c, "GET /sleep/1m HTTP/1.1\r\nHost: localhost\r\n\r\n")
	check(s.T, err)
	_, err = http.ReadResponse(bufio.NewReader(c), nil)
	check(s.T, err)
	return c
}

func TestServeGrace(t *testing.T) {
	s := serves(t, "http", "--grace", "50ms")
	c := s.asleep()
	s.signal(os.Interrupt)
	out := s.ends(statusFailed)
	if out != "Served 1 connection, 0 requests\n" || s.stderr.String() != "greenlet: cut off 1 connection after 50ms\n" {
		t.Errorf("it printed %q and said %q", out, s.stderr)
	}
	if rest, _ := io.ReadAll(c); strings.Contains(string(rest), "0\r\n\r\n") {
		t.Errorf("a response that was cut off looks whole: %q", rest)
	}
}

func TestServeSecondSignal(t *testing.T) {
	s := serves(t, "http", "--grace", "1m")
	s.asleep()
	s.signal(syscall.SIGTERM)
	// Nobody is accepted any more when the first signal has arrived.
	for end := time.Now().Add(late); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			break
		}
		c.Close()
		if time.Now().After(end) {
			t.Fatal("it still accepts")
		}
	}
	s.signal(syscall.SIGTERM)
	s.ends(-1) // by the signal
	if state := s.cmd.ProcessState.String(); state != "signal: terminated" {
		t.Errorf("it ended with %s", state)
	}
}

// Clients that misbehave end nothing but their own connections.
func TestServeFaults(t *testing.T) {
	for _, kind := range []string{"echo", "http", "chat"} {
		s := serves(t, kind)
		for i := range 40 {
			c := s.dial().(*net.TCPConn)
			switch i % 4 {
			case 0:
				c.SetLinger(0)
			case 1:
				io.WriteString(c, "GET / HTTP/1.1\r\nHost")
				c.SetLinger(0)
			case 2:
				io.WriteString(c, "\x00\xff\r\n\r\n")
			case 3:
				io.WriteString(c, "GET /ws?name=a&room=b HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
				c.CloseWrite()
				io.Copy(io.Discard, c) // how it ends is the server's choice
			}
			c.Close()
		}
		if kind == "echo" {
			check(t, echoes(s.dial(), 10))
		} else {
			resp, err := http.Get("http://" + s.addr + "/")
			check(t, err)
			resp.Body.Close()
			http.DefaultClient.CloseIdleConnections()
		}
		s.signal(syscall.SIGTERM)
		s.ends(0)
		if s.stderr.Len() > 0 {
			t.Errorf("%s said %q", kind, s.stderr)
		}
	}
}

// soon is before what a handshake or a head may take while nothing ends.
const soon = 8 * time.Second

// Who has begun a handshake or a request, and says no more, does not hold up the end.
func TestServeEndsWithSilentClients(t *testing.T) {
	const halfHello, halfHead = "\x16\x03\x01\x02\x00\x01", "GET / HTTP/1.1\r\nHos"
	for _, test := range []struct{ kind, flag, begin string }{
		{"echo", "--tls-self-signed", ""},
		{"echo", "--tls-self-signed", halfHello},
		{"http", "--tls-self-signed", ""},
		{"http", "--tls-self-signed", halfHello},
		{"chat", "--tls-self-signed", ""},
		{"http", "--max-conns=9", ""},
		{"http", "--max-conns=9", halfHead},
		{"chat", "--max-conns=9", halfHead},
	} {
		s := serves(t, test.kind, test.flag, "--grace", "1m")
		c := s.dial()
		_, err := io.WriteString(c, test.begin)
		check(t, err)
		// Who comes later is served: so the first one has been accepted.
		last := s.dial()
		if strings.HasPrefix(test.flag, "--tls") {
			last = tls.Client(last, s.trust())
		}
		_, err = io.WriteString(last, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		check(t, err)
		_, err = last.Read(make([]byte, 1))
		check(t, err)
		last.Close()
		began := time.Now()
		s.signal(syscall.SIGTERM)
		if out := s.ends(0); !strings.HasPrefix(out, "Served 2 connections, ") || s.stderr.Len() > 0 {
			t.Errorf("%v: it printed %q and said %q", test, out, s.stderr)
		}
		if took := time.Since(began); took > soon {
			t.Errorf("%v: the end took %v", test, took)
		}
	}
}

// Without a grace, to cut off what is served is no failure.
func TestServeNoGrace(t *testing.T) {
	for _, kind := range []string{"echo", "http", "chat"} {
		s := serves(t, kind, "--grace", "0")
		if kind == "http" {
			s.asleep()
		} else {
			c := s.dial()
			_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			check(t, err)
			_, err = c.Read(make([]byte, 1))
			check(t, err)
		}
		s.signal(syscall.SIGTERM)
		s.ends(0)
		if s.stderr.Len() > 0 {
			t.Errorf("%s said %q", kind, s.stderr)
		}
	}
}
