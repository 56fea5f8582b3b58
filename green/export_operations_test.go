package green

import "time"

// SampleLatencyAt is SampleLatency with the times that come from ticks in place of the system's.
func (h *Hub) SampleLatencyAt(ticks <-chan time.Time) (stop func()) {
	return h.sampleLatency(ticks, func() {})
}

// WatchMemoryAt is WatchMemory with a clock and a program of the test's.
func (h *Hub) WatchMemoryAt(limit uint64, ticks <-chan time.Time, read func() uint64, f func(MemoryUse) error) (stop func()) {
	return h.watchMemory(limit, ticks, func() {}, read, f)
}
