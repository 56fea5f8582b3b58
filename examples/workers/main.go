// Workers does jobs in a pool and draws a progress bar meanwhile.
//
//	go run ./examples/workers [WORKERS]
//
// The bar is a task of its own, which looks at the results every 100 ms and ends with the group. One job fails, once: the
// worker tries again. The clock is virtual, so that the bar is the same on every run; without the
// option it is a real one.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = "usage: workers [WORKERS]"

const jobs = 20

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	workers := 4
	if len(args) > 0 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 || len(args) > 1 {
			fmt.Fprintf(stderr, "workers: WORKERS is one number, 1 or more, not %q\n%s\n", args, usage)
			return 2
		}
		workers = n
	}
	err := green.Run(func(h *green.Hub) error {
		done := 0
		bar := green.Every(h, 100*time.Millisecond, func() error {
			draw(stdout, done)
			return nil
		})
		total := 0
		work := newWork(h)
		for n, err := range green.MapUnordered(green.NewPool(h, workers), count(jobs), work.do) {
			if err != nil {
				return err
			}
			done++
			total += n
		}
		bar.Stop()
		draw(stdout, done)
		_, err := fmt.Fprintln(stdout, "the results add up to", total)
		return err
	}, green.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
	if err != nil {
		fmt.Fprintln(stderr, "workers:", err)
		return 1
	}
	return 0
}

// count yields the numbers from 1 to n.
func count(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i + 1) {
				return
			}
		}
	}
}

func draw(out io.Writer, done int) {
	fmt.Fprintf(out, "[%-*s] %2d of %d\n", jobs, strings.Repeat("#", done), done, jobs)
}

var errBusy = errors.New("busy")

// work is what the jobs need.
type work struct {
	h      *green.Hub
	failed bool
}

func newWork(h *green.Hub) *work { return &work{h: h} }

// do does job n, which takes n times 10 ms. Whoever is told that the other side is busy tries again.
func (w *work) do(n int) (int, error) {
	for {
		got, err := w.try(n)
		if !errors.Is(err, errBusy) {
			return got, err
		}
	}
}

func (w *work) try(n int) (int, error) {
	if err := w.h.Sleep(time.Duration(n) * 10 * time.Millisecond); err != nil {
		return 0, err
	}
	if n == 7 && !w.failed {
		w.failed = true
		return 0, errBusy
	}
	return n * n, nil
}
