package main

import (
	"math/bits"
	"time"
)

// A histogram counts times, each within a sixteenth of what it is.
type histogram struct {
	counts [61 * 16]int64
	n      int64
}

// slot is where d is counted: by its highest bit and the four that follow.
func slot(d time.Duration) int {
	ns := uint64(max(0, d))
	if ns < 16 {
		return int(ns)
	}
	shift := bits.Len64(ns) - 5
	return (shift+1)<<4 + int(ns>>shift)&15
}

// value is the middle of what is counted in slot i.
func value(i int) time.Duration {
	if i < 16 {
		return time.Duration(i)
	}
	shift := i>>4 - 1
	return time.Duration((16+uint64(i&15))<<shift + 1<<shift/2)
}

func (h *histogram) add(d time.Duration) {
	h.counts[slot(d)]++
	h.n++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.n += other.n
}

// quantile returns the time that the part q of all does not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	left := int64(q*float64(h.n) + 0.5)
	for i, n := range h.counts {
		if left -= n; left <= 0 && n > 0 {
			return value(i)
		}
	}
	return 0
}
