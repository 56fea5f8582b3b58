// Package owner tells which goroutine may use a tree of greenlets right now.
//
// A tree moves between goroutines all the time: the goroutine of the greenlet that runs is the one that
// may call into it, and every other one must not. The check stands on the way of every switch, so it
// compares the address of the runtime's g, which is in a register or in thread-local storage, with the
// one written down when that goroutine last took the tree over: a few instructions on amd64 and
// arm64. On other architectures [Exact] is false and every caller passes: there only [Mark.Reach] tells, in
// microseconds, for the few who must know.
//
// # Nested trees
//
// A greenlet may make a tree of its own, and a greenlet of that inner tree may use the outer one: it acts
// for the greenlet in whose flow the inner tree lives. The goroutine that calls is then not the one
// written down, so [Mark.Reach] walks outwards: from the calling goroutine to the tree that it serves, to
// the goroutine on which that tree's main flow lives, and so on. Which goroutine serves which tree is in
// a process-wide table that is written only when a pooled goroutine is born or ends.
package owner

import "sync"

// A Mark is a tree's note of who may use it. Its zero value belongs to nobody.
type Mark struct {
	// Running is the goroutine on which the tree's code runs. It is open so that the way of a switch can set
	// it to what Check returned before, and so that generic code in other packages needs no call for it.
	Running uintptr
	home    uintptr // the goroutine on which the tree's main flow lives
}

// Bind makes the calling goroutine home, and the one that runs.
func (m *Mark) Bind() {
	m.home = current()
	m.Running = m.home
}

// Current returns the identity of the calling goroutine, distinct from that of every other live one.
func Current() uintptr { return current() }

// Reach is [Check] for callers that may sit in a tree nested in m's: it returns the identity of the
// goroutine for which the caller acts, or 0 if the caller may not use the tree. It tells on every architecture.
func (m *Mark) Reach() uintptr {
	for g := current(); ; {
		if is(&m.Running, g) {
			return g
		}
		inner := serves.get(g)
		if inner == nil {
			return 0
		}
		g = inner.home
	}
}

// Serve notes that the calling goroutine is one of m's pooled ones, and returns its identity.
func (m *Mark) Serve() uintptr {
	g := current()
	serves.put(g, m)
	return g
}

// Retire undoes the calling goroutine's Serve.
func Retire() { serves.drop(current()) }

// serves is the process-wide table. It is split so that trees on different goroutines rarely meet. A g is some 400
// bytes long, and those born one after the other lie side by side and mostly serve one tree: the table is by page, so
// that a crowd of births stays in the processor's caches and takes a bit for each.
var serves table

type table [32]struct {
	sync.Mutex
	pages map[uintptr]services
}

// services are the goroutines on one page that serve the tree of m. Those of other trees follow.
type services struct {
	m    *Mark
	gs   [pageSize / minG / 64]uint64
	more *services
}

const (
	pageSize = 8 << 10 // the runtime's
	minG     = 64      // no two identities are closer
)

func page(g uintptr) uintptr { return g / pageSize }

// bit returns where in services.gs a goroutine is.
func bit(g uintptr) (word int, mask uint64) {
	n := g % pageSize / minG
	return int(n / 64), 1 << (n % 64)
}

func (t *table) get(g uintptr) *Mark {
	s := &t[page(g)%32]
	s.Lock()
	defer s.Unlock()
	word, mask := bit(g)
	first := s.pages[page(g)]
	for e := &first; e != nil; e = e.more {
		if e.gs[word]&mask != 0 {
			return e.m
		}
	}
	return nil
}

func (t *table) put(g uintptr, m *Mark) {
	s := &t[page(g)%32]
	s.Lock()
	defer s.Unlock()
	if s.pages == nil {
		s.pages = make(map[uintptr]services)
	}
	word, mask := bit(g)
	first := s.pages[page(g)]
	for e := &first; e != nil; e = e.more {
		if e.m == m {
			e.gs[word] |= mask
			s.pages[page(g)] = first
			return
		}
	}
	if first.m != nil {
		rest := first
		first = services{more: &rest}
	}
	first.m = m
	first.gs[word] |= mask
	s.pages[page(g)] = first
}

func (t *table) drop(g uintptr) {
	s := &t[page(g)%32]
	s.Lock()
	defer s.Unlock()
	word, mask := bit(g)
	first := s.pages[page(g)]
	head := &first
	for e := &head; *e != nil; e = &(*e).more {
		if (*e).gs[word]&mask == 0 {
			continue
		}
		if (*e).gs[word] &^= mask; (*e).gs == [len(first.gs)]uint64{} {
			*e = (*e).more
		}
		break
	}
	if head != nil {
		s.pages[page(g)] = *head
		return
	}
	delete(s.pages, page(g))
	if len(s.pages) == 0 {
		s.pages = nil // a map never shrinks; let go of what a million greenlets needed
	}
}
