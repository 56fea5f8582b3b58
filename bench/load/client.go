package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// An outcome is what a client reports, as a line of JSON.
type outcome struct {
	Requests int64         `json:"requests"`
	Errors   int64         `json:"errors"`
	Seconds  float64       `json:"seconds"`
	P50      time.Duration `json:"p50"` // all in ns
	P99      time.Duration `json:"p99"`
	P999     time.Duration `json:"p999"`
}

// patience is how long a client waits for anything, beyond the time that it runs.
const patience = 20 * time.Second

// message is what is echoed.
var message = append(bytes.Repeat([]byte("x"), 63), '\n')

// client is the process that drives a server. It prints "ready" when it has its connections, waits for a line from in, does its
// work, and prints an outcome.
func client(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 4 {
		return errors.New("usage: load client KIND ADDRESS CONNECTIONS TIME")
	}
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	addr := args[1]
	var conns []net.Conn
	switch args[0] {
	case "echo", "idle-echo":
		conns, err = connect(addr, n, exchange)
	case "idle-http":
		conns, err = connect(addr, n, get)
	case "faults-echo", "faults-http":
	default:
		err = fmt.Errorf("no such client: %s", args[0])
	}
	if err != nil {
		return err
	}
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	fmt.Fprintln(out, "ready")
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	var o outcome
	switch args[0] {
	case "echo":
		o = drive(conns, d)
	case "faults-echo":
		o = misbehave(addr, n, d, bytes.Repeat(message, 100))
	case "faults-http":
		o = misbehave(addr, n, d, []byte("GET /sleep/1s HTTP/1.1\r\nHost: x\r\nX: \x00\r\n"))
	}
	return json.NewEncoder(out).Encode(o)
}

// connect opens n connections, and does one exchange on each.
func connect(addr string, n int, exchange func(net.Conn) error) ([]net.Conn, error) {
	conns := make([]net.Conn, n)
	errs := make([]error, n)
	var wait sync.WaitGroup
	places := make(chan struct{}, 64)
	for i := range n {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			c, err := net.DialTimeout("tcp", addr, patience)
			if err != nil {
				errs[i] = err
				return
			}
			conns[i] = c
			c.SetDeadline(time.Now().Add(patience))
			errs[i] = exchange(c)
			c.SetDeadline(time.Time{})
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			for _, c := range conns {
				if c != nil {
					c.Close()
				}
			}
			return nil, err
		}
	}
	return conns, nil
}

// exchange sends a line and reads it back.
func exchange(c net.Conn) error {
	var buf [64]byte
	if _, err := c.Write(message); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, buf[:]); err != nil {
		return err
	}
	if !bytes.Equal(buf[:], message) {
		return errors.New("the echo is another line")
	}
	return nil
}

// get does a request of HTTP, after which the connection stays.
func get(c net.Conn) error {
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return errors.New(r.Status)
	}
	return nil
}

// misbehave makes connections for d, n at a time, as bad clients do: they reset it at once; they send a part and reset it; they
// send and never read; they come and say nothing. Requests counts them.
func misbehave(addr string, n int, d time.Duration, part []byte) outcome {
	var mu sync.Mutex
	var o outcome
	var wait sync.WaitGroup
	end := time.Now().Add(d)
	for i := range n {
		wait.Go(func() {
			for j := i; time.Now().Before(end); j++ {
				err := misbehaveOnce(addr, j%4, part)
				mu.Lock()
				o.Requests++
				if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
					o.Errors++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return o
}

func misbehaveOnce(addr string, how int, part []byte) error {
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return err
	}
	c := nc.(*net.TCPConn)
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Millisecond))
	switch how {
	case 0: // comes and goes
		return c.SetLinger(0)
	case 1: // a part, and is gone
		c.Write(part[:len(part)-1])
		return c.SetLinger(0)
	case 2: // never reads
		for range 20 {
			if _, err := c.Write(part); err != nil {
				break // the server may close it, and should not wait
			}
		}
	case 3: // says nothing
		c.Read(make([]byte, 1))
	}
	return nil
}
