package main

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// late is when a test is over that has got stuck.
const late = 30 * time.Second

// A serving is a greenlet serve that runs.
type serving struct {
	*testing.T
	cmd    *exec.Cmd
	addr   string
	banner string
	out    *bufio.Reader
	stderr *strings.Builder
	waited bool
}

// serves starts greenlet serve with args, on a free port, and waits until it serves.
func serves(t *testing.T, args ...string) *serving {
	t.Helper()
	s := &serving{T: t, stderr: new(strings.Builder)}
	s.cmd = exec.Command("greenlet", append([]string{"serve", args[0], "--addr", "127.0.0.1:0"}, args[1:]...)...)
	s.cmd.Stderr = s.stderr
	out, err := s.cmd.StdoutPipe()
	check(t, err)
	check(t, s.cmd.Start())
	s.out = bufio.NewReader(out)
	t.Cleanup(func() {
		if !s.waited {
			s.cmd.Process.Kill()
			s.cmd.Wait()
		}
	})
	s.banner, err = s.out.ReadString('\n')
	s.addr = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(s.banner)
	if s.addr == "" {
		s.Fatalf("it printed %q, %v, and said %q", s.banner, err, s.stderr)
	}
	return s
}

// signal sends a signal.
func (s *serving) signal(sig os.Signal) {
	s.Helper()
	if runtime.GOOS == "windows" {
		s.Skip("signals of Unix")
	}
	check(s.T, s.cmd.Process.Signal(sig))
}

// ends waits until the server has ended with a status, and returns what it has printed since it began to serve.
func (s *serving) ends(status int) string {
	s.Helper()
	rest, err := io.ReadAll(s.out)
	check(s.T, err)
	s.waited = true
	err = s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != status {
		s.Fatalf("it ended with %v, and said %q", err, s.stderr)
	}
	return string(rest)
}

// dial connects to the server.
func (s *serving) dial() net.Conn {
	s.Helper()
	c, err := net.Dial("tcp", s.addr)
	check(s.T, err)
	s.Cleanup(func() { c.Close() })
	check(s.T, c.SetDeadline(time.Now().Add(late)))
	return c
}

// echoes sends lines and reads them back at the same time.
func echoes(c net.Conn, lines int) error {
	line := func(i int) string { return fmt.Sprintf("line %d %s\n", i, strings.Repeat("x", i%300)) }
	sent := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(c)
		for i := range lines {
			w.WriteString(line(i)) // the writer keeps its first error
		}
		sent <- w.Flush()
	}()
	r := bufio.NewReader(c)
	for i := range lines {
		got, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if got != line(i) {
			return fmt.Errorf("line %d came back as %q", i, got)
		}
	}
	return <-sent
}

func TestServeEcho(t *testing.T) {
	for name, flags := range map[string][]string{
		"one hub": nil, "three hubs": {"--hubs", "3"}, "TLS": {"--tls-self-signed"}, "a limit": {"--max-conns", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serves(t, append([]string{"echo"}, flags...)...)
			const clients, lines = 8, 2000
			errs := make([]error, clients)
			var wait sync.WaitGroup
			for i := range clients {
				c := s.dial()
				if name == "TLS" {
					c = tls.Client(c, s.trust())
				}
				wait.Go(func() {
					errs[i] = echoes(c, lines)
					c.Close()
				})
			}
			wait.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			s.signal(syscall.SIGTERM)
			if out := s.ends(0); !strings.HasPrefix(out, "Served 8 connections, ") || s.stderr.Len() > 0 {
				t.Errorf("it printed %q and said %q", out, s.stderr)
			}
		})
	}
}

// trust accepts the certificate whose fingerprint the server has printed, for its address, and no other.
func (s *serving) trust() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
		cert := state.PeerCertificates[0]
		if sum := fmt.Sprintf("%x", sha256.Sum256(cert.Raw)); !strings.Contains(s.banner, sum) {
			return fmt.Errorf("the certificate is %s, and the server printed %q", sum, s.banner)
		}
		return cert.VerifyHostname("127.0.0.1")
	}}
}

