package exec_test

import (
	"context"
	"os"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/exec"
	"github.com/go-greenlet/greenlet/internal/entrytest"
)

// Nothing is started from a wrong goroutine either.
func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	made := entrytest.Line(1)
	err := green.Run(func(h *green.Hub) error {
		c := exec.Command(h, os.Args[0])
		entrytest.Table{
			Package: "green/exec", Made: made, Values: []any{c},
			Funcs: map[string]any{"Command": exec.Command, "CommandContext": exec.CommandContext},
			Args:  []any{h, context.Background(), os.Args[0], []byte(nil)},
			Anywhere: map[string]string{
				"Cmd.Kill": "for other goroutines", "Cmd.Signal": "for other goroutines", "Cmd.SignalGroup": "for other goroutines",
			},
		}.Run(t)
		if c.Process != nil {
			t.Error("a process was started")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
