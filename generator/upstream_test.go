package generator_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

// What the generators in greenlet's own test suite show, in this package's terms.

// ints is the Yielder of a generator that receives nothing.
type ints = generator.Yielder[int, struct{}]

// values reads g to its end, by All or by Next.
func values[Out any](g *generator.Generator[Out, struct{}], push bool) []Out {
	if push {
		return slices.Collect(g.All())
	}
	var vs []Out
	for v, ok := g.Next(); ok; v, ok = g.Next() {
		vs = append(vs, v)
	}
	return vs
}

// bothWays runs f for generators that are read by All and for those that are read by Next.
func bothWays(t *testing.T, f func(t *testing.T, push bool)) {
	for _, push := range []bool{false, true} {
		t.Run(fmt.Sprintf("push=%v", push), func(t *testing.T) {
			f(t, push)
			goleak.VerifyNone(t)
		})
	}
}

func TestUpstream_Generator(t *testing.T) {
	bothWays(t, func(t *testing.T, push bool) {
		var seen []int
		for range 3 {
			g := generator.New(func(y *ints) error {
				for i := range 4 {
					seen = append(seen, i)
					y.Yield(i)
				}
				return nil
			})
			if push {
				for v := range g.All() {
					seen = append(seen, v)
				}
			} else {
				for v, ok := g.Next(); ok; v, ok = g.Next() {
					seen = append(seen, v)
				}
			}
		}
		once := []int{0, 0, 1, 1, 2, 2, 3, 3}
		expectSlice(t, "seen", seen, slices.Concat(once, once, once))
	})
}

func TestUpstream_LayeredGenlets(t *testing.T) {
	// The inner body yields to its own consumer and, past it, to the outer one's.
	bothWays(t, func(t *testing.T, push bool) {
		outer := generator.New(func(y2 *ints) error {
			inner := generator.New(func(y1 *ints) error {
				for i := 1; i < 5; i++ {
					y2.Yield(i)
					y1.Yield(i * i)
				}
				return nil
			})
			for v, ok := inner.Next(); ok; v, ok = inner.Next() {
				y2.Yield(v)
			}
			return nil
		})
		expectSlice(t, "values", values(outer, push), []int{1, 1, 2, 4, 3, 9, 4, 16})
	})
}

// permutations yields the orders of the elements of s, which it rearranges.
func permutations(y *generator.Yielder[string, struct{}], s []byte, k int) {
	if k == len(s) {
		y.Yield(string(s))
		return
	}
	for i := k; i < len(s); i++ {
		s[k], s[i] = s[i], s[k]
		permutations(y, s, k+1)
		s[k], s[i] = s[i], s[k]
	}
}

func permute(s string) *generator.Generator[string, struct{}] {
	return generator.New(func(y *generator.Yielder[string, struct{}]) error {
		permutations(y, []byte(s), 0)
		return nil
	})
}

func TestUpstream_Permutations(t *testing.T) {
	bothWays(t, func(t *testing.T, push bool) {
		got := values(permute("abcd"), push)
		expect(t, "results", len(got), 24)
		slices.Sort(got)
		expect(t, "distinct results", len(slices.Compact(got)), 24)
		a, b := permute("abcd"), permute("efgh")
		pairs := map[string]bool{}
		for {
			x, ok1 := a.Next()
			z, ok2 := b.Next()
			if ok1 != ok2 {
				t.Error("one ended before the other")
			}
			if !ok1 {
				break
			}
			pairs[x+z] = true
		}
		expect(t, "pairs", len(pairs), 24)
	})
}

func TestUpstream_GenletSimple(t *testing.T) {
	// The same values however the body comes to its Yield.
	direct := func(y *ints) error {
		for i := range 4 {
			y.Yield(i)
		}
		return nil
	}
	var nested func(y *ints, i int)
	nested = func(y *ints, i int) {
		if i > 0 {
			nested(y, i-1)
		}
		y.Yield(i)
	}
	delegating := func(y *ints) error {
		if err := y.From(generator.New(func(y *ints) error { nested(y, 2); return nil })); err != nil {
			return err
		}
		y.Yield(3)
		return nil
	}
	bothWays(t, func(t *testing.T, push bool) {
		for _, body := range []func(*ints) error{direct, delegating,
			func(y *ints) error { nested(y, 3); return nil }} {
			for range 2 {
				expectSlice(t, "values", values(generator.New(body), push), []int{0, 1, 2, 3})
			}
		}
	})
}

func TestUpstream_GenletBad(t *testing.T) {
	panics(t, "Yield outside a running generator", func() { new(ints).Yield(1) })
}

func TestUpstream_NestedGenlets(t *testing.T) {
	var down func(n int) *generator.Generator[int, struct{}]
	down = func(n int) *generator.Generator[int, struct{}] {
		return generator.New(func(y *ints) error {
			if n == 0 {
				return nil
			}
			y.Yield(n)
			for v := range down(n - 1).All() {
				y.Yield(v)
			}
			return nil
		})
	}
	bothWays(t, func(t *testing.T, push bool) {
		expectSlice(t, "values", values(down(5), push), []int{5, 4, 3, 2, 1})
	})
}

func TestUpstream_Hanoi(t *testing.T) {
	type move = [2]int
	var hanoi func(n, a, b, c int) *generator.Generator[move, struct{}]
	hanoi = func(n, a, b, c int) *generator.Generator[move, struct{}] {
		return generator.New(func(y *generator.Yielder[move, struct{}]) error {
			if n == 0 {
				return nil
			}
			if err := y.From(hanoi(n-1, a, c, b)); err != nil {
				return err
			}
			if _, err := y.Yield(move{a, c}); err != nil {
				return err
			}
			return y.From(hanoi(n-1, b, a, c))
		})
	}
	bothWays(t, func(t *testing.T, push bool) {
		pegs := [3][]int{{8, 7, 6, 5, 4, 3, 2, 1}}
		moves := values(hanoi(8, 0, 1, 2), push)
		expect(t, "moves", len(moves), 1<<8-1)
		for _, m := range moves {
			from, to := &pegs[m[0]], &pegs[m[1]]
			disc := (*from)[len(*from)-1]
			if len(*to) > 0 && (*to)[len(*to)-1] < disc {
				t.Fatal("a disc on a smaller one")
			}
			*from, *to = (*from)[:len(*from)-1], append(*to, disc)
		}
		expectSlice(t, "last peg", pegs[2], []int{8, 7, 6, 5, 4, 3, 2, 1})
	})
}
