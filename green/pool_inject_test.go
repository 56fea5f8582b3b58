package green_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

func TestExhaustPool(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		p := green.NewPool(x.h, 2)
		running, ended, added := 0, 0, 0
		for i := range 3 {
			x.spawn(func() error {
				for range 2 {
					_, err := p.Go(func() error {
						running++
						x.check(running <= 2, "%d run", running)
						defer func() { running--; ended++ }()
						return x.h.Sleep(time.Duration(i) * ms)
					})
					if err != nil {
						return err
					}
					added++
				}
				return nil
			})
		}
		x.spawn(func() error { _, err := x.h.WaitAny(p); return err })
		return func(struck int) {
			x.check(x.h.Shield(p.Join) == nil, "the join failed")
			x.check(p.Len() == 0 && p.Free() == 2 && p.Waiting() == 0, "%v at the end", p)
			x.check(running == 0 && added == ended, "%d added, %d ended", added, ended)
			x.check(added >= 4 && (struck >= 0 || added == 6), "%d added", added)
		}
	})
}

// The members are struck here: each adds one more to its own pool.
func TestExhaustPoolMembers(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		p := green.NewPool(x.h, 2)
		ended := 0
		for range 3 {
			x.spawn(func() error {
				j, err := green.SpawnIn(p, func() (int, error) {
					defer func() { ended++ }()
					_, err := p.Go(func() error { ended++; return x.h.Yield() })
					if err == green.ErrPoolDeadlock {
						err = nil
					}
					return 0, err
				})
				if err != nil {
					return err
				}
				if _, err = j.Get(); err == green.ErrKilled {
					return nil // the job was, by the task below
				}
				return err
			})
		}
		x.spawn(func() error { return p.Kill() })
		return func(int) {
			x.check(p.Join() == nil && p.Len() == 0 && p.Waiting() == 0, "%v at the end", p)
		}
	})
}

func TestExhaustMaps(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		p := green.NewPool(x.h, 2)
		live := 0
		f := func(i int) (int, error) {
			live++
			defer func() { live-- }()
			defer x.h.Shield(x.h.Yield)
			return i, x.h.Sleep(time.Duration(1+i%2) * ms)
		}
		var eager []int
		lazy := [2][]int{}
		x.spawn(func() error {
			vs, err := green.Map(p, numbers(4), f)
			x.check(err == nil || vs == nil, "results %v beside %v", vs, err)
			eager = vs
			return err
		})
		for k, mapped := range []bool{true, false} {
			x.spawn(func() error {
				seq := green.MapUnordered(p, numbers(4), f)
				if mapped {
					seq = green.MapSeq(p, numbers(4), f)
				}
				for v, err := range seq {
					if err != nil {
						return err
					}
					lazy[k] = append(lazy[k], v)
					if err := x.h.Yield(); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return func(struck int) {
			x.check(live == 0 && p.Len() == 0 && p.Waiting() == 0 && x.h.Len() == 1, "%d live, %v, %d tasks", live, p, x.h.Len())
			slices.Sort(lazy[1])
			for i, got := range [][]int{eager, lazy[0], lazy[1]} {
				x.check(i == struck || slices.Equal(got, []int{0, 1, 2, 3}), "task %d has %v", i, got)
			}
		}
	})
}

func TestExhaustPile(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		pile := green.NewPile[int](green.NewPool(x.h, 2))
		added := 0
		var got []int
		x.spawn(func() error {
			for i := range 4 {
				if err := pile.Go(func() (int, error) { return i, x.h.Sleep(time.Duration(4-i) * ms) }); err != nil {
					return err
				}
				added++
			}
			return nil
		})
		for range 2 {
			x.spawn(func() error {
				if err := x.h.Yield(); err != nil {
					return err
				}
				for v, err := range pile.All() {
					if err != nil {
						return err
					}
					got = append(got, v)
				}
				return nil
			})
		}
		return func(int) {
			for v, err := range pile.All() {
				x.check(err == nil, "%v", err)
				got = append(got, v)
			}
			x.check(slices.Equal(got, slices.Collect(numbers(added))), "%d added, got %v", added, got)
		}
	})
}

func TestExhaustResources(t *testing.T) {
	for _, check := range []bool{false, true} {
		exhaust(t, func(x *trial) func(int) {
			open, most, closed := 0, 0, 0
			o := green.ResourceOptions[int]{
				Max: 2,
				Create: func() (int, error) {
					if err := x.h.Sleep(ms); err != nil {
						return 0, err
					}
					open++
					most = max(most, open)
					return open, nil
				},
				Close: func(int) error {
					open--
					closed++
					return x.h.Yield()
				},
			}
			if check {
				o.Check = func(v int) error {
					if err := x.h.Yield(); err != nil {
						return err
					}
					if v == 2 {
						return errors.New("unfit")
					}
					return nil
				}
			}
			p := green.NewResourcePool(x.h, o)
			rounds := [4]int{}
			for i := range 4 {
				x.spawn(func() error {
					for range 2 {
						err := p.With(func(r *green.Resource[int]) error {
							rounds[i]++
							if i == 3 {
								p.Discard(r)
							}
							return x.h.Yield()
						})
						if err != nil {
							return err
						}
					}
					return nil
				})
			}
			return func(struck int) {
				s := p.Stats()
				x.check(most <= 2 && s.Open == open && s.Idle == open && s.Waiting == 0, "most %d, open %d, %+v", most, open, s)
				x.check(s.Created-s.Closed == open && s.Closed == closed, "%d open, %+v", open, s)
				for _, i := range others(4, struck) {
					x.check(rounds[i] == 2, "task %d came %d times", i, rounds[i])
				}
				p.Close()
				x.check(open == 0 && p.Stats().Open == 0, "%d open after Close", open)
			}
		})
	}
}

func TestExhaustDAG(t *testing.T) {
	exhaust(t, func(x *trial) func(int) {
		d := green.NewDAG[string, int](x.h, 1)
		d.Go("c", []string{"a", "b"}, func(needs map[string]int) (int, error) { return needs["a"] + needs["b"], x.h.Yield() })
		d.Go("b", []string{"a"}, func(needs map[string]int) (int, error) { return needs["a"] + 1, x.h.Sleep(ms) })
		got := [3]int{}
		for i := range 3 {
			x.spawn(func() (err error) {
				got[i], err = d.Get("c")
				return err
			})
		}
		x.spawn(func() error {
			defer d.Post("a", 1)
			return x.h.Sleep(ms)
		})
		x.start = true
		return func(struck int) {
			for _, i := range others(3, struck) {
				x.check(got[i] == 3, "task %d got %d", i, got[i])
			}
			v, err := d.Get("c")
			x.check(v == 3 && err == nil, "c is %d, %v", v, err)
		}
	})
}
