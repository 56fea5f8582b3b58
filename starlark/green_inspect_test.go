package starlark_test

import (
	"regexp"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// The tasks are shown with the calls of the script, each in the greenlet in which it waits.
func TestTasks(t *testing.T) {
	const script = `
def waits(q):
    q.get()

def nested():
    greenlet.greenlet(waits).switch(green.queue())

def main():
    alone()
    green.spawn(waits, green.queue())
    green.spawn(nested)
    green.sleep(0)
    look()
    green.sleep(0.001)
    fail("stop")
`
	var seen, posted strings.Builder
	thread := &starlark.Thread{}
	err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
		names := greenlets.Predeclared()
		show := func(b *strings.Builder) {
			s := tree.Tasks()
			if s == nil {
				b.WriteString("none\n")
			} else if err := s.Write(b); err != nil {
				t.Error(err)
			}
		}
		do := func(f func()) *starlark.Builtin {
			return starlark.NewBuiltin("do", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
				f()
				return starlark.None, nil
			})
		}
		names["alone"] = do(func() { show(&seen) })
		names["look"] = do(func() {
			show(&seen)
			done := make(chan bool)
			go func() {
				defer close(done)
				tree.Post(func() { show(&posted) })
			}()
			<-done
		})
		globals, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "x.star", script, names)
		if err != nil {
			return err
		}
		_, err = starlark.Call(thread, globals["main"], nil, nil)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "stop") {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(`\Anone
3 tasks, 0 others, 1 runnable, 2 blocked, .*
task 1 "main": running
    main x.star:13
  task 2 "waits": waits for an item of queue.*
      waits x.star:3
  task 3 "nested": waits for an item of queue.*
      waits x.star:3
\z`); !want.MatchString(seen.String()) {
		t.Errorf("in the script:\n%s", &seen)
	}
	if want := regexp.MustCompile(`\A3 tasks, 0 others, 0 runnable, 3 blocked, .*
task 1 "main": waits for a timer.*
    main x.star:14
`); !want.MatchString(posted.String()) {
		t.Errorf("posted:\n%s", &posted)
	}
}

// What is posted to a tree that has no tasks, or is over, is dropped.
func TestTasks_None(t *testing.T) {
	thread := &starlark.Thread{}
	var kept *greenlets.Tree
	err := greenlets.Run(thread, func(tree *greenlets.Tree) error {
		kept = tree
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	kept.Post(func() { t.Error("it ran") })
	if kept.Tasks() != nil {
		t.Error("it has tasks")
	}
}
