// Crawler visits every page of a site, a few at a time, and lists the links that lead nowhere.
//
//	go run ./examples/crawler [WORKERS]
//
// The site is in memory, and to fetch a page takes a moment of a virtual clock: the time that is printed is how long it
// would have taken. The pages that were seen are a map that all tasks use, without a lock: only one of them runs at a
// time, and gives way only where it waits.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = "usage: crawler [WORKERS]"

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	workers := 3
	if len(args) > 0 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 || len(args) > 1 {
			fmt.Fprintf(stderr, "crawler: WORKERS is one number, 1 or more, not %q\n%s\n", args, usage)
			return 2
		}
		workers = n
	}
	start := time.Unix(0, 0)
	err := green.Run(func(h *green.Hub) error {
		c := &crawler{h: h, site: example, pool: green.NewPool(h, workers), seen: map[string]bool{}}
		if err := c.crawl("/"); err != nil {
			return err
		}
		slices.Sort(c.broken)
		fmt.Fprintf(stdout, "%d pages with %d workers in %v\n", len(c.seen)-len(c.broken), workers, h.Now().Sub(start))
		for _, link := range c.broken {
			fmt.Fprintln(stdout, "broken:", link)
		}
		return nil
	}, green.WithWorld(tasklet.NewClock(start)))
	if err != nil {
		fmt.Fprintln(stderr, "crawler:", err)
		return 1
	}
	return 0
}

// A page is what a fetch returns, after some time.
type page struct {
	links []string
	took  time.Duration
}

// example is a site with a slow page and a broken link.
var example = map[string]page{
	"/":       {[]string{"/news", "/about", "/shop"}, 100 * time.Millisecond},
	"/news":   {[]string{"/news/1", "/news/2", "/news/3", "/"}, 100 * time.Millisecond},
	"/about":  {[]string{"/", "/jobs"}, 100 * time.Millisecond},
	"/shop":   {[]string{"/about", "/shop/old"}, 500 * time.Millisecond},
	"/jobs":   {nil, 100 * time.Millisecond},
	"/news/1": {[]string{"/news/2"}, 100 * time.Millisecond},
	"/news/2": {[]string{"/news/3"}, 100 * time.Millisecond},
	"/news/3": {[]string{"/news/1"}, 100 * time.Millisecond},
}

var errNotFound = errors.New("404")

// A crawler is one walk over a site.
type crawler struct {
	h      *green.Hub
	site   map[string]page
	pool   *green.Pool
	seen   map[string]bool
	broken []string
}

// crawl visits all that can be reached from link. The main task alone starts others: they tell it what they found.
func (c *crawler) crawl(link string) error {
	found := green.NewQueue[string](c.h, green.Unbounded)
	want := func(link string) error {
		if c.seen[link] {
			return nil
		}
		c.seen[link] = true
		return found.Put(link)
	}
	if err := want(link); err != nil {
		return err
	}
	// The queue is over when every link that came into it was dealt with.
	c.h.Go(func() error {
		defer found.Shutdown()
		return found.Join()
	})
	for link := range found.All() {
		_, err := c.pool.Go(func() error {
			defer found.TaskDone()
			p, err := c.fetch(link)
			if errors.Is(err, errNotFound) {
				c.broken = append(c.broken, link)
				return nil
			}
			for _, next := range p.links {
				if err := want(next); err != nil {
					return err
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fetch stands for a request. All that it does here is to wait.
func (c *crawler) fetch(link string) (page, error) {
	p, ok := c.site[link]
	if !ok {
		return p, errNotFound
	}
	return p, c.h.Sleep(p.took)
}
