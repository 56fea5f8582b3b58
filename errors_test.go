package greenlet_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-greenlet/greenlet"
)

func TestContract_C105_ExitIsCanceled(t *testing.T) {
	if !errors.Is(greenlet.ErrExit, context.Canceled) || !errors.Is(fmt.Errorf("why: %w", greenlet.ErrExit), context.Canceled) {
		t.Error("ErrExit is not context.Canceled")
	}
	if errors.Is(context.Canceled, greenlet.ErrExit) || errors.Is(greenlet.ErrExit, context.DeadlineExceeded) {
		t.Error("ErrExit is more than context.Canceled")
	}
	err := greenlet.Run(func(main *greenlet.Greenlet[int]) error {
		g := main.New(func(int) (int, error) { return 1, context.Canceled })
		if _, err := g.Switch(0); err != context.Canceled {
			t.Errorf("context.Canceled, which is no exit, arrived as %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
