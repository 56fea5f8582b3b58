package green_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// If the context of a Call ends together with its task, the task's error goes to the caller, or to the standard logger.
func TestCallLosesNoErrorWhenItsContextEnds(t *testing.T) {
	const calls = 3000
	returned := 0
	text := logged(func() {
		err := green.Run(func(h *green.Hub) error {
			_, err := green.Offload(h, func(context.Context) (int, error) {
				failure := errors.New("the failure")
				for range calls {
					ctx, cancel := context.WithCancel(context.Background())
					_, err := green.Call(ctx, h, func() (int, error) {
						cancel()
						return 0, failure
					})
					if err == failure {
						returned++
					}
				}
				return 0, nil
			})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	if printed := strings.Count(text, "failed: the failure"); returned+printed != calls {
		t.Errorf("%d errors returned and %d printed, of %d", returned, printed, calls)
	}
}
