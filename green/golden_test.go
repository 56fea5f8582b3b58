package green_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A scenario is one program that ran in gevent or eventlet; it logs here what it logged there.
type scenario func(h *green.Hub, log func(any)) error

// say makes log of a format.
func say(log func(any), format string, args ...any) { log(fmt.Sprintf(format, args...)) }

var scenarios = map[string]map[string]scenario{
	"gevent": {
		"spawn_order":               spawnOrder,
		"kill_before_start":         killBeforeStart,
		"kill_nonblock":             killNonblock,
		"links":                     links,
		"joinall":                   joinAll,
		"queue_maxsize2":            queueMaxsize2,
		"queue_getters_fifo":        queueGettersFIFO,
		"pool_maps":                 poolMaps,
		"no_structured_concurrency": noStructure,
		"asyncresult_set_twice":     setTwice,
	},
	"eventlet": {
		"spawn_order":            spawnOrder,
		"kill_before_start":      killBeforeStartWait,
		"kill_running":           killRunning,
		"wait_raises":            waitRaises,
		"lightqueue0_rendezvous": rendezvous,
		"semaphore_fairness":     semaphoreFairness,
		"greenpool_imap_pile":    poolPile,
		"timeouts":               timeouts,
	},
}

// differs has what a scenario logs here where that is deliberately something else. docs/from-gevent.md gives the reasons.
var differs = map[string]string{
	// A result comes once.
	"gevent/asyncresult_set_twice": `["w0=5", "w1=5", "w2=5", 5]`,
	// A get takes the item of the longest waiting put into the queue at once: nobody can come between the two.
	"gevent/queue_maxsize2": `["put0","put1","get0","get1","get2","put2","put3","put4","get3","get4"]`,
}

// TestGolden replays every recorded scenario and compares the logs.
func TestGolden(t *testing.T) {
	for system, all := range scenarios {
		f, err := os.Open("testdata/" + system + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		n := 0
		for lines := bufio.NewScanner(f); lines.Scan(); n++ {
			var want struct {
				Name string
				Log  json.RawMessage
			}
			if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
				t.Fatal(err)
			}
			t.Run(system+"/"+want.Name, func(t *testing.T) {
				play, ok := all[want.Name]
				if !ok {
					t.Fatal("is not replayed")
				}
				log := []any{}
				mustRun(t, func(h *green.Hub) error { return play(h, func(v any) { log = append(log, v) }) })
				got, err := json.Marshal(log)
				if err != nil {
					t.Fatal(err)
				}
				var a, b any
				if json.Unmarshal(got, &a) != nil || json.Unmarshal(want.Log, &b) != nil {
					t.Fatal("not JSON")
				}
				ours, different := differs[system+"/"+want.Name]
				if !different {
					expect(t, "log", fmt.Sprint(a), fmt.Sprint(b))
					return
				}
				var c any
				if err := json.Unmarshal([]byte(ours), &c); err != nil {
					t.Fatal(err)
				}
				expect(t, "log", fmt.Sprint(a), fmt.Sprint(c))
				if fmt.Sprint(c) == fmt.Sprint(b) {
					t.Error("is listed as different and is not")
				}
			})
		}
		expect(t, "scenarios of "+system, len(all), n)
	}
}

func spawnOrder(h *green.Hub, log func(any)) error {
	for i := range 3 {
		h.Go(func() error {
			say(log, "g%d", i)
			return nil
		})
	}
	log("main")
	return h.Yield()
}

// name is what the recordings call an error.
func name(err error) string {
	if errors.Is(err, green.ErrKilled) {
		return "GreenletExit()"
	}
	return err.Error()
}

func killBeforeStart(h *green.Hub, log func(any)) error {
	g := h.Go(func() error { return errors.New("it ran") })
	if err := g.Kill(); err != nil {
		return err
	}
	// dead, ready, value, successful, started: that it was killed is no failure, or mustRun would tell.
	log([]any{g.Ready(), g.Ready(), name(g.Err()), true, g.Started()})
	return nil
}

func killBeforeStartWait(h *green.Hub, log func(any)) error {
	g := green.Spawn(h, func() (int, error) { return 0, errors.New("it ran") })
	g.Stop()
	_, err := g.Get()
	say(log, "wait raised %s", name(err))
	return nil
}

func killNonblock(h *green.Hub, log func(any)) error {
	g := h.Go(func() error {
		defer log("fin")
		log("v0")
		err := h.Sleep(time.Hour)
		if errors.Is(err, green.ErrKilled) {
			log("GE")
		}
		return err
	})
	if err := h.Yield(); err != nil {
		return err
	}
	g.Stop()
	log("after kill(block=False)")
	if err := h.Yield(); err != nil {
		return err
	}
	log("after sleep0")
	return nil
}

