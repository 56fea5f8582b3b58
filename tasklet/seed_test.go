package tasklet_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// seededLog is what happens in a program with something of everything when chance decides who runs next.
func seededLog(t *testing.T, seed uint64) (log []string) {
	t.Helper()
	logf := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
	clock := tasklet.NewClock(time.Unix(0, 0))
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		c, d := tasklet.NewChan[int](s), tasklet.NewBuffered[int](s, 3)
		line := s.NewLine("line")
		var all []*tasklet.Tasklet
		for i := range 4 {
			all = append(all, s.Go(func() error {
				for j := range 6 {
					logf("%d sends %d: %v", i, j, c.Send(10*i+j))
				}
				return nil
			}), s.Go(func() error {
				for range 6 {
					v, err := c.Receive()
					logf("%d received %d: %v", i, v, err)
					logf("%d passes it on: %v", i, d.Send(v))
				}
				return nil
			}), s.Go(func() error {
				for j := range 3 {
					logf("%d slept: %v", i, s.Sleep(time.Duration(1+(i+j)%3)*time.Millisecond))
					line.Wake()
				}
				return errors.New("failed")
			}), s.Go(func() error {
				return s.WithTimeout(2*time.Millisecond, func(*tasklet.Timeout) error {
					logf("%d woke: %v at %v", i, line.Wait(), s.Now().UnixMilli())
					return nil
				})
			}))
		}
		s.Go(func() error {
			for v := range d.All() {
				logf("last %d", v)
				_ = s.Schedule()
			}
			return nil
		})
		for i := 2; i < len(all); i += 4 {
			s.Go(func() error {
				logf("joined %d: %v", i, all[i].Join())
				s.Spawn(func() error { logf("after %d", i); return nil })
				return nil
			})
		}
		for {
			err := s.Run()
			logf("Run: %v", err)
			if err == nil {
				break
			}
		}
		d.Close()
		return s.Run()
	}, tasklet.WithWorld(clock), tasklet.WithPolicy(tasklet.Random(seed)))
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func TestRandom_theSameSeedIsTheSameRun(t *testing.T) {
	noLeak(t)
	const runs = 1000
	want := seededLog(t, 42)
	if len(want) < 100 {
		t.Fatalf("only %d events: %q", len(want), want)
	}
	for n := range runs {
		if got := seededLog(t, 42); !slices.Equal(got, want) {
			t.Fatalf("run %d went another way:\n%q\n%q", n, got, want)
		}
	}
}

func TestRandom_otherSeedsAreOtherRuns(t *testing.T) {
	noLeak(t)
	const seeds = 100
	seen := map[string]uint64{}
	for seed := range uint64(seeds) {
		log := fmt.Sprint(seededLog(t, seed))
		if other, is := seen[log]; is {
			t.Errorf("seed %d makes the same run as seed %d", seed, other)
		}
		seen[log] = seed
	}
}

func TestRandom_everybodyHasTurns(t *testing.T) {
	noLeak(t)
	const tasklets, turns = 10, 10000
	var got [tasklets]int
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		left := turns
		for i := range got {
			s.Go(func() error {
				for ; left > 0; left-- {
					got[i]++
					if err := s.Schedule(); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return s.Run()
	}, tasklet.WithPolicy(tasklet.Random(7)))
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range got {
		if n < turns/tasklets*3/4 || n > turns/tasklets*5/4 {
			t.Errorf("tasklet %d had %d of %d turns: %v", i, n, turns, got)
		}
	}
}
