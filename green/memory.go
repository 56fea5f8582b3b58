package green

import (
	"runtime/metrics"
	"time"
)

// A MemoryUse says that the program's memory has passed a watermark.
type MemoryUse struct {
	Bytes uint64 // in objects on the heap, dead ones that were not yet collected included
	Limit uint64
	Over  bool // or under it again
}

// WatchMemory calls f, in a task of its own, when the program holds limit bytes on the heap or more, and when it is
// under the limit again; it looks every so often, in the time of the system, which stops nothing, and does not keep
// the hub from ending. stop ends it, on the hub's goroutine; so does the end of Run.
func (h *Hub) WatchMemory(limit uint64, every time.Duration, f func(MemoryUse) error) (stop func()) {
	h.Check()
	ticker := time.NewTicker(every)
	return h.watchMemory(limit, ticker.C, ticker.Stop, heap, f)
}

// heap returns how many bytes are on the heap.
func heap() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func (h *Hub) watchMemory(
	limit uint64, ticks <-chan time.Time, end func(), read func() uint64, f func(MemoryUse) error,
) (stop func()) {
	p := h.help(func(quit <-chan struct{}) {
		defer end()
		over := false
		for {
			select {
			case <-ticks:
			case <-quit:
				return
			}
			use := MemoryUse{Bytes: read(), Limit: limit}
			if use.Over = use.Bytes >= limit; use.Over != over {
				over = use.Over
				h.Post(func() error { return f(use) })
			}
		}
	})
	return func() {
		h.Check()
		p.stop()
	}
}