func killRunning(h *green.Hub, log func(any)) error {
	g := green.Spawn(h, func() (int, error) {
		defer log("fin")
		log("v0")
		err := h.Sleep(time.Hour)
		if errors.Is(err, green.ErrKilled) {
			log("caught GreenletExit")
		}
		return 0, err
	})
	if err := h.Yield(); err != nil {
		return err
	}
	if !g.Cancel() {
		log("cancel on running is a no-op")
	}
	log("kill")
	if err := g.KillNow(); err != nil {
		return err
	}
	log("killed")
	_, err := g.Get()
	say(log, "wait raised %s", name(err))
	return nil
}

func waitRaises(h *green.Hub, log func(any)) error {
	g := green.Spawn(h, func() (int, error) { return 0, errors.New("ValueError('x')") })
	_, err := g.Get()
	log(err.Error())
	return nil
}

// links has Link where the recording has rawlink: LinkRaw comes before those that have a task of their own.
func links(h *green.Hub, log func(any)) error {
	g := green.Spawn(h, func() (int, error) { return 7, nil })
	g.Link(func(*green.Task) {
		v, _ := g.Get()
		say(log, "link %d", v)
	})
	g.LinkValue(func(*green.Task) { log("link_value") })
	g.Link(func(*green.Task) { log("rawlink") })
	if err := g.Join(); err != nil {
		return err
	}
	log("joined")
	g.Link(func(*green.Task) { log("late link") })
	log("late registered")
	return h.Yield()
}

func joinAll(h *green.Hub, log func(any)) error {
	after := func(d time.Duration, err error) *green.Task {
		return h.Go(func() error { return errors.Join(h.Sleep(d), err) })
	}
	ts := []*green.Task{after(2*ms, nil), after(1*ms, errors.New("ValueError('x')")), after(3*ms, nil)}
	states := func() (all []any) {
		for _, t := range ts {
			all = append(all, t.Ready())
		}
		return all
	}
	err := h.JoinAll(ts[0], ts[1], ts[2])
	say(log, "joinall raised %v; ready=[%s]", err, python(states()))
	var ready []green.Waitable
	if err := h.WithTimeout(ms*3/2, func(o *green.Timeout) (err error) {
		ready, err = h.WaitN(3, ts[0], ts[1], ts[2])
		if o.Owns(err) {
			err = nil
		}
		return err
	}); err != nil {
		return err
	}
	log([]any{"joinall timeout", len(ready)})
	if ready, err = h.WaitN(1, ts[0], ts[1], ts[2]); err != nil {
		return err
	}
	log([]any{"count=1", len(ready)})
	if err := h.WaitAll(ts[0], ts[1], ts[2]); err != nil {
		return err
	}
	log(states())
	return nil
}

// python writes truths as Python does.
func python(all []any) (text string) {
	for i, v := range all {
		if i > 0 {
			text += ", "
		}
		if text += "False"; v == true {
			text = text[:len(text)-len("False")] + "True"
		}
	}
	return text
}

func noStructure(h *green.Hub, log func(any)) error {
	parent := h.Go(func() error {
		h.Go(func() error {
			err := h.Sleep(10 * ms)
			log("child done")
			return err
		})
		log("parent done")
		return nil
	})
	if err := parent.Join(); err != nil {
		return err
	}
	log("joined parent")
	for h.Len() > 1 { // wait() without objects: what Run does at its end
		if err := h.Sleep(ms); err != nil {
			return err
		}
	}
	log("wait() done")
	return nil
}

func semaphoreFairness(h *green.Hub, log func(any)) error {
	m := h.NewSemaphore(1)
	return h.Group(func(g *green.Group) error {
		for _, who := range []string{"a", "b", "c"} {
			g.Go(func() error {
				for i := range 2 {
					if err := m.Acquire(); err != nil {
						return err
					}
					say(log, "%s%d", who, i)
					if err := h.Yield(); err != nil {
						return err
					}
					m.Release()
				}
				return nil
			})
		}
		return nil
	})
}

func timeouts(h *green.Hub, log func(any)) error {
	long := func() error { return h.Sleep(time.Hour) }
	err := h.WithTimeout(10*ms, func(*green.Timeout) error { return long() })
	var e interface{ Timeout() bool }
	if errors.As(err, &e) && e.Timeout() {
		log("0.01 seconds") // so eventlet prints it
	}
	if inTime, err := h.Within(10*ms, long); !inTime && err == nil {
		log("silent")
	}
	v, err := green.GetWithin(h, 10*ms, "tv", func() (string, error) { return "", long() })
	log(v)
	return err
}

