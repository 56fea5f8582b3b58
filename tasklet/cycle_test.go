package tasklet_test

import (
	"errors"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// Circles of joins are found while something is held, also where more block at a time than are noted one by one.
func TestJoinCirclesWhileHeld(t *testing.T) {
	for _, n := range []int{2, 3, 700} {
		failed := 0
		err := tasklet.Run(func(s *tasklet.Scheduler) error {
			defer s.Hold()()
			all := make([]*tasklet.Tasklet, n)
			for i := range all {
				all[i] = s.Go(func() error {
					err := all[(i+1)%n].Join()
					var d *tasklet.DeadlockError
					if errors.As(err, &d) {
						failed++
						expect(t, "tasklets in the report", len(d.Blocked), n)
						return nil
					}
					return err
				})
			}
			return all[0].Join()
		})
		expect(t, "Run", err, nil)
		expect(t, "how many failed", failed, 1)
	}
}
