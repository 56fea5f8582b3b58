// Package caller finds in a stack the code that uses the library, so that a message can name a line of its reader's.
//
// All of this is for messages: it walks stacks and costs microseconds. What is checked on every call stays cheap, and
// comes here only when the check has failed.
package caller

import (
	"bytes"
	"fmt"
	"iter"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
)

const module = "github.com/go-greenlet/greenlet/"

// root is the folder of the module's source, with a slash at its end.
var root = sync.OnceValue(func() string {
	_, file, _, _ := runtime.Caller(0)
	before, _, _ := strings.Cut(file, "internal/caller/")
	return before
})

// folder returns in which folder of the module file is. Names of functions do not tell: a function literal of ours that
// was inlined bears the name of the user's function. A nested module may lie elsewhere, with its version in the path.
func folder(file string) (dir string, is bool) {
	dir, is = strings.CutPrefix(file, root())
	if !is {
		_, dir, is = strings.Cut(file, module)
	}
	if before, after, versioned := strings.Cut(dir, "@"); versioned {
		_, after, _ = strings.Cut(after, "/")
		dir = before + "/" + after
	}
	return path.Dir(dir), is
}

// Library reports whether f is a call inside the library: in a package of the module that users call. The rest of the
// module (the examples, the command, the module starlark, and all tests) uses the library as others do.
func Library(f runtime.Frame) bool {
	dir, is := folder(f.File)
	if !is || strings.HasSuffix(f.File, "_test.go") {
		return false
	}
	switch top, below, _ := strings.Cut(dir, "/"); top {
	case ".", "generator", "tasklet", "trace":
		return true
	case "internal":
		return below != "entrytest" // which calls us as a test does
	case "green":
		return !strings.HasPrefix(below, "db/examples/")
	}
	return false
}

// std is the folder of the standard library's source, with a slash at its end; "" if the program was built with
// -trimpath.
var std = sync.OnceValue(func() string {
	file, _ := runtime.FuncForPC(reflect.ValueOf(runtime.GC).Pointer()).FileLine(0)
	before, _, _ := strings.Cut(file, "runtime/")
	return before
})

// standard reports whether f is a call inside the standard library, which calls us on a user's behalf: io.Copy, say.
func standard(f runtime.Frame) bool {
	if dir := std(); dir != "" {
		return strings.HasPrefix(f.File, dir)
	}
	first, _, nested := strings.Cut(f.Function, "/")
	name, _, dotted := strings.Cut(first, ".")
	if nested {
		return !dotted
	}
	return dotted && name != "main"
}

// User returns where in fs, innermost first, the user's innermost call is: the first that is neither the library's nor
// the standard library's. If there is none, it is the first that is not the library's, save for what every goroutine
// begins with; -1 if there is no such call either.
func User(fs []runtime.Frame) int {
	other := -1
	for i, f := range fs {
		switch {
		case Library(f):
		case !standard(f):
			return i
		case other < 0 && !strings.HasPrefix(f.Function, "runtime.") && !strings.HasPrefix(f.Function, "iter."):
			other = i
		}
	}
	return other
}

// Calls are the innermost calls of a stack, kept to tell later where something was made.
type Calls [8]uintptr

// Note keeps the stack of its caller's caller.
func (c *Calls) Note() { runtime.Callers(3, c[:]) }

// Place returns file and line of the user's innermost call in c, or of the outermost one if none is the user's.
func (c *Calls) Place() string {
	fs := frames(c[:])
	switch i := User(fs); {
	case i >= 0:
		return place(fs[i])
	case len(fs) > 0:
		return place(fs[len(fs)-1])
	}
	return "an unknown place"
}

