package green_test

import (
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

func TestHub_OnEnd(t *testing.T) {
	var d []string
	note := func(s string) func() { return func() { d = append(d, s) } }
	var hub *green.Hub
	err := green.Run(func(h *green.Hub) error {
		hub = h
		h.OnEnd(note("first"))
		forget := h.OnEnd(note("forgotten"))
		h.OnEnd(note("second"))
		last := h.OnEnd(note("forgotten, too"))
		forget()
		forget()
		last()
		h.Go(func() error {
			defer note("a task ends")()
			return h.Sleep(ms)
		})
		return nil
	})
	expect(t, "error", err, nil)
	expect(t, "order", len(d), 3)
	for i, want := range []string{"a task ends", "second", "first"} {
		expect(t, "order", d[i], want)
	}
	hub.OnEnd(note("late"))()
	expect(t, "after the end", d[3], "late")
}

func TestHub_OnEndAfterFailures(t *testing.T) {
	called := 0
	expectPanic(t, "boom", func() {
		green.Run(func(h *green.Hub) error {
			h.OnEnd(func() { called++ })
			panic("boom")
		})
	})
	err := green.Run(func(h *green.Hub) error {
		h.OnEnd(func() { called++ })
		return errBoom
	})
	expect(t, "error", err, errBoom)
	expect(t, "called", called, 2)
}
