package tasklet

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// A Hog is a tasklet that has kept the scheduler to itself.
type Hog struct {
	ID    uint64
	Name  string
	For   time.Duration // for how long, at least
	Stack string        // where it is, as a panic would print it
	kind  string        // task or tasklet
}

// String describes the hog in one line, without the stack.
func (h Hog) String() string {
	return fmt.Sprintf("%s has run for %v without giving way", label(cmp.Or(h.kind, "tasklet"), h.ID, h.Name), h.For)
}

// A Monitor watches a scheduler: see [Scheduler.Monitor].
type Monitor struct {
	s      *Scheduler
	limit  time.Duration
	report func(Hog)
	ids    map[*flow]uint64 // of the goroutines; the scheduler's alone
	on     bool

	mu    sync.Mutex
	turn  turn
	stop  chan none
	ended chan none
}

// A turn is one stretch of running. Its zero value is that nobody runs.
type turn struct {
	n         uint64 // which one
	tasklet   uint64
	name      string
	kind      string
	goroutine uint64
}

// Monitor starts to watch for tasklets, the main one included, that run for longer than limit without giving way, and
// calls report for each, once a turn. A tasklet alone in the ring that calls Schedule gives way too.
//
// report is called on a goroutine of the monitor's own while the tasklet goes on: it must not use the scheduler, and
// Stop waits for it. The stack of a running goroutine can only be had by stopping the whole program for a moment, the
// longer the more goroutines there are; that happens when there is something to report, and never otherwise. The time
// is that of the system, whatever the scheduler's [World] is. A hog is noticed between limit and twice as late.
//
// The monitor runs until Stop, or the end of the scheduler. While it runs a switch costs a little more; without one,
// or while it pauses, nothing. A scheduler has one monitor: another one replaces it.
func (s *Scheduler) Monitor(limit time.Duration, report func(Hog)) *Monitor {
	s.enter()
	if limit <= 0 || report == nil {
		panic("tasklet: Monitor with a limit that is not more than 0, or without a report")
	}
	ticker := time.NewTicker(max(limit/2, 1))
	return s.startMonitor(limit, report, ticker.C, ticker.Stop)
}

// startMonitor is Monitor with a clock: what comes from ticks is the time.
func (s *Scheduler) startMonitor(limit time.Duration, report func(Hog), ticks <-chan time.Time, end func()) *Monitor {
	if s.monitor != nil {
		s.monitor.Stop()
	}
	m := &Monitor{
		s: s, limit: limit, report: report, ids: map[*flow]uint64{},
		stop: make(chan none), ended: make(chan none),
	}
	if s.closed {
		close(m.stop)
		close(m.ended)
		end()
		return m
	}
	s.monitor = m
	go func() {
		defer close(m.ended)
		defer end()
		m.watch(ticks)
	}()
	m.Resume()
	return m
}

// Pause stops watching until Resume. Like Resume and Stop, it is called on the scheduler's goroutine.
func (m *Monitor) Pause() {
	m.s.enter()
	m.set(false)
	m.rest()
}

// Resume takes Pause back. The turn of the caller begins anew.
func (m *Monitor) Resume() {
	me := m.s.enter()
	if m.s.monitor == m {
		m.set(true)
		m.begin(me)
	}
}

// Stop ends the monitor. It returns when a report that is under way has. Stopped already, it does nothing.
func (m *Monitor) Stop() {
	s := m.s
	s.enter()
	if s.monitor != m {
		return
	}
	m.set(false)
	s.monitor = nil
	close(m.stop)
	<-m.ended
}

func (m *Monitor) set(on bool) {
	m.on = on
	m.s.setRare(rareWatched, on || m.s.record)
}

// begin notes that t has its turn from now on, whose goroutine is the calling one.
func (m *Monitor) begin(t *Tasklet) {
	id := m.ids[t.flow]
	if id == 0 {
		id = goroutine()
		m.ids[t.flow] = id
	}
	m.mu.Lock()
	m.turn = turn{m.turn.n + 1, t.id, t.name, t.kind(), id}
	m.mu.Unlock()
}

// rest notes that nobody runs.
func (m *Monitor) rest() {
	m.mu.Lock()
	m.turn = turn{n: m.turn.n + 1}
	m.mu.Unlock()
}

// arrived notes that the current tasklet goes on, on the calling goroutine, if a monitor wants to know.
func (s *Scheduler) arrived() {
	if m := s.monitor; m != nil && m.on {
		m.begin(s.current)
	}
}

// waitOutside waits in the world, which is no tasklet's turn.
func (s *Scheduler) waitOutside(until time.Time, expecting bool) {
	if m := s.monitor; m != nil && m.on {
		m.rest()
	}
	s.idled(nil)
	s.world.Wait(until, expecting)
}

// goroutine returns the number of the calling goroutine. The runtime tells it only in print.
func goroutine() uint64 {
	var buf [40]byte
	line := buf[:runtime.Stack(buf[:], false)]
	digits, _, _ := bytes.Cut(bytes.TrimPrefix(line, []byte("goroutine ")), []byte(" "))
	id, _ := strconv.ParseUint(string(digits), 10, 64)
	return id
}

// watch looks at every tick whether the turn is still the same.
func (m *Monitor) watch(ticks <-chan time.Time) {
	var seen uint64 // the turn that was looked at last
	var since time.Time
	reported := false
	for {
		select {
		case <-m.stop:
			return
		case now := <-ticks:
			switch t := m.present(); {
			case t.n != seen:
				seen, since, reported = t.n, now, false
			case t.tasklet != 0 && !reported && now.Sub(since) >= m.limit:
				stack := stackOf(t.goroutine)
				if m.present().n == seen { // else that is the stack of something later
					reported = true
					m.report(Hog{t.tasklet, t.name, now.Sub(since), stack, t.kind})
				}
			}
		}
	}
}

func (m *Monitor) present() turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.turn
}

// stackOf returns the stack of a goroutine, "" if there is none.
func stackOf(id uint64) string {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	head := fmt.Appendf(nil, "goroutine %d ", id)
	for block := range bytes.SplitSeq(buf, []byte("\n\n")) {
		if bytes.HasPrefix(block, head) {
			return string(block)
		}
	}
	return ""
}
