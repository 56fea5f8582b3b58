package green

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrCollision is in the chain of what the Go and the Post of a [DAG] return for a key that has a task or a value
// already.
var ErrCollision = errors.New("green: the key is taken")

// A DAG runs tasks each of which needs the results of others. A task has a key, and says by their keys what it needs;
// it begins when all of that is there. What is needed may be added later, in any order. A DAG belongs to a hub.
type DAG[K comparable, V any] struct {
	_        noCopy
	h        *Hub
	limit    int
	running  int
	nodes    map[K]*dagNode[K, V]
	order    []*dagNode[K, V] // in which they were first heard of
	ready    fifo[*dagNode[K, V]]
	finished []*dagNode[K, V]
	changed  *tasklet.Line
}

type dagState uint8

const (
	dagMissing dagState = iota // somebody needs it, and nobody provides it yet
	dagWaiting                 // for what it needs
	dagReady                   // waits for its turn
	dagRunning
	dagFinished
)

// A dagNode is what a task of a DAG belongs to.
type dagNode[K comparable, V any] struct {
	d       *DAG[K, V]
	key     K
	state   dagState
	needs   []*dagNode[K, V]
	lacks   int
	needers []*dagNode[K, V]
	f       func(map[K]V) (V, error)
	t       *Task
	val     V
	err     error
}

// A DAGError says that a task of a [DAG] has failed, or that it cannot run because one has that it needs.
type DAGError struct {
	Key any   // of the task
	Err error // what it failed with, or the DAGError of what it needs
}

// Error names the keys and the reason.
func (e *DAGError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "green: %v ", e.Key)
	for first := true; ; first = false {
		need, is := e.Err.(*DAGError)
		if !is {
			break
		}
		if first {
			b.WriteString("cannot run: it ")
		}
		fmt.Fprintf(&b, "needs %v, which ", need.Key)
		e = need
	}
	fmt.Fprintf(&b, "failed: %v", e.Err)
	return b.String()
}

// Unwrap returns Err.
func (e *DAGError) Unwrap() error { return e.Err }

// Keys returns the key of the task, then the one that it needs, and so on, to the one that failed.
func (e *DAGError) Keys() []any {
	keys := []any{e.Key}
	for need, is := e.Err.(*DAGError); is; need, is = need.Err.(*DAGError) {
		keys = append(keys, need.Key)
	}
	return keys
}

// A CycleError says that tasks of a [DAG] need each other, so that none could ever run.
type CycleError struct {
	Keys []any // each needs the next one; the last is the first again
}

// Error names the keys.
func (e *CycleError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "green: a cycle: %v", e.Keys[0])
	for _, k := range e.Keys[1:] {
		fmt.Fprintf(&b, " needs %v", k)
		if k != e.Keys[len(e.Keys)-1] {
			b.WriteString(", which")
		}
	}
	return b.String()
}

// NewDAG makes a DAG of which up to limit tasks run at the same time: with [Unbounded], or any negative limit, as many
// as can.
func NewDAG[K comparable, V any](h *Hub, limit int) *DAG[K, V] {
	if limit == 0 {
		panic("green: a DAG in which no task can run")
	}
	d := &DAG[K, V]{h: h, limit: limit, nodes: map[K]*dagNode[K, V]{}}
	d.changed = h.s.NewLineOf("a task to end of", d)
	return d
}

// String says how many tasks run and wait, and for which keys in vain.
func (d *DAG[K, V]) String() string {
	s := fmt.Sprintf("DAG (%d run, %d wait", d.running, len(d.Waiting()))
	if missing := d.Missing(); len(missing) > 0 {
		s += fmt.Sprintf(", nobody provides %v", missing)
	}
	return s + ")"
}

