package caller_test

import (
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/internal/caller"
)

const module = "github.com/go-greenlet/greenlet"

// dir is the folder of the module's source.
var dir = func() string {
	_, file, _, _ := runtime.Caller(0)
	return strings.TrimSuffix(file, "/internal/caller/caller_test.go")
}()

func frame(function, file string) runtime.Frame { return runtime.Frame{Function: function, File: file} }

func TestOperation(t *testing.T) {
	const cache = "/home/go/pkg/mod/" + module
	for want, f := range map[string]runtime.Frame{
		"greenlet: Greenlet.Switch":       frame(module+".(*Greenlet[...]).Switch", dir+"/switch.go"),
		"greenlet: Main":                  frame(module+".Main[...]", dir+"/tree.go"),
		"tasklet: Chan.Send":              frame(module+"/tasklet.(*Chan[...]).Send", dir+"/tasklet/chan.go"),
		"green: Spawn":                    frame(module+"/green.Spawn[...]", dir+"/green/task.go"),
		"green: Hub.Tasks":                frame(module+"/green.(*Hub).Tasks.func1.2", dir+"/green/hub.go"),
		"green: Queue.All":                frame(module+"/green.(*Queue[...]).All.func1-range1", dir+"/green/queue.go"),
		"green: Queue.Get":                frame("main.worker.func1.(*Queue[...]).Get.func2", dir+"/green/queue.go"),
		"green: Messages":                 frame("main.worker.Messages[...].func2", dir+"/green/mailbox.go"),
		"green: Mutex.Lock":               frame(module+"/green.(*Mutex).Lock-fm", dir+"/green/mutex.go"),
		"tasklet: Hog.String":             frame(module+"/tasklet.Hog.String", dir+"/tasklet/monitor.go"),
		"green/net: StreamServer.Serve":   frame(module+"/green/net.(*StreamServer).Serve.gowrap1", dir+"/green/net/server.go"),
		"green/http: EventStream.Send":    frame(module+"/green/http.(*EventStream).Send", cache+"/green/http@v0.1.0/events.go"),
		"green/watch: Watcher.All":        frame("main.main.(*Watcher).All.func1", cache+"/green/watch@v0.1.0/watch.go"),
		"green/internal/poll: Desc.Close": frame(module+"/green/internal/poll.(*Desc).Close", dir+"/green/internal/poll/desc.go"),
	} {
		if got := caller.Operation(f); got != want {
			t.Errorf("Operation of %s = %q, want %q", f.Function, got, want)
		}
	}
}

func TestUser(t *testing.T) {
	file, _ := runtime.FuncForPC(reflect.ValueOf(io.Copy).Pointer()).FileLine(0)
	src := strings.TrimSuffix(file, "io/io.go")
	ours := frame(module+"/green.(*Hub).Go", dir+"/green/hub.go")
	goexit := frame("runtime.goexit", src+"runtime/asm_amd64.s")
	std := frame("io.Copy", src+"io/io.go")
	main := frame("main.main", "/home/main.go")
	for _, test := range []struct {
		name  string
		stack []runtime.Frame
		want  int
	}{
		{"a call", []runtime.Frame{ours, main, goexit}, 1},
		{"by way of the standard library", []runtime.Frame{ours, std, main, goexit}, 2},
		{"the standard library's own", []runtime.Frame{ours, std, goexit}, 1},
		{"a go statement", []runtime.Frame{ours, goexit}, -1},
		{"a test of the library", []runtime.Frame{ours, frame(module+"/green.TestX", dir+"/green/x_test.go"), main}, 1},
		{"its external test", []runtime.Frame{ours, frame(module+"/green_test.TestX", dir+"/green/x_test.go"), main}, 1},
		{"an example", []runtime.Frame{ours, frame(module+"/examples/actors.main", dir+"/examples/actors/main.go"), main}, 1},
		{"the module starlark", []runtime.Frame{ours, frame(module+"/starlark.run", dir+"/starlark/run.go"), main}, 1},
		{"a function literal of ours, inlined into the user's", []runtime.Frame{frame("main.main.All.func1", dir+"/green/queue.go"), main}, 1},
		{"none", nil, -1},
	} {
		if src == "/src/" && strings.Contains(test.name, "standard") {
			continue // built with -trimpath by a toolchain that is elsewhere
		}
		if got := caller.User(test.stack); got != test.want {
			t.Errorf("%s: User = %d, want %d", test.name, got, test.want)
		}
	}
}
