package tasklet_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestPost_RunsInATaskletOfItsOwn(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		release := s.Hold()
		done := false
		go func() {
			defer release()
			err := s.Post(func() error {
				done = true
				if s.Current().IsMain() {
					t.Error("what was posted runs in the main tasklet")
				}
				return s.Sleep(time.Microsecond)
			})
			if err != nil {
				t.Error(err)
			}
		}()
		err := s.Run()
		if !done {
			t.Error("Run did not wait for the post")
		}
		return err
	})
}

func TestPost_ErrorGoesWhereErrorsGo(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		if err := s.Post(func() error { return errSent }); err != nil { // the own goroutine may post, too
			return err
		}
		if err := s.Run(); err != errSent {
			t.Errorf("Run = %v", err)
		}
		return nil
	})
}

func TestPost_IsHeardWhileTaskletsRun(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		heard := false
		go s.Post(func() error { heard = true; return nil })
		s.Go(func() error {
			for !heard {
				if err := s.Schedule(); err != nil {
					return err
				}
			}
			return nil
		})
		return s.Run()
	})
}

func TestPost_KeepsTheOrderOfEachGoroutine(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		const posters, each = 8, 1000
		var next [posters]int
		release := s.Hold()
		var wg sync.WaitGroup
		for g := range posters {
			wg.Go(func() {
				for i := range each {
					err := s.Post(func() error {
						if next[g] != i {
							t.Errorf("goroutine %d: post %d ran as number %d", g, i, next[g])
						}
						next[g]++
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		go func() { wg.Wait(); release() }()
		err := s.Run()
		for g, n := range next {
			if n != each {
				t.Errorf("goroutine %d: %d posts ran", g, n)
			}
		}
		return err
	})
}

func TestPost_AfterClose(t *testing.T) {
	s := tasklet.New()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Post(func() error { return nil }); err != tasklet.ErrClosed {
		t.Errorf("Post = %v", err)
	}
}

func TestHold_ReleasedMoreThanOnceCountsOnce(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		release, other := s.Hold(), s.Hold()
		release()
		release()
		done := false
		go func() {
			s.Post(func() error { done = true; return nil })
			other()
		}()
		err := s.Run()
		if !done {
			t.Error("the second release let go of the other hold")
		}
		return err
	})
}

func TestHold_ReleaseWithoutAPostEndsTheWaiting(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		release := s.Hold()
		c := tasklet.NewChan[int](s)
		go release()
		_, err := c.Receive()
		var dead *tasklet.DeadlockError
		if !errors.As(err, &dead) {
			t.Errorf("Receive = %v", err)
		}
		return nil
	})
}

func TestAwait_ReturnsWhatFReturns(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		turns, done := 0, make(chan none)
		s.Go(func() error { // the others go on
			for range 10 {
				turns++
				s.Schedule()
			}
			close(done)
			return nil
		})
		v, err := tasklet.Await(s, func(context.Context) (int, error) { <-done; return 7, errSent })
		if v != 7 || err != errSent || turns != 10 {
			t.Errorf("Await = %d, %v after %d turns of the other", v, err, turns)
		}
		return nil
	})
}

func TestAwait_KilledTaskletCancelsTheContext(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		canceled := make(chan error, 1)
		victim := s.Go(func() error {
			v, err := tasklet.Await(s, func(ctx context.Context) (int, error) {
				<-ctx.Done()
				canceled <- ctx.Err()
				return 5, nil
			})
			if v != 0 || err != tasklet.ErrExit {
				t.Errorf("Await = %d, %v", v, err)
			}
			return err
		})
		s.Schedule()
		if err := victim.Kill(); err != nil {
			return err
		}
		if err := <-canceled; err != context.Canceled {
			t.Errorf("the context says %v", err)
		}
		return s.Run()
	})
}

func TestAwait_DoesNotStartWhatCannotBeAwaited(t *testing.T) {
	run(t, func(s *tasklet.Scheduler) error {
		started := func(context.Context) (int, error) { t.Error("f was started"); return 0, nil }
		s.Main().SetBlockTrap(true)
		if _, err := tasklet.Await(s, started); err != tasklet.ErrBlockTrap {
			t.Errorf("Await = %v", err)
		}
		s.Main().SetBlockTrap(false)
		return s.WithTimeout(0, func(o *tasklet.Timeout) error {
			if _, err := tasklet.Await(s, started); !o.Owns(err) {
				t.Errorf("Await = %v", err)
			}
			return nil
		})
	})
}
