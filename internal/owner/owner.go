// Package owner tells which goroutine may use a tree of greenlets right now.
//
// A tree moves between goroutines all the time: the goroutine of the greenlet that runs is the one that
// may call into it, and every other one must not. The check stands on the way of every switch, so it
// compares the address of the runtime's g, which is in a register or in thread-local storage, with the
// one written down when that goroutine last took the tree over: about two nanoseconds on amd64 and
// arm64. On other architectures [Exact] is false and every caller passes.
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
	running uintptr // the goroutine on which the tree's code runs
	home    uintptr // the goroutine on which the tree's main flow lives
}

// Bind makes the calling goroutine home, and the one that runs.
func (m *Mark) Bind() {
	m.home = current()
	m.running = m.home
}

// Check returns the identity of the calling goroutine if the tree runs on it, else 0. What it returns
// is what [Mark.Set] takes when the caller goes on after a switch.
func (m *Mark) Check() uintptr { return check(&m.running) }

// Set notes that the tree runs on the goroutine with the given identity.
func (m *Mark) Set(g uintptr) { m.running = g }

// Current returns the identity of the calling goroutine: distinct from that of every other live one where
// [Exact], always the same elsewhere.
func Current() uintptr { return current() }

// Reach is Check for callers that may sit in a tree nested in m's: it returns the identity of the
// goroutine for which the caller acts, or 0 if the caller may not use the tree.
func (m *Mark) Reach() uintptr {
	for g := current(); ; {
		if is(&m.running, g) {
			return g
		}
		inner := serves.get(g)
		if inner == nil {
			return 0
		}
		g = inner.home
	}
}

// Serve notes that the calling goroutine is one of m's pooled ones. It returns the goroutine's identity.
func (m *Mark) Serve() uintptr {
	g := current()
	if Exact {
		serves.put(g, m)
	}
	return g
}

// Retire takes back Serve; g is what it returned.
func Retire(g uintptr) {
	if Exact {
		serves.drop(g)
	}
}

// serves is the process-wide table. It is split so that trees on different goroutines rarely meet.
var serves table

type table [32]struct {
	sync.Mutex
	m map[uintptr]*Mark
}

// shard spreads the addresses of g's, which are some 400 bytes apart.
func shard(g uintptr) uintptr { return (g >> 9 * 0x9E3779B1 >> 16) % 32 }

func (t *table) get(g uintptr) *Mark {
	s := &t[shard(g)]
	s.Lock()
	defer s.Unlock()
	return s.m[g]
}

func (t *table) put(g uintptr, m *Mark) {
	s := &t[shard(g)]
	s.Lock()
	if s.m == nil {
		s.m = make(map[uintptr]*Mark)
	}
	s.m[g] = m
	s.Unlock()
}

func (t *table) drop(g uintptr) {
	s := &t[shard(g)]
	s.Lock()
	delete(s.m, g)
	if len(s.m) == 0 {
		s.m = nil // a map never shrinks; let go of what a million greenlets needed
	}
	s.Unlock()
}
