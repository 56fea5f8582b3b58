package greenlet

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// An Info describes a greenlet at one moment.
type Info struct {
	ID     uint64
	Name   string
	State  State
	Parent uint64 // its ID; 0 for main

	// Stack is what Greenlet.Stack returns. Only Inspect and OnLeak fill it in.
	Stack []runtime.Frame

	// What follows is known only in trees made with the option Record.

	Created  []runtime.Frame // the calls that called New, innermost first, at most eight
	Switches uint64          // how often control arrived there
	For      time.Duration   // how long it has been in its state
}

// String returns what the greenlet's own String returned at that moment.
func (i Info) String() string {
	var parent Greenlet[struct{}]
	id := identity[struct{}]{id: i.ID, label: &label{name: i.Name}}
	if i.Parent != 0 {
		id.parent = &parent
	}
	return fmt.Sprintf("%v (%v)", &id, i.State)
}

func (t *tree[T]) info(g *Greenlet[T]) Info {
	id := g.identity()
	i := Info{ID: id.id, Name: id.name(), State: g.state()}
	if p := g.parent(); p != nil {
		i.Parent = p.ID()
	}
	if id.label != nil && id.label.record != nil {
		id.label.record.tell(&i)
	}
	return i
}

// started yields the nodes of the greenlets that have started and not ended, main first, then by their first park.
func (t *tree[T]) started() []*node[T] {
	head := t.main.node
	list := []*node[T]{head}
	for n := head.Data.prev; n != head; n = n.Data.prev {
		list = append(list, n)
	}
	if n := t.cur.node; !n.Data.parked {
		list = append(list, n)
	}
	return list
}

// infos describes the greenlets of list, with their stacks if those are asked for.
func (t *tree[T]) infos(list []*node[T], stacks bool) []Info {
	self := t.pool.Owner.Running
	all := make([]Info, len(list))
	for i, n := range list {
		all[i] = t.info(t.handle(n))
		if stacks {
			all[i].Stack = t.stack(n)
		}
	}
	t.pool.Owner.Running = self
	return all
}

// All lists the greenlets of g's tree that have started and not ended, abandoned ones included: main first, then in
// the order in which they first parked. It yields data and not the greenlets: handles that the tree kept would never
// be abandoned. The list is of the moment at which the loop begins, whatever the loop does.
//
//go:noinline
func (g *Greenlet[T]) All() iter.Seq[Info] {
	return func(yield func(Info) bool) {
		t, _ := g.enter("All")
		if t == nil {
			return
		}
		slices.Values(t.infos(t.started(), false))(yield)
	}
}

// Inspect lists the greenlets of g's tree that have started and not ended, as All does, with their stacks. Any goroutine
// may call it, at any time: a monitor, a signal handler, a page. Called from another goroutine than the tree's, it is
// answered by the tree at its next switch, since a parked stack can be read only on that stack; it then waits until that
// comes, or ctx is done, whose error it returns. A tree that never switches never answers: what its goroutine does is
// in [runtime.Stack], which stops the world. Inspect of a closed tree, or one that is closed meanwhile, returns
// [ErrClosed]. The tree pays two switches and the walk for each of its greenlets.
func (g *Greenlet[T]) Inspect(ctx context.Context) ([]Info, error) {
	t := g.home()
	if t.closed.Load() {
		return nil, ErrClosed
	}
	if t.reach() != 0 {
		return t.infos(t.started(), true), nil
	}
	answer := make(chan []Info, 1)
	if !t.questions.ask(answer) {
		return nil, ErrClosed
	}
	t.pool.Rare.Or(askedBit)
	select {
	case list, ok := <-answer:
		if !ok {
			return nil, ErrClosed
		}
		return list, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// questions are the calls of Inspect from other goroutines that wait for an answer.
type questions struct {
	mu      sync.Mutex
	waiting []chan<- []Info
	closed  bool
}

// ask adds a question, or returns false if the tree is closed.
func (q *questions) ask(answer chan<- []Info) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.waiting = append(q.waiting, answer)
	}
	return !q.closed
}

// take returns the questions, after which there are none; close refuses further ones.
func (q *questions) take(close bool) []chan<- []Info {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.waiting
	q.waiting, q.closed = nil, q.closed || close
	return list
}

// answer answers the questions at a switch.
func (t *tree[T]) answer() {
	t.pool.Rare.And(^uint32(askedBit))
	var list []Info
	for _, answer := range t.questions.take(false) {
		if list == nil {
			list = t.infos(t.started(), true)
		}
		answer <- slices.Clone(list)
	}
}

// WriteDump writes list, from Inspect or All, as a table for people: a line for each greenlet with its state, for how
// long it is in it, how often control arrived there, where it is parked and where it was created. What was not recorded
// is left out. It returns the first error of w.
func WriteDump(w io.Writer, list []Info) error {
	list = slices.SortedFunc(slices.Values(list), func(a, b Info) int { return cmp.Compare(a.ID, b.ID) })
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tSTATE\tFOR\tSWITCHES\tPARENT\tAT\tCREATED AT")
	for _, i := range list {
		since, parent := "", ""
		if i.For > 0 {
			since = i.For.Round(time.Microsecond).String()
		}
		if i.Parent != 0 {
			parent = fmt.Sprint(i.Parent)
		}
		fmt.Fprintf(table, "%d\t%s\t%v\t%s\t%d\t%s\t%s\t%s\n", i.ID, cell(i.Name), i.State, since, i.Switches, parent, at(i.Stack), at(i.Created))
	}
	return table.Flush()
}

// at names the innermost call of a stack.
func at(stack []runtime.Frame) string {
	if len(stack) == 0 {
		return "-"
	}
	f := stack[0]
	return cell(fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line))
}

// cell returns s, quoted if it has anything in it that could break the table or that a terminal would obey.
func cell(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	return strconv.Quote(s)
}
