package greenlet

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
)

// maxDepth bounds what Stack returns.
const maxDepth = 1 << 10

// Stack returns the calls in which g is parked, innermost first, down to its run function, without running any of
// g's code. The frames of this package and of the runtime are left out. Of the greenlet that runs it is the stack of
// the caller; of an unstarted or dead one it is nil. At most 1024 frames are returned. It costs two switches and the
// walk.
func (g *Greenlet[T]) Stack() []runtime.Frame {
	t, self := g.enter("Stack")
	if t == nil || g.node == nil || g.dead() {
		return nil
	}
	defer func() { t.pool.Owner.Running = self }()
	return t.stack(g.node)
}

// stack returns the stack of the greenlet in n. Afterwards the caller must write down again on which goroutine t runs.
func (t *tree[T]) stack(n *node[T]) []runtime.Frame {
	pcs := make([]uintptr, maxDepth)
	walk := func() { pcs = pcs[:runtime.Callers(1, pcs)] }
	if n == t.cur.node {
		walk()
	} else {
		t.pool.Visit(n, walk)
	}
	return frames(pcs)
}

// frames resolves pcs, without the machinery at both ends.
func frames(pcs []uintptr) []runtime.Frame {
	var all []runtime.Frame
	it := runtime.CallersFrames(pcs)
	for {
		f, more := it.Next()
		if f.Function != "" && (len(all) > 0 || !machinery(f.Function)) {
			all = append(all, f)
		}
		if !more {
			break
		}
	}
	for len(all) > 0 && machinery(all[len(all)-1].Function) {
		all = all[:len(all)-1]
	}
	return all
}

const path = "github.com/go-greenlet/greenlet"

// machinery reports whether a function is this package's, or of what it stands on or what stands on it closely.
func machinery(function string) bool {
	for _, p := range [...]string{path + ".", path + "/internal/", path + "/generator.", "runtime.", "iter."} {
		if strings.HasPrefix(function, p) {
			return true
		}
	}
	return false
}

// wrongGoroutine is the text of the panic when the calling goroutine may not use t.
func (t *tree[T]) wrongGoroutine(op string) string {
	pcs := make([]uintptr, 32)
	pcs = pcs[:runtime.Callers(2, pcs)]
	advice := "hand the work over with a channel, or make a tree of its own with Main or Run"
	if inPull() {
		advice = "iter.Pull has put its body on a goroutine of its own; use generator.Of in its place, whose body may switch"
	}
	return fmt.Sprintf("greenlet: %s called on %s at %s, but the tree made at %s does not run there; "+
		"only the goroutine that runs a tree may use it: %s", op, goroutine(), place(pcs), place(t.made[:]), advice)
}

// inPull reports whether the calling goroutine runs the body of an iter.Pull that is not one of ours.
func inPull() bool {
	pcs := make([]uintptr, maxDepth)
	it := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	inner := ""
	for {
		f, more := it.Next()
		if strings.HasPrefix(f.Function, "iter.Pull") {
			return !machinery(inner)
		}
		if !more {
			return false
		}
		inner = f.Function
	}
}

// place returns the innermost place in pcs that is not machinery.
func place(pcs []uintptr) string {
	fs := frames(pcs)
	if len(fs) == 0 {
		return "an unknown place"
	}
	return fmt.Sprintf("%s:%d", fs[0].File, fs[0].Line)
}

// goroutine names the calling goroutine as stack dumps do.
func goroutine() string {
	buf := make([]byte, 64)
	name, _, _ := bytes.Cut(buf[:runtime.Stack(buf, false)], []byte(" ["))
	return string(name)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
