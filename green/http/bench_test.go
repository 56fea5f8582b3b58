package http_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// benchmarkedServer, in the environment, makes the test binary a server: "green" or "std".
const benchmarkedServer = "GREEN_HTTP_BENCHMARK"

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }

// serveBenchmark serves until standard input ends, and then prints the CPU time that it took, in nanoseconds.
func serveBenchmark(kind string) {
	gone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(gone)
	}()
	if kind == "std" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Addr())
		go http.Serve(l, http.HandlerFunc(hello))
		<-gone
	} else {
		err := green.Run(func(h *green.Hub) error {
			l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			fmt.Println(l.Addr())
			s := &greenhttp.Server{Handler: http.HandlerFunc(hello)}
			release := h.Scheduler().Hold()
			go func() {
				defer release()
				<-gone
				h.Scheduler().Post(s.Close)
			}()
			if err := s.Serve(h, l); err != http.ErrServerClosed {
				return err
			}
			return nil
		})
		if err != nil {
			panic(err)
		}
	}
	fmt.Println(cpuTime())
}

// BenchmarkServer compares the servers with the same handler, each in a process of its own on one core, by 100 connections
// that each wait for their answer. cpu-ns/op is the CPU time of the server for one request.
func BenchmarkServer(b *testing.B) {
	for _, kind := range []string{"green", "std"} {
		b.Run(kind, func(b *testing.B) { benchmarkServer(b, kind) })
	}
}

func benchmarkServer(b *testing.B, kind string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), benchmarkedServer+"="+kind, "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		b.Fatal(err)
	}
	const conns = 100
	each := b.N/conns + 1
	b.ResetTimer()
	done := make(chan error, conns)
	for range conns {
		go func() { done <- ask(addr, each) }()
	}
	for range conns {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.StopTimer()
	in.Close()
	var ns int64
	if _, err := fmt.Fscanln(out, &ns); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(ns)/float64(conns*each), "cpu-ns/op")
}

// ask sends n requests on one connection, with as little work as possible.
func ask(addr string, n int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	request := []byte("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
	buf := make([]byte, 4096)
	for range n {
		if _, err := c.Write(request); err != nil {
			return err
		}
		for have := 0; ; {
			m, err := c.Read(buf[have:])
			if err != nil {
				return err
			}
			if have += m; bytes.HasSuffix(buf[:have], []byte("\r\n\r\nhello")) {
				break
			}
		}
	}
	return nil
}

// BenchmarkServeConn is one request on a connection in memory: what the server itself costs, without the system's calls.
func BenchmarkServeConn(b *testing.B) {
	b.ReportAllocs()
	err := green.Run(func(h *green.Hub) error {
		s := &greenhttp.Server{Handler: http.HandlerFunc(hello)}
		request := "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
		s.ServeConn(h, &memConn{in: io.LimitReader(&repeat{s: request}, int64(b.N*len(request))), out: io.Discard})
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// A repeat is a text again and again.
type repeat struct {
	s  string
	at int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.s[r.at:])
	r.at = (r.at + n) % len(r.s)
	return n, nil
}