// WrongGoroutine returns the text of a panic on a goroutine that may not do what it does: call an operation of a
// scheduler, or of the hub on it, that was made at made. The operation is the function of the library that the user
// called.
func WrongGoroutine(made *Calls) string {
	pcs := make([]uintptr, 64)
	fs := frames(pcs[:runtime.Callers(2, pcs)])
	g, creator := goroutine()
	user := User(fs)
	inner, at := user, creator
	if user < 0 {
		inner = len(fs) // a go statement with a call of ours leaves no frame of the user's
	} else {
		at = place(fs[user])
	}
	op := "a function"
	for inner--; inner >= 0; inner-- {
		if Library(fs[inner]) {
			op = Operation(fs[inner])
			break
		}
	}
	whose, instead := "hub started", "h.Post or green.Call"
	if strings.HasPrefix(op, "tasklet:") {
		whose, instead = "scheduler made", "Post or a Port"
	}
	return fmt.Sprintf("%s called on %s (%s), but the %s at %s runs elsewhere; use %s",
		op, g, at, whose, made.Place(), instead)
}

// Unwound reports, in a deferred call that runs because of runtime.Goexit, whether the library called that, and if so
// in which of its functions the user's code was, and where.
func Unwound() (op, at string, is bool) {
	pcs := make([]uintptr, 64)
	fs := frames(pcs[:runtime.Callers(2, pcs)])
	i := slices.IndexFunc(fs, func(f runtime.Frame) bool { return f.Function == "runtime.Goexit" })
	if i < 0 || i+1 == len(fs) || !Library(fs[i+1]) {
		return "", "", false
	}
	fs = fs[i+1:]
	user := User(fs)
	if user <= 0 {
		return "", "", false
	}
	for inner := user - 1; op == ""; inner-- {
		if Library(fs[inner]) {
			op = Operation(fs[inner])
		}
	}
	return op, place(fs[user]), true
}

// Operation returns the name by which users know the function of the library that f is a call of, behind its package
// and a colon: "green: Queue.Put" for Put of *green.Queue[int].
func Operation(f runtime.Frame) string {
	pkg, _ := folder(f.File)
	if pkg == "." {
		pkg = "greenlet"
	}
	name := strings.ReplaceAll(f.Function, "[...]", "")
	name, _, _ = strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "-") // of a method value, or of the body of a loop
	parts := strings.Split(name, ".")
	for len(parts) > 1 && generated(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	op := parts[len(parts)-1]
	if len(parts) > 1 {
		if receiver := parts[len(parts)-2]; strings.HasPrefix(receiver, "(*") {
			op = receiver[2:len(receiver)-1] + "." + op
		} else if len(parts) == 3 && strings.HasPrefix(f.Function, module) {
			op = receiver + "." + op
		}
	}
	return pkg + ": " + op
}

// generated reports whether the compiler made up the name: that of a function literal, say.
func generated(name string) bool {
	name = strings.TrimRight(name, "0123456789")
	return name == "" || name == "func" || name == "gowrap" || name == "deferwrap"
}

func frames(pcs []uintptr) (fs []runtime.Frame) {
	for f := range all(pcs) {
		if f.Function != "" {
			fs = append(fs, f)
		}
	}
	return fs
}

func all(pcs []uintptr) iter.Seq[runtime.Frame] {
	return func(yield func(runtime.Frame) bool) {
		it := runtime.CallersFrames(pcs)
		for {
			f, more := it.Next()
			if !yield(f) || !more {
				return
			}
		}
	}
}

func place(f runtime.Frame) string { return fmt.Sprintf("%s:%d", f.File, f.Line) }

// goroutine returns the name of the calling goroutine, as dumps have it, and where it was made. The runtime tells
// neither but in print.
func goroutine() (name, made string) {
	buf := make([]byte, 64<<10)
	buf = buf[:runtime.Stack(buf, false)]
	head, _, _ := bytes.Cut(buf, []byte(" ["))
	made = "an unknown place"
	if _, creator, is := bytes.Cut(buf, []byte("\ncreated by ")); is {
		_, at, _ := bytes.Cut(creator, []byte("\n\t"))
		at, _, _ = bytes.Cut(at, []byte(" +0x"))
		made = string(bytes.TrimSpace(at))
	}
	return string(head), made
}
