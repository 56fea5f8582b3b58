package http

import (
	"errors"
	"net/http"
	"sync"
)

// An aside has what goroutines other than the hub's have written to a response, until the hub's takes it: with the
// handler's next use of the response, a flush, or its end. It must not wait for the hub: the handler may keep that
// until the goroutine is done, as that of net/http/pprof's profiles does.
type aside struct {
	mu     sync.Mutex
	status int
	buf    []byte
	over   error // why nothing is taken any more
}

const (
	flushAside = 32 << 10 // written aside, after which the hub is asked to send it
	maxAside   = 64 << 20 // of what it has not taken yet
)

var (
	errAside      = errors.New("green/http: a goroutine has written 64 MB which the hub has not taken; write in tasks")
	asideGone     = &aside{over: errGone}
	asideHijacked = &aside{over: http.ErrHijacked}
)

// apart returns what a goroutine other than the hub's writes to.
func (w *response) apart() *aside {
	if w.aside.Load() == nil {
		w.aside.CompareAndSwap(nil, &aside{})
	}
	return w.aside.Load()
}

// over reports whether nothing of goroutines goes out any more.
func (w *response) over() bool {
	a := w.aside.Load()
	return a == asideGone || a == asideHijacked
}

func writeAside[T string | []byte](w *response, p T) (int, error) {
	a := w.apart()
	full, err := add(a, p)
	if err != nil {
		return 0, err
	}
	if full {
		w.FlushError()
	}
	return len(p), nil
}

func add[T string | []byte](a *aside, p T) (full bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := len(a.buf)
	switch {
	case a.over != nil:
		return false, a.over
	case before+len(p) > maxAside:
		return false, errAside
	}
	a.buf = append(a.buf, p...)
	return before < flushAside && len(a.buf) >= flushAside, nil
}

// settleAside keeps the status for the hub; the first counts, and none does after a part of the body.
func (w *response) settleAside(status int) {
	a := w.apart()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over == nil && a.status == 0 && len(a.buf) == 0 {
		a.status = status
	}
}

// takeAside writes what goroutines have written, in that order: nothing is taken before all that was taken is written.
func (w *response) takeAside() {
	a := w.aside.Load()
	if a == nil || w.c.waitWritten() != nil {
		return
	}
	a.mu.Lock()
	status, buf := a.status, a.buf
	a.status, a.buf = 0, nil
	a.mu.Unlock()
	if status != 0 {
		w.writeHeader(status)
	}
	if len(buf) > 0 {
		writeNow(w, buf)
	}
}
