package green

import "slices"

// operations is what a hub has of what is for those who run a program, rather than write it. All of it is made when
// it is first asked for.
type operations struct {
	ends     []*ending
	shutdown *Shutdown
	latency  Latency
	prober   *helper
	tracing  []*Trace
	untrace  func()
}

type ending struct{ f func() }

// AtEnd makes f be called when Run is ending, before the tasks that are left are killed: the last one first. f runs
// on the hub's goroutine and must not block for long; it is where helpers of the hub on other goroutines are ended.
// If Run is already ending, AtEnd calls f immediately. AtEnd returns a function that removes f.
func (h *Hub) AtEnd(f func()) (cancel func()) {
	if h.Check(); h.stopped {
		f()
		return func() {}
	}
	o := &h.ops
	if o.ends == nil {
		h.onStop = append(h.onStop, h.endAll)
	}
	e := &ending{f}
	o.ends = append(o.ends, e)
	return func() {
		h.Check()
		if i := slices.Index(o.ends, e); i >= 0 {
			o.ends = slices.Delete(o.ends, i, i+1)
		}
	}
}

func (h *Hub) endAll() {
	o := &h.ops
	for len(o.ends) > 0 {
		last := o.ends[len(o.ends)-1]
		o.ends = o.ends[:len(o.ends)-1]
		last.f()
	}
}

// alone takes back what would keep Run waiting when there are no tasks left.
func (h *Hub) alone() {
	if h.tasks > 0 || !h.leaving {
		return
	}
	if s := h.ops.shutdown; s != nil && s.alarm != nil {
		s.alarm.Stop()
	}
}

// A helper is a goroutine of the library's own that serves a hub until it is stopped or the hub ends. It must never
// wait for the hub without waiting for quit, too.
type helper struct {
	quit, ended chan struct{}
	stopped     bool
	cancel      func()
}

func (h *Hub) help(run func(quit <-chan struct{})) *helper {
	p := &helper{quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		run(p.quit)
		h.s.Post(func() error { // fails if the hub has ended
			p.cancel()
			return nil
		})
	}()
	p.cancel = h.AtEnd(func() {
		p.release()
		<-p.ended
	})
	return p
}

// release tells the goroutine to end.
func (p *helper) release() {
	if !p.stopped {
		p.stopped = true
		close(p.quit)
	}
}

// stop ends the goroutine and returns when it has ended.
func (p *helper) stop() {
	p.release()
	<-p.ended
}
