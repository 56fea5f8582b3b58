package green_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// equal fails the test if got is not want.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %v, want %v", what, g, w)
	}
}

func TestQueue_OrderOfItems(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		for _, c := range []struct {
			name string
			q    *green.Queue[int]
			want []int
		}{
			{"fifo", green.NewQueue[int](h, green.Unbounded), []int{3, 1, 2, 5, 4}},
			{"lifo", green.NewLIFOQueue[int](h, 5), []int{4, 5, 2, 1, 3}},
			{"priority", green.NewPriorityQueue(h, 5, cmp.Compare[int]), []int{1, 2, 3, 4, 5}},
		} {
			for _, v := range []int{3, 1, 2, 5, 4} {
				if err := c.q.Put(v); err != nil {
					return err
				}
			}
			var got []int
			for c.q.Len() > 0 {
				p, _ := c.q.TryPeek()
				v, err := c.q.Get()
				if err != nil || p != v {
					t.Errorf("%s: Peek %d, Get %d, %v", c.name, p, v, err)
				}
				got = append(got, v)
			}
			equal(t, c.name, got, c.want)
		}
		return nil
	})
}

// The stores are compared with a plain slice over random operations, through growing and shrinking.
func TestQueue_StoresAgainstModel(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		type item struct{ rank, seq int }
		rnd := rand.New(rand.NewPCG(1, 2))
		qs := []*green.Queue[item]{
			green.NewQueue[item](h, green.Unbounded), green.NewLIFOQueue[item](h, green.Unbounded),
			green.NewPriorityQueue(h, green.Unbounded, func(a, b item) int { return a.rank - b.rank }),
		}
		models := make([][]item, len(qs))
		for seq := range 60_000 {
			grow := seq/10_000%2 == 0
			for k, q := range qs {
				if rnd.IntN(10) < 7 == grow {
					v := item{rnd.IntN(50), seq}
					q.TryPut(v)
					models[k] = append(models[k], v)
					continue
				}
				v, ok := q.TryGet()
				if m := models[k]; ok != (len(m) > 0) {
					t.Fatalf("queue %d: TryGet says %v with %d items", k, ok, len(m))
				} else if ok && k < 2 {
					at := []int{0, len(m) - 1}[k]
					if v != m[at] {
						t.Fatalf("queue %d: got %v, want %v", k, v, m[at])
					}
					models[k] = slices.Delete(m, at, at+1)
				} else if ok {
					at := 0
					for i := range m {
						if m[i].rank < m[at].rank {
							at = i
						}
					}
					if v != m[at] {
						t.Fatalf("priority: got %v, want %v", v, m[at])
					}
					models[k] = slices.Delete(m, at, at+1)
				}
			}
		}
		for k, q := range qs {
			equal(t, fmt.Sprint("length ", k), q.Len(), len(models[k]))
		}
		return nil
	})
}

// What Python's gevent prints for getters that wait: they are served in the order of their waiting.
func TestQueue_GettersInOrder(t *testing.T) {
	var log []string
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, green.Unbounded)
		for _, name := range []string{"a", "b", "c"} {
			h.Go(func() error {
				v, err := q.Get()
				log = append(log, fmt.Sprintf("%s:%d", name, v))
				return err
			})
		}
		h.Yield()
		equal(t, "getting", q.Getting(), 3)
		for i := range 3 {
			q.Put(i)
		}
		equal(t, "getting", q.Getting(), 0)
		equal(t, "len", q.Len(), 0) // all handed over
		return nil
	})
	equal(t, "log", log, []string{"a:0", "b:1", "c:2"})
}

// A putter that waits has its item in the queue as soon as there is room: gevent lets it in when its turn comes.
func TestQueue_BoundedOrder(t *testing.T) {
	var log []string
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 2)
		h.Go(func() error {
			for i := range 5 {
				q.Put(i)
				log = append(log, fmt.Sprint("put", i))
			}
			return nil
		})
		h.Go(func() error {
			for range 5 {
				v, _ := q.Get()
				log = append(log, fmt.Sprint("get", v))
			}
			return nil
		})
		return nil
	})
	equal(t, "log", log, []string{
		"put0", "put1", "get0", "get1", "get2", "put2", "put3", "put4", "get3", "get4"})
}

