// Redis shows tasks that share a few connections to a Redis server: workers that take jobs from a list, and count. It
// connects to where the environment's REDIS_SOCKET says, or starts a server of its own if one is installed.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"github.com/go-greenlet/greenlet/green/db/internal/server"
	"github.com/redis/go-redis/v9"
)

func main() { os.Exit(start()) }

// start returns the program's status.
func start() int {
	socket := os.Getenv("REDIS_SOCKET")
	if socket == "" {
		s, err := server.Redis()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer s.Stop()
		socket = filepath.Join(s.Dir, "redis.sock")
	}
	if err := run(os.Stdout, socket); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// A client is one connection. The client of the library reads on without a look at a context that was canceled; what makes
// it return is the end of the connection.
type client struct {
	*redis.Client
	conn net.Conn
}

// open makes a pool of connections to the server at socket.
func open(h *green.Hub, socket string, max int) *db.Pool[*client] {
	return db.NewPool(h, db.Options[*client]{
		Max: max,
		Dial: func(ctx context.Context) (*client, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "unix", socket)
			if err != nil {
				return nil, err
			}
			c := &client{conn: conn}
			c.Client = redis.NewClient(&redis.Options{
				Dialer:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
				PoolSize:     1,
				MaxRetries:   -1, // this connection or none
				ReadTimeout:  -1, // the task's deadline is the limit
				WriteTimeout: -1,
			})
			if err := c.Ping(ctx).Err(); err != nil {
				c.Close()
				conn.Close()
				return nil, err
			}
			return c, nil
		},
		Close: func(c *client) error { return c.Close() },
		Abort: func(c *client) { c.conn.Close() },
	})
}

func run(w io.Writer, socket string) error {
	return green.Run(func(h *green.Hub) error {
		p := open(h, socket, 4)
		defer p.Close()
		const jobs = 20
		err := h.Group(func(g *green.Group) error {
			for range 3 { // workers, who wait for jobs that are not there yet
				g.Go(func() error { return work(p) })
			}
			_, err := db.Do(p, func(ctx context.Context, c *client) (int, error) {
				for i := range jobs {
					if err := c.RPush(ctx, "greenlet:jobs", i).Err(); err != nil {
						return 0, err
					}
				}
				return 0, c.RPush(ctx, "greenlet:jobs", "stop", "stop", "stop").Err()
			})
			return err
		})
		if err != nil {
			return err
		}
		done, err := db.Do(p, func(ctx context.Context, c *client) (string, error) {
			return c.GetDel(ctx, "greenlet:done").Result()
		})
		fmt.Fprintf(w, "%s of %d jobs done\n", done, jobs)
		if err != nil {
			return err
		}
		// A deadline ends a call that the server does not answer.
		inTime, err := h.Within(10*time.Millisecond, func() error {
			_, err := take(p)
			return err
		})
		fmt.Fprintln(w, "a job in time:", inTime)
		return err
	})
}

func take(p *db.Pool[*client]) (string, error) {
	return db.Do(p, func(ctx context.Context, c *client) (string, error) {
		got, err := c.BLPop(ctx, 0, "greenlet:jobs").Result()
		if err != nil {
			return "", err
		}
		return got[1], nil
	})
}

func work(p *db.Pool[*client]) error {
	for {
		job, err := take(p)
		if err != nil || job == "stop" {
			return err
		}
		_, err = db.Do(p, func(ctx context.Context, c *client) (int64, error) {
			return c.Incr(ctx, "greenlet:done").Result()
		})
		if err != nil {
			return err
		}
	}
}
