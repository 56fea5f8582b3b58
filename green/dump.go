package green

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Snapshot is what a hub does at a moment, as data: see [Hub.Snapshot].
type Snapshot struct {
	Time  time.Time  `json:"time"` // of the hub's world
	Stats Stats      `json:"stats"`
	Tasks []TaskInfo `json:"tasks"` // by their IDs
}

// A TaskInfo describes a task.
type TaskInfo struct {
	ID       uint64        `json:"id"`
	Parent   uint64        `json:"parent,omitempty"` // who spawned it; 0 if that has ended, or was no task
	Name     string        `json:"name,omitempty"`
	Raw      bool          `json:"raw,omitempty"`       // it is no task but a tasklet: see [Hub.SpawnRaw]
	State    string        `json:"state"`               // pending, running, runnable, blocked, or paused
	WaitsFor string        `json:"waits_for,omitempty"` // if it is blocked
	Blocked  time.Duration `json:"blocked_ns,omitempty"`
	Switches uint64        `json:"switches"`
	Ran      time.Duration `json:"ran_ns,omitempty"` // with the option Record
	Stack    []Frame       `json:"stack,omitempty"`  // innermost first
	Created  []Frame       `json:"created,omitempty"`
}

// A Frame is a call.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// Label names the task as its String does.
func (i *TaskInfo) Label() string {
	kind := "task"
	if i.Raw {
		kind = "tasklet"
	}
	if i.Name == "" {
		return fmt.Sprintf("%s %d", kind, i.ID)
	}
	return fmt.Sprintf("%s %d %q", kind, i.ID, i.Name)
}

// Status says in words what the task does.
func (i *TaskInfo) Status() string {
	switch {
	case i.WaitsFor == "":
		return i.State
	case i.Blocked < time.Microsecond:
		return "waits for " + i.WaitsFor
	}
	return fmt.Sprintf("waits for %s for %v", i.WaitsFor, i.Blocked.Round(time.Microsecond))
}

// Snapshot describes every task there is; with stacks, where each is parked and, with the option [Record], where it was
// spawned. The calls of the library by which every stack begins and ends are left out. For other goroutines there is
// [Hub.Inspect].
func (h *Hub) Snapshot(stacks bool) *Snapshot {
	s := &Snapshot{Time: h.Now(), Stats: h.Stats()}
	for tl := range h.s.All() {
		s.Tasks = append(s.Tasks, h.describe(tl, stacks))
	}
	slices.SortFunc(s.Tasks, func(a, b TaskInfo) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

func (h *Hub) describe(tl *tasklet.Tasklet, stacks bool) TaskInfo {
	i := TaskInfo{
		ID: tl.ID(), Name: tl.Name(), WaitsFor: tl.WaitsFor(), Blocked: tl.BlockedFor(),
		Switches: tl.Switches(), Ran: tl.RunTime(),
	}
	t, is := tl.Data().(*Task)
	i.Raw = !is
	if is && t.parent != nil && t.parent.state != ended && t.parent.t != nil {
		i.Parent = t.parent.t.ID()
	}
	switch {
	case tl.IsCurrent():
		i.State = "running"
	case tl.Blocked():
		i.State = "blocked"
	case is && t.alarm != nil && t.alarm.IsSet():
		i.State = "pending"
	case tl.Scheduled():
		i.State = "runnable"
	default:
		i.State = "paused"
	}
	if stacks {
		i.Stack = frames(tl.Stack())
		if is {
			i.Created = frames(t.Created())
		} else {
			i.Created = frames(tl.Created())
		}
	}
	return i
}

const module = "github.com/go-greenlet/greenlet"

// frames is the part of a stack that says something: without the library's switching at its top, and what every task
// begins with.
func frames(stack []runtime.Frame) (fs []Frame) {
	for len(stack) > 1 && machinery(stack[0].Function) {
		stack = stack[1:]
	}
	for n := len(stack) - 1; n > 0; n-- {
		if f := stack[n].Function; !machinery(f) && !strings.HasPrefix(f, module+"/green.") {
			break
		}
		stack = stack[:n]
	}
	for _, f := range stack {
		fs = append(fs, Frame{f.Function, f.File, f.Line})
	}
	return fs
}

func machinery(function string) bool {
	for _, p := range []string{
		module + ".", module + "/tasklet.", module + "/internal/", "runtime.", "iter.",
		module + "/green.(*Hub).describe", module + "/green.(*Hub).Snapshot", module + "/green.(*Hub).Dump",
	} {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}

// Inspect is [Hub.Snapshot] for other goroutines: any may call it that does not run h. It waits for the hub as [Call]
// does, and leaves out the task in which it looks.
func (h *Hub) Inspect(ctx context.Context, stacks bool) (*Snapshot, error) {
	return Call(ctx, h, func() (*Snapshot, error) {
		s := h.Snapshot(stacks)
		me := h.s.Current().ID()
		s.Tasks = slices.DeleteFunc(s.Tasks, func(i TaskInfo) bool { return i.ID == me })
		s.Stats.Tasks--
		s.Stats.Runnable--
		return s, nil
	})
}

// Dump writes the tree of tasks, each under the one that spawned it, with what it waits for and its stack. It does not
// block the task, unless w does, which then blocks the hub: write to a buffer. For other goroutines there is
// [Hub.Inspect].
func (h *Hub) Dump(w io.Writer) error { return h.Snapshot(true).Write(w) }

// maxIndent is how deep the tree is drawn: a chain of a million tasks is a list.
const maxIndent = 30

// Write writes the snapshot as [Hub.Dump] does. Any goroutine may call it.
func (s *Snapshot) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%d tasks, %d others, %d runnable, %d blocked, %d timers, %d switches\n",
		s.Stats.Tasks, s.Stats.Raw, s.Stats.Runnable, s.Stats.Blocked, s.Stats.Timers, s.Stats.Switches)
	for _, n := range s.Tree() {
		indent := strings.Repeat("  ", min(n.Depth, maxIndent))
		fmt.Fprintf(out, "%s%s: %s\n", indent, n.Task.Label(), n.Task.Status())
		for _, f := range n.Task.Stack {
			fmt.Fprintf(out, "%s    %s %s:%d\n", indent, f.Function, f.File, f.Line)
		}
		for i, f := range n.Task.Created {
			if i == 0 {
				fmt.Fprintf(out, "%s  spawned by\n", indent)
			}
			fmt.Fprintf(out, "%s    %s %s:%d\n", indent, f.Function, f.File, f.Line)
		}
	}
	return out.Flush()
}

// A Node is a place in the tree of tasks.
type Node struct {
	Depth int
	Task  *TaskInfo
}

// Tree returns the tasks in the order of the tree: each before the ones that it spawned, with how deep it stands.
func (s *Snapshot) Tree() []Node {
	children := map[uint64][]*TaskInfo{}
	known := map[uint64]bool{}
	for i := range s.Tasks {
		known[s.Tasks[i].ID] = true
	}
	for i := range s.Tasks {
		t := &s.Tasks[i]
		parent := t.Parent
		if !known[parent] {
			parent = 0
		}
		children[parent] = append(children[parent], t)
	}
	all := make([]Node, 0, len(s.Tasks))
	var todo []Node
	push := func(id uint64, depth int) {
		for _, t := range slices.Backward(children[id]) {
			todo = append(todo, Node{depth, t})
		}
	}
	for push(0, 0); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		all = append(all, n)
		push(n.Task.ID, n.Depth+1)
	}
	return all
}