func TestQueue_Rendezvous(t *testing.T) {
	var log []string
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 0)
		equal(t, "TryPut without a getter", q.TryPut(9), false)
		h.Go(func() error {
			for i := range 3 {
				q.Put(i)
				log = append(log, fmt.Sprint("put", i))
			}
			return nil
		})
		h.Yield()
		equal(t, "putting", q.Putting(), 1)
		equal(t, "ready", q.Ready(), true)
		if v, ok := q.TryPeek(); v != 0 || !ok {
			t.Errorf("TryPeek: %v, %v", v, ok)
		}
		for range 3 {
			v, _ := q.Get()
			log = append(log, fmt.Sprint("get", v))
		}
		equal(t, "len", q.Len(), 0)
		return nil
	})
	equal(t, "log", log, []string{"get0", "put0", "put1", "get1", "get2", "put2"})
}

// A peeker sees the item that came, even if a getter has taken it, and takes nothing from anybody.
func TestQueue_PeekersWait(t *testing.T) {
	for _, size := range []int{green.Unbounded, 1, 0} {
		mustRun(t, func(h *green.Hub) error {
			q := green.NewQueue[string](h, size)
			var log []string
			peek := func(name string) {
				h.Go(func() error {
					v, err := q.Peek()
					log = append(log, name+" sees "+v)
					return err
				})
			}
			peek("p1")
			h.Go(func() error {
				v, err := q.Get()
				log = append(log, "g gets "+v)
				return err
			})
			peek("p2")
			h.Yield()
			if err := q.Put("x"); err != nil {
				return err
			}
			h.Yield()
			equal(t, fmt.Sprint("size ", size), log, []string{"p1 sees x", "p2 sees x", "g gets x"})
			return nil
		})
	}
}

// Nobody who takes nothing can see an item that a TryPut could not get rid of.
func TestQueue_TryPutDoesNotShow(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 0)
		j := green.Spawn(h, func() (int, error) { return q.PeekTimeout(time.Second) })
		h.Yield()
		equal(t, "TryPut", q.TryPut(1), false)
		if _, err := j.Get(); !errors.Is(err, green.ErrTimeout) {
			t.Errorf("the peeker got %v", err)
		}
		return nil
	})
}

func TestQueue_Timeouts(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 1)
		begin := h.Now()
		if _, err := q.GetTimeout(time.Second); !errors.Is(err, green.ErrTimeout) {
			t.Errorf("GetTimeout: %v", err)
		}
		if err := q.PutTimeout(1, time.Second); err != nil {
			t.Errorf("PutTimeout with room: %v", err)
		}
		if err := q.PutTimeout(2, time.Second); !errors.Is(err, green.ErrTimeout) {
			t.Errorf("PutTimeout: %v", err)
		}
		if err := q.JoinTimeout(time.Second); !errors.Is(err, green.ErrTimeout) {
			t.Errorf("JoinTimeout: %v", err)
		}
		if v, err := q.PeekTimeout(time.Second); v != 1 || err != nil {
			t.Errorf("PeekTimeout: %v, %v", v, err)
		}
		err := h.WithTimeout(time.Second, func(*green.Timeout) error {
			if _, err := q.Get(); err != nil {
				return err
			}
			_, err := q.Get()
			return err
		})
		if !errors.Is(err, green.ErrTimeout) {
			t.Errorf("Get in a scope: %v", err)
		}
		if v, err := q.GetTimeout(0); v != 0 || !errors.Is(err, green.ErrTimeout) {
			t.Errorf("GetTimeout(0): %v, %v", v, err)
		}
		equal(t, "time", h.Now().Sub(begin), 4*time.Second)
		equal(t, "waiting", q.Getting()+q.Putting(), 0)
		return nil
	})
}

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

func TestQueue_Resize(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 0)
		for i := range 4 {
			h.Go(func() error { return q.Put(i) })
		}
		h.Yield()
		equal(t, "putting", q.Putting(), 4)
		q.Resize(3)
		equal(t, "len, putting", []int{q.Len(), q.Putting()}, []int{3, 1})
		q.Resize(1)
		var got []int
		for range 4 {
			v, err := q.Get()
			if err != nil {
				return err
			}
			got = append(got, v)
		}
		equal(t, "order", got, []int{0, 1, 2, 3})
		equal(t, "cap", q.Cap(), 1)
		q.Resize(-7)
		equal(t, "cap", q.Cap(), green.Unbounded)
		return nil
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
