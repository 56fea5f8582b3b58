package green

// OnEnd has f called when the hub has ended: by Run, on its goroutine, when no task is left. It is for what a package has
// opened for the hub and must not stay open longer, like a socket; forget takes it back when that is closed earlier. Those of
// the latest come first. f must not use the hub; if that has ended already, it is called at once. As everything of a hub,
// both are for its own goroutine only.
func (h *Hub) OnEnd(f func()) (forget func()) {
	h.s.Len() // panics on another goroutine
	e := &h.atEnd
	if e.over {
		f()
		return func() {}
	}
	n := &endHook{f: f, older: e.newest}
	if e.newest != nil {
		e.newest.newer = n
	}
	e.newest = n
	return func() { e.remove(n) }
}

// endHooks are what is called when a hub has ended.
type endHooks struct {
	newest *endHook
	over   bool
}

type endHook struct {
	f            func() // nil when it was called or forgotten
	older, newer *endHook
}

func (e *endHooks) remove(n *endHook) {
	if n.f == nil {
		return
	}
	n.f = nil
	if n.newer == nil {
		e.newest = n.older
	} else {
		n.newer.older = n.older
	}
	if n.older != nil {
		n.older.newer = n.newer
	}
}

func (e *endHooks) call() {
	e.over = true
	for n := e.newest; n != nil; n = e.newest {
		f := n.f
		e.remove(n)
		f()
	}
}