func queueMaxsize2(h *green.Hub, log func(any)) error {
	q := green.NewQueue[int](h, 2)
	return h.Group(func(g *green.Group) error {
		g.Go(func() error {
			for i := range 5 {
				if err := q.Put(i); err != nil {
					return err
				}
				say(log, "put%d", i)
			}
			return nil
		})
		g.Go(func() error {
			for range 5 {
				v, err := q.Get()
				if err != nil {
					return err
				}
				say(log, "get%d", v)
			}
			return nil
		})
		return nil
	})
}

func queueGettersFIFO(h *green.Hub, log func(any)) error {
	q := green.NewQueue[int](h, -1)
	return h.Group(func(g *green.Group) error {
		for _, who := range []string{"a", "b", "c"} {
			g.Go(func() error {
				v, err := q.Get()
				say(log, "%s:%d", who, v)
				return err
			})
		}
		if err := h.Yield(); err != nil {
			return err
		}
		for i := range 3 {
			if err := q.Put(i); err != nil {
				return err
			}
		}
		return nil
	})
}

// rendezvous uses the channel that switches to the receiver, as LightQueue(0) does.
func rendezvous(h *green.Hub, log func(any)) error {
	c := tasklet.NewChan[int](h.Scheduler())
	return h.Group(func(g *green.Group) error {
		g.Go(func() error {
			for i := range 3 {
				if err := c.Send(i); err != nil {
					return err
				}
				say(log, "put%d", i)
			}
			return nil
		})
		g.Go(func() error {
			for range 3 {
				v, err := c.Receive()
				if err != nil {
					return err
				}
				say(log, "get%d", v)
			}
			return nil
		})
		return nil
	})
}

func setTwice(h *green.Hub, log func(any)) error {
	r := green.NewResult[int](h)
	return h.Group(func(g *green.Group) error {
		for i := range 3 {
			g.Go(func() error {
				v, err := r.Get()
				say(log, "w%d=%d", i, v)
				return err
			})
		}
		if err := h.Yield(); err != nil {
			return err
		}
		r.Set(5)
		r.Set(6)
		if err := h.Yield(); err != nil {
			return err
		}
		v, err := r.Get()
		log(v)
		return err
	})
}

// work is what the maps of the recordings do: 0 takes longer than 1.
func work(h *green.Hub, log func(any)) func(int) (int, error) {
	return func(i int) (int, error) {
		say(log, "s%d", i)
		d := []time.Duration{3 * ms, 1 * ms, 2 * ms, 1 * ms}[i]
		if err := h.Sleep(d); err != nil {
			return 0, err
		}
		say(log, "e%d", i)
		return i, nil
	}
}

// firstInts yields 0 to n-1.
func firstInts(n int) func(func(int) bool) {
	return slices.Values([]int{0, 1, 2, 3}[:n])
}

func poolMaps(h *green.Hub, log func(any)) error {
	p := green.NewPool(h, 2)
	vals, err := green.Map(p, firstInts(4), work(h, log))
	if err != nil {
		return err
	}
	log(vals)
	for _, in := range []func(*green.Pool, func(func(int) bool), func(int) (int, error)) func(func(int, error) bool){
		func(p *green.Pool, seq func(func(int) bool), f func(int) (int, error)) func(func(int, error) bool) {
			return green.MapUnordered(p, seq, f)
		},
		func(p *green.Pool, seq func(func(int) bool), f func(int) (int, error)) func(func(int, error) bool) {
			return green.MapSeq(p, seq, f)
		},
	} {
		vals := []int{}
		for v, err := range in(p, firstInts(3), work(h, log)) {
			if err != nil {
				return err
			}
			vals = append(vals, v)
		}
		log(vals)
	}
	return nil
}

func poolPile(h *green.Hub, log func(any)) error {
	p := green.NewPool(h, 2)
	vals := []int{}
	for v, err := range green.MapSeq(p, firstInts(4), work(h, log)) {
		if err != nil {
			return err
		}
		vals = append(vals, v)
	}
	log(vals)
	pile := green.NewPile[int](p)
	f := work(h, log)
	for i := range 3 {
		if err := pile.Go(func() (int, error) { return f(i) }); err != nil {
			return err
		}
	}
	vals = []int{}
	for v, err := range pile.All() {
		if err != nil {
			return err
		}
		vals = append(vals, v)
	}
	log(vals)
	return nil
}
