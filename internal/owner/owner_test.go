package owner

import (
	"math/bits"
	"sync"
	"testing"
)

// on runs f on a goroutine of its own.
func on(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func needExact(t *testing.T) {
	if !Exact {
		t.Skip("goroutines are not told apart on this architecture")
	}
}

func TestCurrentTellsGoroutinesApart(t *testing.T) {
	const n = 100
	var mu sync.Mutex
	seen := map[uintptr]bool{Current(): true}
	var all, ready sync.WaitGroup
	release := make(chan bool)
	for range n {
		all.Add(1)
		ready.Add(1)
		go func() {
			defer all.Done()
			mu.Lock()
			seen[Current()] = true
			mu.Unlock()
			ready.Done()
			<-release
		}()
	}
	ready.Wait()
	close(release)
	all.Wait()
	if len(seen) != n+1 {
		t.Errorf("%d identities of %d goroutines that live at the same time", len(seen), n+1)
	}
	if a, b := Current(), Current(); a != b || a == 0 {
		t.Errorf("one goroutine is %x and then %x", a, b)
	}
}

func TestCheck(t *testing.T) {
	needExact(t)
	var m Mark
	if Check(&m.Running) != 0 || m.Reach() != 0 {
		t.Error("the zero Mark belongs to somebody")
	}
	m.Bind()
	me := Current()
	if got := Check(&m.Running); got != me {
		t.Errorf("Check at home: %x, want %x", got, me)
	}
	if got := m.Reach(); got != me {
		t.Errorf("Reach at home: %x, want %x", got, me)
	}
	on(func() {
		if Check(&m.Running) != 0 || m.Reach() != 0 {
			t.Error("a stranger passes")
		}
		there := Current()
		m.Running = there
		if got := Check(&m.Running); got != there {
			t.Errorf("Check where it runs: %x, want %x", got, there)
		}
	})
	if Check(&m.Running) != 0 {
		t.Error("home passes while the tree runs elsewhere")
	}
}

func TestReachWalksOutwards(t *testing.T) {
	// A tree in a tree in a tree: each one's main flow lives on the goroutine that serves the next outer one.
	var outer, middle, inner, other Mark
	outer.Bind()
	on(func() {
		outer.Serve()
		outer.Running = Current()
		there := Current()
		middle.Bind()
		on(func() {
			middle.Serve()
			middle.Running = Current()
			inner.Bind()
			on(func() {
				inner.Serve()
				inner.Running = Current()
				if got := outer.Reach(); got != there {
					t.Errorf("Reach from the innermost: %x, want %x", got, there)
				}
				if got := inner.Reach(); got != Current() {
					t.Errorf("Reach of the own tree: %x", got)
				}
				other.Bind()
				Retire()
			})
			if other.Reach() != 0 {
				t.Error("passes into a tree that it is not nested in")
			}
			Retire()
			if outer.Reach() != 0 {
				t.Error("passes after Retire")
			}
		})
		Retire()
	})
	empty(t)
}

// empty fails t if the table has an entry.
func empty(t *testing.T) {
	t.Helper()
	for i := range serves {
		if s := &serves[i]; s.pages != nil {
			t.Errorf("part %d of the table has %d pages", i, len(s.pages))
		}
	}
}

func TestTableIsEmptied(t *testing.T) {
	empty(t)
	var marks [3]Mark // that share pages
	var served, done sync.WaitGroup
	release := make(chan bool)
	const n = 500
	for i := range n {
		m := &marks[i%len(marks)]
		served.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			m.Serve()
			served.Done()
			<-release
			if serves.get(Current()) != m {
				t.Error("the table has lost an entry")
			}
			Retire()
			if serves.get(Current()) != nil {
				t.Error("the table has an entry after Retire")
			}
		}()
	}
	served.Wait()
	entries := 0
	for i := range serves {
		for _, p := range serves[i].pages {
			for e := &p; e != nil; e = e.more {
				for _, w := range e.gs {
					entries += bits.OnesCount64(w)
				}
			}
		}
	}
	if entries != n {
		t.Errorf("%d entries, want %d", entries, n)
	}
	close(release)
	done.Wait()
	empty(t)
}
