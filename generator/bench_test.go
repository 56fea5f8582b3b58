package generator_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/go-greenlet/greenlet/generator"
)

// Each benchmark stands beside what a program would use instead.

func forever(y *generator.Yielder[int, int]) error {
	for i := 0; ; i++ {
		if _, err := y.Yield(i); err != nil {
			return err
		}
	}
}

func BenchmarkNext(b *testing.B) {
	b.Run("generator", func(b *testing.B) {
		g := generator.New(forever)
		defer g.Close()
		g.Next()
		b.ReportAllocs()
		for b.Loop() {
			g.Next()
		}
	})
	b.Run("iter.Pull", func(b *testing.B) {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		defer stop()
		next()
		b.ReportAllocs()
		for b.Loop() {
			next()
		}
	})
	b.Run("channel", func(b *testing.B) {
		c, done := make(chan int), make(chan struct{})
		go func() {
			defer close(c)
			for i := 0; ; i++ {
				select {
				case c <- i:
				case <-done:
					return
				}
			}
		}()
		b.ReportAllocs()
		for b.Loop() {
			<-c
		}
		close(done)
	})
}

func BenchmarkSend(b *testing.B) {
	g := generator.New(forever)
	defer g.Close()
	g.Next()
	b.ReportAllocs()
	for b.Loop() {
		g.Send(1)
	}
}

func BenchmarkThrow(b *testing.B) {
	g := generator.New(func(y *generator.Yielder[int, int]) error {
		for {
			y.Yield(1)
		}
	})
	defer g.Close()
	g.Next()
	b.ReportAllocs()
	for b.Loop() {
		g.Throw(nil)
	}
}

// BenchmarkAll is the cost of one value of a loop.
func BenchmarkAll(b *testing.B) {
	b.Run("unstarted", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for range generator.New(forever).All() {
			if n++; n == b.N {
				break
			}
		}
	})
	b.Run("started", func(b *testing.B) {
		g := generator.New(forever)
		g.Next()
		b.ReportAllocs()
		n := 0
		for range g.All() {
			if n++; n == b.N {
				break
			}
		}
	})
	b.Run("func", func(b *testing.B) {
		var seq iter.Seq[int] = func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		}
		b.ReportAllocs()
		n := 0
		for range seq {
			if n++; n == b.N {
				break
			}
		}
	})
}

// BenchmarkLife is a generator from start to end, with one value.
func BenchmarkLife(b *testing.B) {
	b.Run("generator", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g := generator.New(forever)
			g.Next()
			g.Close()
		}
	})
	b.Run("iter.Pull", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			next, stop := iter.Pull(func(yield func(int) bool) {
				for i := 0; yield(i); i++ {
				}
			})
			next()
			stop()
		}
	})
}

// BenchmarkDepth yields from under many levels of delegation.
func BenchmarkDepth(b *testing.B) {
	for _, depth := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("recursive/%d", depth), func(b *testing.B) {
			g := deep(depth)
			defer g.Close()
			g.Next()
			b.ReportAllocs()
			for b.Loop() {
				g.Next()
			}
		})
	}
	for _, depth := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("started/%d", depth), func(b *testing.B) {
			g := chained(depth)
			defer g.Close()
			g.Next()
			b.ReportAllocs()
			for b.Loop() {
				g.Next()
			}
		})
	}
	for _, depth := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("iter.Pull/%d", depth), func(b *testing.B) {
			next, stop := iter.Pull(deepPull(depth))
			defer stop()
			next()
			b.ReportAllocs()
			for b.Loop() {
				next()
			}
		})
	}
}

// deep yields from under depth levels of recursion.
func deep(depth int) *generator.Generator[int, int] {
	if depth == 0 {
		return generator.New(forever)
	}
	return generator.New(func(y *generator.Yielder[int, int]) error { return y.From(deep(depth - 1)) })
}

// chained yields from under depth levels of delegation to started generators.
func chained(depth int) *generator.Generator[int, int] {
	g := generator.New(forever)
	for range depth {
		sub := g
		sub.Next()
		g = generator.New(func(y *generator.Yielder[int, int]) error { return y.From(sub) })
	}
	return g
}

// deepPull is what Pull's users write for want of delegation.
func deepPull(depth int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if depth == 0 {
			for i := 0; yield(i); i++ {
			}
			return
		}
		next, stop := iter.Pull(deepPull(depth - 1))
		defer stop()
		for v, ok := next(); ok && yield(v); v, ok = next() {
		}
	}
}