// hashed is what /work answers.
func hashed(times int) string {
	var sum []byte
	for range times {
		next := sha256.Sum256(append(sum, make([]byte, 4<<10-len(sum))...))
		sum = next[:]
	}
	return fmt.Sprintf("%x\n", sum)
}

func TestServeHTTP(t *testing.T) {
	for name, flags := range map[string][]string{"plain": nil, "TLS": {"--tls-self-signed", "--hubs", "2"}} {
		t.Run(name, func(t *testing.T) {
			s := serves(t, append([]string{"http"}, flags...)...)
			base, insecure := "http://"+s.addr, "--silent"
			if name == "TLS" {
				base, insecure = "https://"+s.addr, "--insecure"
			}
			if !strings.Contains(s.banner, base+"/") {
				t.Errorf("it printed %q", s.banner)
			}
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: s.trust()}, Timeout: late}
			defer client.CloseIdleConnections()
			body := strings.Repeat("what goes up comes down\n", 10_000)
			get := func(method, path, body string) (int, string) {
				r, err := http.NewRequest(method, base+path, strings.NewReader(body))
				check(t, err)
				resp, err := client.Do(r)
				check(t, err)
				defer resp.Body.Close()
				text, err := io.ReadAll(resp.Body)
				check(t, err)
				return resp.StatusCode, string(text)
			}
			for _, test := range []struct {
				method, path, body string
				status             int
				want               string
			}{
				{"GET", "/", "", 200, helloText},
				{"POST", "/echo", body, 200, body},
				{"GET", "/sleep/1ms", "", 200, "sleeping\nawake\n"},
				{"GET", "/sleep/1h", "", 400, "say how long, as 1s, up to 1m0s\n"},
				{"GET", "/work/1", "", 200, hashed(1)},
				{"GET", "/work/100", "", 200, hashed(100)},
				{"GET", "/work/0", "", 400, "say how often, from 1 to 10000\n"},
				{"GET", "/work/10001", "", 400, "say how often, from 1 to 10000\n"},
				{"GET", "/work/hard", "", 400, "say how often, from 1 to 10000\n"},
				{"GET", "/nowhere", "", 404, "404 page not found\n"},
				{"DELETE", "/", "", 405, "Method Not Allowed\n"},
			} {
				if status, got := get(test.method, test.path, test.body); status != test.status || got != test.want {
					t.Errorf("%s %s: %d %.80q", test.method, test.path, status, got)
				}
			}
			if status, text := get("GET", "/stats", ""); status != 200 || !strings.Contains(text, `"requests":11`) {
				t.Errorf("/stats: %d %s", status, text)
			}
			curl, err := exec.LookPath("curl")
			if err != nil {
				return
			}
			for _, args := range [][]string{{base + "/"}, {"--data-binary", "@-", base + "/echo"}} {
				cmd := exec.Command(curl, append([]string{"--silent", "--max-time", "60", insecure}, args...)...)
				cmd.Stdin = strings.NewReader(body)
				want := helloText
				if len(args) > 1 {
					want = body
				}
				if out, err := cmd.Output(); err != nil || string(out) != want {
					t.Errorf("curl %v: %v, printed %.80q", args, err, out)
				}
			}
		})
	}
}

// Server-sent events come at once, and their end is that of the server.
func TestServeEvents(t *testing.T) {
	s := serves(t, "http")
	resp, err := http.Get("http://" + s.addr + "/events")
	check(t, err)
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	if line, err := r.ReadString('\n'); err != nil || line != "event: tick\n" {
		t.Fatalf("%q, %v", line, err)
	}
	s.signal(os.Interrupt)
	if _, err := io.ReadAll(r); err != nil {
		t.Errorf("the stream did not end as it should: %v", err)
	}
	s.ends(0)
}

