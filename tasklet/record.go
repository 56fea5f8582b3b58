package tasklet

import (
	"runtime"
	"time"
)

// A record is what the option Record keeps of a tasklet.
type record struct {
	created [16]uintptr
	ran     int64 // nanoseconds, without the present turn
	began   int64
}

func newRecord() *record {
	r := &record{}
	runtime.Callers(5, r.created[:])
	return r
}

// observe is called at every switch while somebody wants to know of it.
func (s *Scheduler) observe(prev, next *Tasklet) {
	if s.record {
		now := s.now()
		if r := prev.record; r != nil {
			r.ran += now - r.began
		}
		if r := next.record; r != nil {
			r.began = now
		}
	}
	if prev == next {
		s.arrived()
	}
}

// Created returns the calls that created t, innermost first, if the scheduler has the option [Record]; else nil.
func (t *Tasklet) Created() []runtime.Frame {
	t.s.enter()
	if t.record == nil {
		return nil
	}
	var all []runtime.Frame
	for it := runtime.CallersFrames(t.record.created[:]); ; {
		f, more := it.Next()
		if f.PC != 0 {
			all = append(all, f)
		}
		if !more {
			return all
		}
	}
}

// RunTime returns for how long t has run, its present turn left out, if the scheduler has the option [Record]; else 0.
func (t *Tasklet) RunTime() time.Duration {
	t.s.enter()
	if t.record == nil {
		return 0
	}
	return time.Duration(t.record.ran)
}