// Go adds a task with the given key that needs the results of those with the keys in needs. It runs f with them, which
// may keep the map, and f's result is the task's. It does not wait. A task that fails, is killed or panics takes those
// with it that need it, before they begin; [DAG.Wait] returns that, and nobody else is told. Go returns an
// error that wraps [ErrCollision] if the key is taken, and a [*CycleError] if the task would need itself; then
// nothing was added.
func (d *DAG[K, V]) Go(key K, needs []K, f func(map[K]V) (V, error)) error {
	d.h.Check()
	if n := d.nodes[key]; n != nil && n.state != dagMissing {
		return fmt.Errorf("%w: %v", ErrCollision, key)
	}
	if err := d.cycle(key, needs); err != nil {
		return err
	}
	n := d.node(key)
	n.state, n.f = dagWaiting, f
	var failed *dagNode[K, V]
	for _, k := range needs {
		need := d.node(k)
		if slices.Contains(n.needs, need) {
			continue
		}
		n.needs = append(n.needs, need)
		switch {
		case need.state != dagFinished:
			n.lacks++
			need.needers = append(need.needers, n)
		case need.err != nil && failed == nil:
			failed = need
		}
	}
	if failed != nil {
		n.finish(failed.passedOn(key))
		return nil
	}
	n.proceed()
	return nil
}

// node returns the node of key, made if nobody has heard of it.
func (d *DAG[K, V]) node(key K) *dagNode[K, V] {
	n := d.nodes[key]
	if n == nil {
		n = &dagNode[K, V]{d: d, key: key}
		d.nodes[key] = n
		d.order = append(d.order, n)
	}
	return n
}

// cycle looks for a way from what is needed back to key.
func (d *DAG[K, V]) cycle(key K, needs []K) error {
	came := map[K]K{} // from which key the search came
	var stack []K
	for _, k := range needs {
		if _, seen := came[k]; !seen {
			came[k] = key
			stack = append(stack, k)
		}
	}
	for len(stack) > 0 {
		k := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if k == key {
			path := []any{key}
			for c := came[key]; c != key; c = came[c] {
				path = append(path, c)
			}
			path = append(path, key)
			slices.Reverse(path)
			return &CycleError{Keys: path}
		}
		if n := d.nodes[k]; n != nil && n.state != dagFinished {
			for _, m := range n.needs {
				if _, seen := came[m.key]; !seen {
					came[m.key] = k
					stack = append(stack, m.key)
				}
			}
		}
	}
	return nil
}

// proceed lets n run if it has all that it needs.
func (n *dagNode[K, V]) proceed() {
	if n.state == dagWaiting && n.lacks == 0 {
		n.state = dagReady
		n.d.ready.push(n)
		n.d.start()
	}
}

// start starts what is ready, as far as the limit allows.
func (d *DAG[K, V]) start() {
	for d.ready.len() > 0 && (d.limit < 0 || d.running < d.limit) {
		n := d.ready.pop()
		if n.state != dagReady {
			continue // it was killed meanwhile
		}
		n.state = dagRunning
		d.running++
		n.t = &Task{body: function(func() (err error) {
			needs := make(map[K]V, len(n.needs))
			for _, m := range n.needs {
				needs[m.key] = m.val
			}
			n.val, err = n.f(needs)
			return err
		})}
		n.t.start(n)
		if n.state == dagRunning {
			n.t.SetName(fmt.Sprint(n.key))
		}
	}
}

func (n *dagNode[K, V]) hub() *Hub         { return n.d.h }
func (n *dagNode[K, V]) begin(*Task) error { return nil }

func (n *dagNode[K, V]) end(t *Task, _ error, _ bool) {
	n.d.running--
	if t.err != nil {
		n.finish(&DAGError{Key: n.key, Err: t.err})
	} else {
		n.finish(nil)
	}
	n.d.start()
}

// finish ends n, and what needs it if that is an end with an error.
func (n *dagNode[K, V]) finish(err error) {
	d := n.d
	if err != nil {
		n.val = *new(V)
	}
	n.state, n.err, n.f, n.t = dagFinished, err, nil, nil
	d.finished = append(d.finished, n)
	needers := n.needers
	n.needers = nil
	for _, m := range needers {
		if m.state != dagWaiting {
			continue
		}
		if err != nil {
			m.finish(n.passedOn(m.key))
			continue
		}
		m.lacks--
		m.proceed()
	}
	d.changed.WakeAll()
}

// passedOn is the error of the task key, which needs n.
func (n *dagNode[K, V]) passedOn(key K) error {
	return &DAGError{Key: key, Err: n.err}
}

// Post gives the key a value that no task has to find. It returns an error that wraps [ErrCollision] if the key is
// taken.
func (d *DAG[K, V]) Post(key K, v V) error { return d.post(key, v, nil) }