func TestServeTop(t *testing.T) {
	s := serves(t, "echo", "--top", "--hubs", "2")
	for _, want := range []string{"hub 1\n", "hub 2\n"} {
		for line := ""; line != want; {
			var err error
			line, err = s.out.ReadString('\n')
			check(t, err)
		}
	}
	s.signal(syscall.SIGTERM)
	if out := s.ends(0); !strings.HasSuffix(out, "Served 0 connections, 0 bytes\n") {
		t.Errorf("it printed %q", out)
	}
}

func TestServePortInUse(t *testing.T) {
	s := serves(t, "echo")
	for _, kind := range []string{"echo", "http", "chat"} {
		var stderr strings.Builder
		cmd := exec.Command("greenlet", "serve", kind, "--addr", s.addr)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != statusFailed || len(out) > 0 {
			t.Errorf("%s ended with %v and printed %q", kind, err, out)
		}
		want := fmt.Sprintf("greenlet: cannot serve %s: ", s.addr)
		if got := stderr.String(); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s said %q", kind, got)
		}
	}
	if err := echoes(s.dial(), 10); err != nil {
		t.Errorf("the first server is disturbed: %v", err)
	}
}

func TestServeLimits(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		s := serves(t, "echo", "--idle", "20ms")
		c := s.dial()
		if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
			t.Errorf("an idle connection ended with %q, %v", rest, err)
		}
	})
	t.Run("max-conns", func(t *testing.T) {
		s := serves(t, "echo", "--max-conns", "1")
		first, second := s.dial(), s.dial()
		check(t, echoes(first, 10))
		_, err := io.WriteString(second, "hello\n")
		check(t, err)
		check(t, echoes(first, 10))
		first.Close()
		if line, err := bufio.NewReader(second).ReadString('\n'); err != nil || line != "hello\n" {
			t.Errorf("the second connection got %q, %v", line, err)
		}
	})
}

// What --idle says holds of what has begun, too.
func TestServeIdleInTheMiddle(t *testing.T) {
	for _, test := range []struct {
		args        []string
		begin, want string
	}{
		{[]string{"echo", "--tls-self-signed"}, "", ""},
		{[]string{"http", "--tls-self-signed"}, "\x16\x03\x01\x02\x00\x01", ""},
		{[]string{"http"}, "GET / HTTP/1.1\r\nHos", "HTTP/1.1 408 "},
		{[]string{"http"}, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", ""},
	} {
		s := serves(t, append(test.args, "--idle", "20ms")...)
		c := s.dial()
		began := time.Now()
		_, err := io.WriteString(c, test.begin)
		check(t, err)
		// It may be a reset, since something may have come that nobody has read.
		rest, _ := io.ReadAll(c)
		if took := time.Since(began); took > soon || !strings.HasPrefix(string(rest), test.want) {
			t.Errorf("%v ended after %v with %q", test.args, took, rest)
		}
	}
}

// An upload that goes on is not cut off, however long it takes.
func TestServeSlowUpload(t *testing.T) {
	s := serves(t, "http", "--idle", "3s")
	c := s.dial()
	_, err := io.WriteString(c, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nConnection: close\r\n\r\n")
	check(t, err)
	for range 8 {
		time.Sleep(400 * time.Millisecond)
		_, err := io.WriteString(c, "x")
		check(t, err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	check(t, err)
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "xxxxxxxx" {
		t.Errorf("%q, %v", text, err)
	}
}

// Who forgets the s of https hears of it.
func TestServePlainHTTPToTLS(t *testing.T) {
	for _, kind := range []string{"http", "chat"} {
		s := serves(t, kind, "--tls-self-signed")
		resp, err := http.Get("http://" + s.addr + "/")
		check(t, err)
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusBadRequest || string(text) != "This server speaks HTTPS.\n" {
			t.Errorf("%d %q, %v", resp.StatusCode, text, err)
		}
		s.signal(syscall.SIGTERM)
		if out := s.ends(0); out != "Served 1 connection, 0 requests; 1 TLS handshake failed\n" {
			t.Errorf("it printed %q", out)
		}
	}
}
