package conformance

import (
	"strings"
	"time"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// patience is how long one script may run. A program takes milliseconds.
const patience = 10 * time.Second

// RunScript executes script as `greenlet run` does, and returns what it printed.
func RunScript(script string) string {
	var out strings.Builder
	thread := &starlark.Thread{
		Load:  greenlets.Load(nil),
		Print: func(_ *starlark.Thread, line string) { out.WriteString(line + "\n") },
	}
	err := greenlets.Run(thread, func(t *greenlets.Tree) error {
		defer time.AfterFunc(patience, func() { t.Cancel("it runs for too long") }).Stop()
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "program.star", script, greenlets.Predeclared())
		return err
	})
	if err != nil {
		out.WriteString("uncaught " + greenlets.Traceback(err) + "\n")
	}
	return out.String()
}
