package green_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A trial is one run of a small program in which one of its tasks is told to stop, or its deadline passes, after a switch.
type trial struct {
	t      *testing.T
	h      *green.Hub
	tasks  []*green.Task
	scopes []*green.Timeout
	broken []string
	start  bool // the program relies on the deferred calls of its tasks: they are struck only once they have started
}

var errInjected = errors.New("injected")

// spawn makes a task of the trial, in a scope that can be made to expire.
func (x *trial) spawn(f func() error) {
	i := len(x.tasks)
	x.scopes = append(x.scopes, nil)
	x.tasks = append(x.tasks, x.h.Go(func() error {
		x.scopes[i] = x.h.Scheduler().StartScope()
		defer func() {
			x.scopes[i].Stop()
			x.scopes[i] = nil
		}()
		return f()
	}))
}

// check notes an invariant that does not hold.
func (x *trial) check(ok bool, format string, args ...any) {
	if !ok {
		x.broken = append(x.broken, fmt.Sprintf(format, args...))
	}
}

// A program makes the tasks of a trial and returns what to check at the end. struck says which task was struck, -1 if none.
type program func(x *trial) (check func(struck int))

const maxSwitches = 200

// exhaust runs p with every one of its tasks struck, by a kill and by a deadline, after every switch.
func exhaust(t *testing.T, p program) {
	for _, by := range []string{"kill", "deadline"} {
		t.Run(by, func(t *testing.T) {
			n := 1
			struck := 0
			for victim := 0; victim < n; victim++ {
				for k := 0; ; k++ {
					tasks, hit := try(t, p, by, victim, k)
					n = tasks
					if hit {
						struck++
					}
					if t.Failed() {
						return
					}
					if !hit && k > 0 {
						break
					}
					if k > maxSwitches {
						t.Fatalf("more than %d switches", maxSwitches)
					}
				}
			}
			if struck < 10 {
				t.Errorf("only %d trials", struck)
			}
		})
	}
}

// try strikes the victim after k switches and says whether the program took that long.
func try(t *testing.T, p program, by string, victim, k int) (tasks int, hit bool) {
	x := &trial{t: t}
	struck := -1
	err := run(func(h *green.Hub) error {
		x.h = h
		check := p(x)
		tasks = len(x.tasks)
		count := 0
		h.Scheduler().SetScheduleCallback(func(_, next *tasklet.Tasklet) {
			v := x.tasks[victim]
			if !v.Started() && v.Tasklet() == next {
				return // it is starting right now; the next switch will do
			}
			if count++; count != k+1 {
				return
			}
			hit = true
			switch {
			case v.Ready() || x.start && !v.Started():
			case by == "kill":
				struck = victim
				v.Stop()
			case x.scopes[victim] != nil:
				struck = victim
				x.scopes[victim].Expire(errInjected)
			}
		})
		for _, v := range x.tasks {
			if err := v.Join(); err != nil {
				x.check(false, "join: %v", err)
			}
		}
		h.Scheduler().SetScheduleCallback(nil)
		for i, v := range x.tasks {
			err := v.Err()
			if i == struck && (err == nil || errors.Is(err, green.ErrKilled) || errors.Is(err, errInjected)) {
				continue
			}
			x.check(err == nil || errors.Is(err, green.ErrBroken), "task %d: %v", i, err)
		}
		check(struck)
		return nil
	})
	if err != nil {
		x.check(false, "Run: %v", err)
	}
	if len(x.broken) > 0 {
		t.Errorf("%s of task %d after switch %d: %q", by, victim, k, x.broken)
	}
	return tasks, hit
}

// others returns the numbers of n tasks but the one that was struck.
func others(n, struck int) []int {
	var all []int
	for i := range n {
		if i != struck {
			all = append(all, i)
		}
	}
	return all
}

func TestExhaustGroup(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		live := 0
		for range 2 {
			x.spawn(func() error {
				err := x.h.Group(func(g *green.Group) error {
					for i := range 3 {
						g.Go(func() error {
							live++
							defer func() { live-- }()
							defer x.h.Shield(x.h.Yield)
							return x.h.Sleep(time.Duration(i) * ms)
						})
					}
					return x.h.Yield()
				})
				x.check(live <= 3, "%d children have outlived their group", live)
				return err
			})
		}
		return func(int) { x.check(live == 0, "%d children have outlived their group", live) }
	})
}

func TestExhaustWaitAny(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		x.start = true
		e, m := x.h.NewEvent(), x.h.NewSemaphore(0)
		r := green.NewResult[int](x.h)
		tm := x.h.NewTimer(3 * ms)
		var seen []string
		for range 2 {
			x.spawn(func() error {
				for i, err := range x.h.AsCompleted(tm, r, m, e) {
					if err != nil {
						return err
					}
					seen = append(seen, []string{"timer", "result", "semaphore", "event"}[i])
				}
				return nil
			})
		}
		x.spawn(func() error {
			defer r.Set(1)
			defer m.Release()
			defer e.Set()
			if err := x.h.Sleep(ms); err != nil {
				return err
			}
			e.Set()
			return x.h.Sleep(ms)
		})
		return func(struck int) {
			want := []string{"event", "event", "result", "result", "semaphore", "semaphore", "timer", "timer"}
			if struck < 0 {
				got := slices.Sorted(slices.Values(seen))
				x.check(slices.Equal(got, want), "seen %v", got)
			}
			x.check(m.Free() == 1, "%d permits", m.Free())
		}
	})
}

func TestExhaustSupervisor(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		runs := 0
		x.spawn(func() error {
			return x.h.Supervise(green.Restarts{Limit: 5, Min: ms}, func(s *green.Supervisor) error {
				s.Go("a", func() error {
					if runs++; runs < 4 {
						return errors.New("once more")
					}
					return x.h.Sleep(ms)
				})
				return x.h.Sleep(2 * ms)
			})
		})
		x.spawn(func() error { return x.h.Sleep(ms) })
		return func(struck int) { x.check(struck == 0 || runs == 4, "%d runs", runs) }
	})
}