// Fail is [DAG.Post] of an error: what needs the key fails with it.
func (d *DAG[K, V]) Fail(key K, err error) error {
	if err == nil {
		panic("green: Fail without an error")
	}
	return d.post(key, *new(V), &DAGError{Key: key, Err: err})
}

func (d *DAG[K, V]) post(key K, v V, err error) error {
	d.h.Check()
	n := d.node(key)
	if n.state != dagMissing {
		return fmt.Errorf("%w: %v", ErrCollision, key)
	}
	n.val = v
	n.finish(err)
	return nil
}

// Get waits until the key has a value, whether it is known already or not, and returns that. The error is a
// [*DAGError] if its task has failed or cannot run, or what ended the waiting.
func (d *DAG[K, V]) Get(key K) (V, error) {
	vals, err := d.Wait(key)
	return vals[key], err
}

// Wait waits until all the given keys have values, or without keys all that somebody has provided or needs, and returns
// the values. When one fails, it does not wait any longer, and returns the [*DAGError] of that one with the values that
// are there. It also fails with what ended the waiting. A key that nobody provides is waited for: see [DAG.Missing].
func (d *DAG[K, V]) Wait(keys ...K) (map[K]V, error) {
	vals := map[K]V{}
	for key, err := range d.Each(keys...) {
		if err != nil {
			return vals, err
		}
		vals[key] = d.nodes[key].val
	}
	return vals, nil
}

// Each returns the given keys, or without keys all that somebody has provided or needs, in the order in which they end,
// with the [*DAGError] of each. It waits for those that have not ended; [DAG.Value] then has the value without waiting.
// If the waiting fails, the zero key comes with that error, and it is the last.
func (d *DAG[K, V]) Each(keys ...K) iter.Seq2[K, error] {
	return func(yield func(K, error) bool) {
		d.h.Check()
		left := make(map[K]bool, len(keys))
		for _, k := range keys {
			left[k] = true
		}
		for i := 0; ; {
			for ; i < len(d.finished); i++ {
				n := d.finished[i]
				if len(keys) > 0 && !left[n.key] {
					continue
				}
				delete(left, n.key)
				if !yield(n.key, n.err) {
					return
				}
			}
			if len(keys) > 0 && len(left) == 0 || len(keys) == 0 && len(d.finished) == len(d.order) {
				return
			}
			if err := d.changed.Wait(); err != nil {
				yield(*new(K), err)
				return
			}
		}
	}
}

// Value returns the value of the key, and whether it has one. It does not wait.
func (d *DAG[K, V]) Value(key K) (v V, ok bool) {
	d.h.Check()
	if n := d.nodes[key]; n != nil && n.state == dagFinished && n.err == nil {
		return n.val, true
	}
	return v, false
}

// Stop kills the task of the key, without waiting, and reports whether there was one that had not ended. One that has
// not begun never will. What needs it fails.
func (d *DAG[K, V]) Stop(key K) bool {
	d.h.Check()
	n := d.nodes[key]
	switch {
	case n == nil || n.state == dagMissing || n.state == dagFinished:
		return false
	case n.state == dagRunning:
		n.t.Stop()
	default:
		n.finish(&DAGError{Key: n.key, Err: ErrKilled})
	}
	return true
}

// StopAll kills every task that has not ended, without waiting.
func (d *DAG[K, V]) StopAll() {
	d.h.Check()
	for _, n := range slices.Clone(d.order) {
		d.Stop(n.key)
	}
}

// Running returns the keys of the tasks that run.
func (d *DAG[K, V]) Running() []K { return d.in(dagRunning, dagRunning) }

// Waiting returns the keys of the tasks that have not begun.
func (d *DAG[K, V]) Waiting() []K { return d.in(dagWaiting, dagReady) }

// Missing returns the keys that tasks need and nobody provides.
func (d *DAG[K, V]) Missing() []K { return d.in(dagMissing, dagMissing) }

// in returns the keys that are in one of the states, in the order in which they were first heard of.
func (d *DAG[K, V]) in(from, to dagState) (keys []K) {
	d.h.Check()
	for _, n := range d.order {
		if from <= n.state && n.state <= to {
			keys = append(keys, n.key)
		}
	}
	return keys
}
