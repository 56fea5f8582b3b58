package db_test

import (
	"context"
	"fmt"
	"net"
	"net/rpc"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
)

// Shop is a service of package net/rpc.
type Shop struct{}

// Price answers a call: a hundred for each letter.
func (Shop) Price(name string, cents *int) error {
	*cents = 100 * len(name)
	return nil
}

// serve serves until l is closed.
func serve(s *rpc.Server, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go s.ServeConn(c)
	}
}

// Five tasks share two connections to a service. Its client, that of package net/rpc, blocks the goroutine that calls it,
// and knows nothing of contexts.
func Example() {
	server := rpc.NewServer()
	if err := server.Register(Shop{}); err != nil {
		fmt.Println(err)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	go serve(server, l)

	err = green.Run(func(h *green.Hub) error {
		pool := db.NewPool(h, db.Options[*rpc.Client]{
			Dial: func(ctx context.Context) (*rpc.Client, error) {
				c, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
				if err != nil {
					return nil, err
				}
				return rpc.NewClient(c), nil
			},
			Close: (*rpc.Client).Close,
			Abort: func(c *rpc.Client) { c.Close() }, // makes a call return whose task has gone
			Max:   2,
		})
		defer pool.Close()

		names := []string{"tea", "milk", "sugar", "lemon", "ginger"}
		prices := make([]int, len(names))
		err := h.Group(func(g *green.Group) error {
			for i, name := range names {
				g.Go(func() (err error) {
					prices[i], err = db.Do(pool, func(_ context.Context, c *rpc.Client) (cents int, err error) {
						err = c.Call("Shop.Price", name, &cents)
						return cents, err
					})
					return err
				})
			}
			return nil
		})
		fmt.Println(prices, "from", pool.Stats().Created, "connections")
		return err
	})
	fmt.Println("ended:", err)
	// Output:
	// [300 400 500 500 600] from 2 connections
	// ended: <nil>
}
