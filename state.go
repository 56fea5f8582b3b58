package greenlet

import "fmt"

// A State is where a greenlet is in its life.
type State uint8

const (
	Pending   State = iota // never started
	Running                // the current one of its tree
	Suspended              // switched away, or closing or starting another one
	Dead                   // ended, thrown into before its start, or of a closed tree
)

// String returns the name of s in lower case.
func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Running:
		return "running"
	case Suspended:
		return "suspended"
	case Dead:
		return "dead"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// State returns where g is in its life.
func (g *Greenlet[T]) State() State {
	g.enter("State")
	return g.state()
}

func (g *Greenlet[T]) state() State {
	switch {
	case g.dead() || g.tree.closed.Load():
		return Dead
	case g.node == nil:
		return Pending
	case g.is(g.tree.cur):
		return Running
	}
	return Suspended
}
