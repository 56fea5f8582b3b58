package net_test

import (
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// A server that sends back what it gets, and a client of it, in one hub.
func Example() {
	err := green.Run(func(h *green.Hub) error {
		l, err := net.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &net.StreamServer{Handler: func(c *net.Conn) error {
			_, err := io.Copy(c, c)
			return err
		}}
		h.Go(func() error { return s.Serve(l) })

		c, err := net.Dial(h, "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		fmt.Fprintln(c, "hello")
		line, err := net.NewReader(c).ReadLine(100)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", line)
		return errors.Join(c.Close(), s.Stop(time.Second))
	})
	fmt.Println("ended:", err)
	// Output:
	// hello
	// ended: <nil>
}

// The deadline of a task applies to whatever it does, and the connection is usable afterwards.
func ExampleConn_Read() {
	err := green.Run(func(h *green.Hub) error {
		a, b, err := net.SocketPair(h)
		if err != nil {
			return err
		}
		defer a.Close()
		defer b.Close()
		buf := make([]byte, 100)
		inTime, err := h.Within(time.Millisecond, func() error {
			_, err := a.Read(buf)
			return err
		})
		fmt.Println("in time:", inTime, err)

		io.WriteString(b, "late")
		n, err := a.Read(buf)
		fmt.Printf("%s\n", buf[:n])
		return err
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// in time: false <nil>
	// late
}

// Closing a connection wakes the task that waits in it.
func ExampleConn_Close() {
	err := green.Run(func(h *green.Hub) error {
		a, b, err := net.SocketPair(h)
		if err != nil {
			return err
		}
		defer b.Close()
		reader := h.Go(func() error {
			_, err := a.Read(make([]byte, 1))
			fmt.Println("closed:", errors.Is(err, stdnet.ErrClosed))
			return nil
		})
		if err := h.Yield(); err != nil {
			return err
		}
		if err := a.Close(); err != nil {
			return err
		}
		return reader.Join()
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: closed: true
}

func ExampleReader_ReadFrame() {
	err := green.Run(func(h *green.Hub) error {
		a, b, err := net.SocketPair(h)
		if err != nil {
			return err
		}
		h.Go(func() error {
			defer a.Close()
			return errors.Join(net.WriteFrame(a, []byte("one")), net.WriteFrame(a, []byte("two")))
		})
		defer b.Close()
		for r := net.NewReader(b); ; {
			frame, err := r.ReadFrame(1 << 20)
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			fmt.Printf("%s\n", frame)
		}
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// one
	// two
}

// A hub on each processor serves the same port.
func ExampleCluster() {
	c := &net.Cluster{Handler: func(c *net.Conn) error {
		_, err := io.WriteString(c, "hello from one of them")
		return err
	}}
	if err := c.Start("tcp", "127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	peer, err := stdnet.Dial("tcp", c.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	said, _ := io.ReadAll(peer)
	peer.Close()
	fmt.Printf("%s\n", said)
	fmt.Println(c.Stop(time.Second), c.Stats().Accepted.Load())
	// Output:
	// hello from one of them
	// <nil> 1
}
