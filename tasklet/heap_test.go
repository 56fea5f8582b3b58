package tasklet

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The heap of timers behaves as a list that is sorted by time and, for equal times, by the order of setting.
func TestHeap_IsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h heap
		var model []*timer
		pool := make([]timer, 40)
		pick := rapid.IntRange(0, len(pool)-1)
		drop := func(tm *timer) {
			model = slices.DeleteFunc(model, func(m *timer) bool { return m == tm })
		}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				for _, when := range rapid.SliceOfN(rapid.Int64Range(-3, 20), 1, 20).Draw(t, "when") {
					tm := &pool[pick.Draw(t, "timer")]
					drop(tm)
					h.set(tm, when)
					at, _ := slices.BinarySearchFunc(model, when, func(m *timer, when int64) int {
						if m.when <= when {
							return -1
						}
						return 1
					})
					model = slices.Insert(model, at, tm)
				}
			},
			"unset": func(t *rapid.T) {
				tm := &pool[pick.Draw(t, "timer")]
				drop(tm)
				h.unset(tm)
			},
			"fire": func(t *rapid.T) {
				if tm := h.first(); tm != nil {
					drop(tm)
					h.unset(tm)
				}
			},
			"": func(t *rapid.T) {
				if len(h.list) != len(model) {
					t.Fatalf("%d timers, want %d", len(h.list), len(model))
				}
				if len(model) > 0 && h.first() != model[0] {
					t.Fatalf("first is not the one set first for the earliest time")
				}
				for i, tm := range h.list {
					if tm.pos != i+1 {
						t.Fatalf("the timer at %d thinks it is at %d", i, tm.pos-1)
					}
				}
				for i := range pool {
					if set := pool[i].pos != 0; set != slices.Contains(model, &pool[i]) {
						t.Fatalf("timer %d is set: %v", i, set)
					}
				}
			},
		})
		for len(model) > 0 {
			if h.first() != model[0] {
				t.Fatalf("%d are left, and first is the wrong one", len(model))
			}
			h.unset(model[0])
			model = model[1:]
		}
	})
}

func TestHeap_GivesMemoryBack(t *testing.T) {
	var h heap
	timers := make([]timer, 100_000)
	for i := range timers {
		h.set(&timers[i], int64(i*7919%len(timers)))
	}
	for h.first() != nil {
		h.unset(h.first())
	}
	if c := cap(h.list); c > 1024 {
		t.Errorf("room for %d timers is left", c)
	}
}
