package poll_test

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green/internal/poll"
	"github.com/go-greenlet/greenlet/tasklet"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// with runs f in a scheduler whose world watches both ends of a pipe, the reading one as d.
func with(t *testing.T, f func(s *tasklet.Scheduler, w *poll.World, d *poll.Desc, in, out *os.File)) {
	t.Helper()
	in, out, err := os.Pipe()
	must(t, err)
	defer in.Close()
	defer out.Close()
	w := poll.New()
	must(t, tasklet.Run(func(s *tasklet.Scheduler) error {
		d, err := w.Watch(s, int(in.Fd()))
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip(err)
		}
		must(t, err)
		f(s, w, d, in, out)
		d.Close()
		return nil
	}, tasklet.WithWorld(w)))
	must(t, w.Close())
	w.Wake() // a goroutine may be late
}

func TestWorld_WaitsForADescriptor(t *testing.T) {
	with(t, func(s *tasklet.Scheduler, w *poll.World, d *poll.Desc, in, out *os.File) {
		go out.Write([]byte("x"))
		must(t, d.WaitRead())
		if w.Pending() != 0 {
			t.Errorf("%d wait", w.Pending())
		}
	})
}

func TestWorld_WakesForPostsAndTimers(t *testing.T) {
	with(t, func(s *tasklet.Scheduler, w *poll.World, d *poll.Desc, in, out *os.File) {
		posted := false
		go s.Post(func() error {
			posted = true
			d.Close()
			return nil
		})
		if err := d.WaitRead(); !errors.Is(err, net.ErrClosed) || !posted {
			t.Errorf("WaitRead: %v, posted: %v", err, posted)
		}
		must(t, s.Sleep(time.Millisecond))
	})
}

func TestWorld_TheLimitOfADirection(t *testing.T) {
	with(t, func(s *tasklet.Scheduler, w *poll.World, d *poll.Desc, in, out *os.File) {
		d.LimitRead(s.Now().Add(time.Millisecond))
		if err := d.WaitRead(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("WaitRead: %v", err)
		}
		d.LimitRead(time.Time{})
		go out.Write([]byte("x"))
		must(t, d.WaitRead())
	})
}

func TestWaiter_WaitsOnAGoroutine(t *testing.T) {
	in, out, err := os.Pipe()
	must(t, err)
	defer in.Close()
	defer out.Close()
	w, err := poll.NewWaiter(int(in.Fd()), false)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	must(t, err)
	done := make(chan struct{})
	go func() {
		w.Wait()
		done <- struct{}{}
		w.Wait()
		done <- struct{}{}
	}()
	w.Interrupt()
	<-done
	_, err = out.Write([]byte("x"))
	must(t, err)
	<-done
	must(t, w.Close())
}
