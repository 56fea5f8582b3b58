package watch_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/watch"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// with runs f in a hub with a watcher of an empty folder.
func with(t *testing.T, f func(h *green.Hub, w *watch.Watcher, dir string) error) {
	t.Helper()
	for _, opts := range [][]green.Option{nil, {green.Portable()}} {
		dir := t.TempDir()
		err := green.Run(func(h *green.Hub) error {
			w, err := watch.New(h, dir)
			if err != nil {
				return err
			}
			return errors.Join(f(h, w, dir), w.Close())
		}, opts...)
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func write(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func expectIs(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

// A task waits, others run, and what happens arrives.
func TestAll(t *testing.T) {
	with(t, func(h *green.Hub, w *watch.Watcher, dir string) error {
		name := filepath.Join(dir, "f")
		h.Go(func() error {
			write(t, name)
			return os.Remove(name)
		})
		var seen watch.Op
		for e, err := range w.All() {
			if err != nil {
				return err
			}
			if e.Name != name {
				t.Errorf("an event of %s", e.Name)
			}
			if seen |= e.Op; e.Has(watch.Remove) {
				break
			}
		}
		if !seen.Has(watch.Create | watch.Remove) {
			t.Errorf("saw %s", seen)
		}
		return nil
	})
}

// A wait that is killed or late has lost nothing.
func TestGet_KillAndDeadline(t *testing.T) {
	with(t, func(h *green.Hub, w *watch.Watcher, dir string) error {
		get := func() error { _, err := w.Get(); return err }
		task := h.Go(get)
		h.Yield()
		expectIs(t, "two at once", get(), watch.ErrBusy)
		task.Kill()
		expectIs(t, "killed", task.Err(), green.ErrKilled)
		err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { return get() })
		expectIs(t, "late", err, green.ErrTimeout)
		late := 0
		err = h.WithTimeout(time.Millisecond, func(*green.Timeout) error {
			for _, err := range w.All() {
				if late++; err != nil {
					return err
				}
			}
			return nil
		})
		expectIs(t, "a late loop", err, green.ErrTimeout)
		write(t, filepath.Join(dir, "f"))
		e, err := w.Get()
		if filepath.Base(e.Name) != "f" || !e.Has(watch.Create) {
			t.Errorf("the event: %v", e)
		}
		return err
	})
}

func TestQuiet(t *testing.T) {
	with(t, func(h *green.Hub, w *watch.Watcher, dir string) error {
		a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
		err := h.WithTimeout(time.Millisecond, func(*green.Timeout) error { _, err := w.Quiet(time.Hour); return err })
		expectIs(t, "nothing", err, green.ErrTimeout)
		write(t, a)
		write(t, b)
		err = h.WithTimeout(50*time.Millisecond, func(*green.Timeout) error { _, err := w.Quiet(time.Hour); return err })
		expectIs(t, "no quiet", err, green.ErrTimeout)
		events, err := w.Quiet(100 * time.Millisecond) // what the late one had is not lost
		var names []string
		for _, e := range events {
			names = append(names, e.Name)
		}
		if !slices.Equal(names, []string{a, b}) || len(events) == 2 && !events[0].Has(watch.Create) {
			t.Errorf("events: %v", events)
		}
		return err
	})
}

func TestClose(t *testing.T) {
	with(t, func(h *green.Hub, _ *watch.Watcher, dir string) error {
		w, err := watch.New(h)
		if err != nil {
			return err
		}
		if err := w.Add(filepath.Join(dir, "none")); err == nil {
			t.Error("watches what is not there")
		}
		expectIs(t, "Remove", w.Remove(dir), watch.ErrNotThere)
		if err := w.Add(dir); err != nil {
			return err
		}
		if got := w.List(); !slices.Equal(got, []string{dir}) {
			t.Errorf("watched: %v", got)
		}
		task := h.Go(func() error { _, err := w.Get(); return err })
		h.Yield()
		if err := w.Close(); err != nil {
			return err
		}
		if err := task.Join(); err != nil {
			return err
		}
		expectIs(t, "the one that waited", task.Err(), os.ErrClosed)
		expectIs(t, "again", w.Close(), os.ErrClosed)
		_, err = w.Get()
		expectIs(t, "Get", err, os.ErrClosed)
		expectIs(t, "Add", w.Add(dir), os.ErrClosed)
		_, err = watch.New(h, filepath.Join(dir, "none"))
		expectIs(t, "New", err, os.ErrNotExist)
		return nil
	})
}

// A watcher that nobody waits in does not keep the hub from ending, and a task that waits is killed at the end.
func TestEndOfRun(t *testing.T) {
	oops := errors.New("oops")
	dir := t.TempDir()
	var waited error
	err := green.Run(func(h *green.Hub) error {
		w, err := watch.New(h, dir)
		if err != nil {
			return err
		}
		h.Go(func() error {
			defer w.Close()
			_, waited = w.Get()
			return nil
		})
		h.Yield()
		return oops
	})
	expectIs(t, "Run", err, oops)
	if waited == nil {
		t.Error("Get succeeded")
	}
}
