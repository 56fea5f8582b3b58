package green_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

func TestQueue_Shutdown(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 2)
		q.Put(1)
		q.Put(2)
		putter := h.Go(func() error { return q.Put(3) })
		h.Yield()
		q.Shutdown()
		q.Shutdown()
		if putter.Join(); putter.Err() != green.ErrShutdown {
			t.Errorf("the putter that waited: %v", putter.Err())
		}
		if err := q.Put(4); !errors.Is(err, green.ErrClosed) {
			t.Errorf("Put: %v", err)
		}
		equal(t, "TryPut", q.TryPut(4), false)
		equal(t, "closed, ready", []bool{q.Closed(), q.Ready()}, []bool{true, true})
		var got []int
		for v := range q.All() {
			got = append(got, v)
		}
		equal(t, "drained", got, []int{1, 2})
		if _, err := q.Get(); err != green.ErrShutdown {
			t.Errorf("Get: %v", err)
		}
		if _, err := q.Peek(); err != green.ErrShutdown {
			t.Errorf("Peek: %v", err)
		}
		return nil
	})
}

func TestQueue_ShutdownNow(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, green.Unbounded)
		for i := range 4 {
			q.Put(i)
		}
		q.Get()
		joiner := h.Go(q.Join)
		h.Yield()
		equal(t, "left", q.ShutdownNow(), []int{1, 2, 3})
		equal(t, "unfinished", q.Unfinished(), 1)
		equal(t, "joined", joiner.Ready(), false)
		q.TaskDone()
		if _, err := q.Get(); err != green.ErrShutdown {
			t.Errorf("Get: %v", err)
		}
		return joiner.Join()
	})
}

func TestQueue_ShutdownWakesAll(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 0)
		get := func() error { _, err := q.Get(); return err }
		peek := func() error { _, err := q.Peek(); return err }
		tasks := []*green.Task{h.Go(get), h.Go(peek), h.Go(get)}
		watcher := h.Go(func() error { _, err := h.WaitAny(q); return err })
		h.Yield()
		q.Shutdown()
		if err := watcher.Join(); err != nil || watcher.Err() != nil {
			t.Errorf("the watcher: %v, %v", err, watcher.Err())
		}
		for _, task := range tasks {
			if task.Join(); task.Err() != green.ErrShutdown {
				t.Errorf("%v ended with %v", task, task.Err())
			}
		}
		return nil
	})
}

func TestQueue_TaskDoneAndJoin(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 2)
		done := 0
		for range 2 {
			h.Go(func() error {
				for range q.All() {
					h.Sleep(time.Second)
					done++
					q.TaskDone()
				}
				return nil
			})
		}
		for i := range 6 {
			q.Put(i)
		}
		if err := q.Join(); err != nil {
			return err
		}
		equal(t, "done", done, 6)
		q.Shutdown()
		defer func() {
			if recover() == nil {
				t.Error("TaskDone without a task does not panic")
			}
		}()
		q.TaskDone()
		return nil
	})
}

// An iteration that is killed ends, and the kill arrives in what waits next; a deadline does not leave its scope.
func TestQueue_AllPassesErrorsOn(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 1)
		var after error
		task := h.Go(func() error {
			for range q.All() {
			}
			after = h.Sleep(time.Hour)
			return after
		})
		h.Yield()
		task.Kill()
		equal(t, "after the kill", after, green.ErrKilled)
		h.WithTimeout(time.Second, func(*green.Timeout) error {
			for range q.All() {
			}
			after = h.Sleep(time.Second)
			return nil
		})
		if !errors.Is(after, green.ErrTimeout) {
			t.Errorf("in the scope: %v", after)
		}
		return h.Sleep(time.Second)
	})
}

// WaitAny takes nothing, and hears of a queue of any kind.
func TestQueue_Waitable(t *testing.T) {
	for _, size := range []int{green.Unbounded, 1, 0} {
		mustRun(t, func(h *green.Hub) error {
			a, b := green.NewQueue[int](h, size), green.NewQueue[int](h, size)
			h.Go(func() error {
				h.Sleep(time.Second)
				return b.Put(7)
			})
			i, err := h.WaitAny(a, b)
			if i != 1 || err != nil {
				t.Errorf("size %d: WaitAny: %d, %v", size, i, err)
			}
			v, ok := b.TryGet()
			equal(t, "value", []any{v, ok}, []any{7, true})
			return nil
		})
	}
}

func TestQueue_Names(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 3).SetName("jobs")
		q.Put(1)
		equal(t, "string", q.String(), `queue "jobs" (1 of 3 items)`)
		u := green.NewQueue[int](h, green.Unbounded)
		equal(t, "string", u.String(), "queue (0 items)")
		task := h.Go(func() error { _, err := u.Get(); return err })
		h.Yield()
		equal(t, "report", task.Tasklet().WaitsFor(), "an item of queue (0 items)")
		return task.Kill()
	})
}

func TestQueue_OtherGoroutine(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("wrong goroutines are not noticed on " + runtime.GOARCH)
	}
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 3)
		panicked := make(chan any)
		go func() {
			defer func() { panicked <- recover() }()
			q.Put(1)
		}()
		if <-panicked == nil {
			t.Error("Put on another goroutine does not panic")
		}
		return nil
	})
}

func TestQueue_NoAllocations(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		for _, size := range []int{green.Unbounded, 10, 0} {
			q := green.NewQueue[int](h, size)
			echo := green.NewQueue[int](h, size)
			h.Go(func() error {
				for v := range q.All() {
					echo.Put(v)
				}
				return nil
			})
			round := func() {
				q.Put(1) // meets a getter that waits
				echo.Get()
				if size != 0 {
					for i := range 10 {
						echo.Put(i)
					}
					for range 10 {
						echo.Get()
					}
				}
			}
			round()
			if n := testing.AllocsPerRun(100, round); n != 0 {
				t.Errorf("size %d: %v allocations", size, n)
			}
			q.Shutdown()
			h.Yield()
		}
		return nil
	})
}
