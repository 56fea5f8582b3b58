package green_test

import (
	"context"
	"errors"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// logged returns what the standard logger is told while f runs.
func logged(f func()) string {
	var text strings.Builder
	before := log.Writer()
	log.SetOutput(&text)
	defer log.SetOutput(before)
	f()
	return text.String()
}

// What nobody else is told about goes to the standard logger, with the stack of a panic.
func TestNothingFailsInSilence(t *testing.T) {
	for name, c := range map[string]struct {
		f    func(h *green.Hub) error
		want []string
	}{
		"a panic of an offload whose task has left": {func(h *green.Hub) error {
			_, err := h.Within(time.Millisecond, func() error {
				_, err := green.Offload(h, func(ctx context.Context) (int, error) {
					<-ctx.Done()
					panic("too late")
				})
				return err
			})
			return err
		}, []string{"Offload", "too late", "unheard_test.go"}},
		"a child that a supervisor starts again": {func(h *green.Hub) error {
			return h.Supervise(green.Restarts{Limit: 2}, func(s *green.Supervisor) error {
				n := 0
				s.Go("child", func() error {
					if n++; n == 1 {
						return errors.New("first failure")
					} else if n == 2 {
						panic("second failure")
					}
					return nil
				})
				return nil
			})
		}, []string{`"child", which starts again, failed: first failure`, "panicked: second failure", "unheard_test.go"}},
		"another error of a group in which a task panics": {func(h *green.Hub) error {
			defer func() { _ = recover() }()
			return h.Group(func(g *green.Group) error {
				g.Go(func() error {
					_ = h.Sleep(time.Hour)
					return errors.New("failed to clean up")
				})
				if err := h.Yield(); err != nil {
					return err
				}
				g.Go(func() error { panic("the first") })
				return nil
			})
		}, []string{"failed: failed to clean up"}},
		"an error of a group whose body panics": {func(h *green.Hub) error {
			defer func() { _ = recover() }()
			return h.Group(func(g *green.Group) error {
				g.Go(func() error {
					_ = h.Sleep(time.Hour)
					return errors.New("failed to clean up")
				})
				if err := h.Yield(); err != nil {
					return err
				}
				panic("the body")
			})
		}, []string{"failed: failed to clean up"}},
		"a task whose Call has returned": {func(h *green.Hub) error {
			begun := h.NewEvent()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			done := h.Hold()
			go func() {
				defer done()
				_, _ = green.Call(ctx, h, func() (int, error) {
					begun.Set()
					_ = h.Sleep(time.Hour)
					return 0, errors.New("failed afterwards")
				})
			}()
			if err := begun.Wait(); err != nil {
				return err
			}
			cancel()
			return nil
		}, []string{"its Call has returned", "failed afterwards"}},
	} {
		var err error
		got := logged(func() { err = green.Run(c.f) })
		if err != nil {
			t.Errorf("%s: Run returned %v", name, err)
		}
		for _, part := range c.want {
			if !strings.Contains(got, part) {
				t.Errorf("%s: the log has no %q:\n%s", name, part, got)
			}
		}
	}
}
