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
	"github.com/go-greenlet/greenlet/tasklet"
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

// The room that a Get makes belongs to the Put that waits longest, not to one that comes by.
func TestQueue_PuttersAreNotOvertaken(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		for _, q := range []*green.Queue[int]{
			green.NewQueue[int](h, 1), green.NewLIFOQueue[int](h, 1), green.NewPriorityQueue(h, 1, cmp.Compare[int]),
		} {
			q.Put(9)
			h.Go(func() error { return q.Put(8) })
			h.Go(func() error { return q.Put(7) })
			h.Yield()
			v, _ := q.Get()
			equal(t, "got, TryPut, len, putting",
				[]any{v, q.TryPut(0), q.Len(), q.Putting()}, []any{9, false, 1, 1})
			a, _ := q.Get()
			b, _ := q.Get()
			equal(t, "order", []int{a, b}, []int{8, 7})
		}
		return nil
	})
}

// An item that was handed to the main task, in which a panic is raised just then, is not lost.
func TestQueue_PanicGivesItemBack(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		q := green.NewQueue[int](h, 0)
		h.Go(func() error {
			q.TryPut(7)
			panic("raised in main")
		})
		expectPanic(t, "raised in main", func() { q.Get() })
		v, ok := q.TryGet()
		equal(t, "value, unfinished", []any{v, ok, q.Unfinished()}, []any{7, true, 1})
		return nil
	})
}

// Under every choice of who runs next, and at every size, all items come once, and those of one putter in their order.
func TestQueue_AnyOrder(t *testing.T) {
	for seed := range uint64(60) {
		mustRun(t, func(h *green.Hub) error {
			q := green.NewQueue[[2]int](h, int(seed%5)-1)
			p := green.NewPool(h, green.Unbounded)
			for i := range 3 {
				p.Go(func() error {
					for k := range 10 {
						if err := q.Put([2]int{i, k}); err != nil {
							return err
						}
						if k%3 == i {
							h.Yield()
						}
					}
					return nil
				})
			}
			getters := green.NewPool(h, green.Unbounded)
			next := [3]int{}
			total := 0
			for range 2 {
				getters.Go(func() error {
					last := [3]int{-1, -1, -1}
					for v := range q.All() {
						if v[1] <= last[v[0]] {
							t.Errorf("seed %d: %v after %d", seed, v, last[v[0]])
						}
						last[v[0]] = v[1]
						next[v[0]] += v[1]
						total++
						h.Yield()
					}
					return nil
				})
			}
			if err := p.Join(); err != nil {
				return err
			}
			q.Shutdown()
			if err := getters.Join(); err != nil {
				return err
			}
			equal(t, "total, sums", []any{total, next}, []any{30, [3]int{45, 45, 45}})
			return nil
		}, green.WithPolicy(tasklet.Random(seed)))
	}
}
