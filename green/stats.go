package green

import (
	"context"
	"encoding/json"
	"math/bits"
	"time"
)

// Stats say how a hub is doing: see [Hub.Stats].
type Stats struct {
	Tasks    int     `json:"tasks"`    // that have not ended, the main one included
	Raw      int     `json:"raw"`      // tasklets that are no tasks: those of SpawnRaw, and the library's own
	Runnable int     `json:"runnable"` // tasks and raw ones that wait for their turn or have it
	Blocked  int     `json:"blocked"`  // those that wait for something
	Spawned  uint64  `json:"spawned"`  // tasks and raw ones that were ever made
	Switches uint64  `json:"switches"` // from one to another, so far
	Timers   int     `json:"timers"`   // sleeps, deadlines and timers that are pending
	Sockets  int     `json:"sockets"`  // tasks that wait for a descriptor of the system
	Latency  Latency `json:"latency"`
}

// A Latency says for how long tasks that could run had to wait for their turn. It comes from samples, so that no switch
// pays for it: see [Hub.SampleLatency].
type Latency struct {
	Samples uint64        `json:"samples"`
	Last    time.Duration `json:"last_ns"`
	Mean    time.Duration `json:"mean_ns"`
	Max     time.Duration `json:"max_ns"`

	total   time.Duration
	buckets [64]uint64 // by the number of bits of the nanoseconds
}

func (l *Latency) add(d time.Duration) {
	l.Samples++
	l.Last, l.Max = d, max(l.Max, d)
	l.total += d
	l.Mean = l.total / time.Duration(l.Samples)
	l.buckets[bits.Len64(uint64(max(d, 0)))%64]++
}

// Quantile returns a time that at least the part q of the samples, 0.99 say, did not exceed. It is up to twice as
// long as the shortest such time, and 0 without samples.
func (l *Latency) Quantile(q float64) time.Duration {
	need := uint64(q*float64(l.Samples) + 0.999999)
	var n uint64
	for i, c := range l.buckets {
		if n += c; n >= need && n > 0 {
			return min(time.Duration(1)<<i-1, l.Max)
		}
	}
	return l.Max
}

// Stats counts what there is now. It looks at every task; no switch pays for it. From another goroutine use [Call], or
// [Hub.Var].
func (h *Hub) Stats() Stats {
	s := h.s.Stats()
	st := Stats{
		Tasks: h.Len(), Runnable: s.Runnable, Blocked: s.Blocked, Spawned: s.Spawned,
		Switches: s.Switches, Timers: s.Timers, Sockets: s.Outside, Latency: h.ops.latency,
	}
	with := 1 // tasks that have a tasklet; those with none have ended before they began
	for t := range h.Tasks() {
		if t != h.main {
			with++
		}
	}
	st.Raw = s.Alive - with
	return st
}

// MeasureLatency takes a sample of the latency now: how long the ring of those that can run takes to come round, by the
// hub's clock. The calling task gives way meanwhile. It fails if the caller is killed or its deadline has passed.
func (h *Hub) MeasureLatency() (time.Duration, error) {
	begin := h.Now()
	if err := h.s.Schedule(); err != nil {
		return 0, err
	}
	d := h.Now().Sub(begin)
	h.ops.latency.add(d)
	return d, nil
}

// SampleLatency takes a sample of the latency now and then: at most every so often, in the time of the system, and
// without keeping the hub from ending. It costs a tasklet for each sample. stop ends it, on the hub's goroutine; so
// does the end of Run. Another SampleLatency replaces it.
func (h *Hub) SampleLatency(every time.Duration) (stop func()) {
	h.Check()
	ticker := time.NewTicker(every)
	return h.sampleLatency(ticker.C, ticker.Stop)
}

func (h *Hub) sampleLatency(ticks <-chan time.Time, end func()) (stop func()) {
	if p := h.ops.prober; p != nil {
		p.stop()
	}
	p := h.help(func(quit <-chan struct{}) {
		defer end()
		done := make(chan struct{}, 1)
		for {
			select {
			case <-ticks:
			case <-quit:
				return
			}
			err := h.s.Post(func() error {
				_, err := h.MeasureLatency()
				done <- struct{}{}
				return err
			})
			if err != nil {
				return
			}
			select { // one at a time
			case <-done:
			case <-quit:
				return
			}
		}
	})
	h.ops.prober = p
	return func() {
		h.Check()
		p.stop()
	}
}

// A Var is a hub's statistics for package expvar, whose Var it is:
//
//	expvar.Publish("hub", h.Var())
type Var struct{ h *Hub }

// Var returns the hub's statistics as a variable for package expvar.
func (h *Hub) Var() *Var { return &Var{h} }

// varPatience is for how long a Var waits for the hub. Whoever reads statistics wants an answer.
const varPatience = 2 * time.Second

// String returns the [Stats] as JSON. Any goroutine may call it. It is "null" when the hub has ended; and if the hub
// has not answered for two seconds, since a task does not give way, {"stuck":true}.
func (v *Var) String() string {
	if v.h.ending() {
		return "null"
	}
	var s Stats
	if v.h.s.Inside() {
		s = v.h.Stats()
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), varPatience)
		defer cancel()
		var err error
		s, err = Call(ctx, v.h, func() (Stats, error) {
			s := v.h.Stats()
			s.Tasks-- // the one that looks
			s.Runnable--
			return s, nil
		})
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return `{"stuck":true}`
		default:
			return "null"
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "null"
	}
	return string(text)
}
