package bench

import (
	"sync"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// sleepers is how many sleep at once in BenchmarkSleep.
func sleepers() int {
	if testing.Short() {
		return 1000
	}
	return 100_000
}

// nap is how long sleeper i sleeps: ten milliseconds at most, so that it is the work of the timers that takes the time
// and not the sleep.
func nap(i int) time.Duration { return time.Duration(1+i*7919%100) * 100 * time.Microsecond }

// perSleeper reports what one sleeper took.
func perSleeper(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(sleepers()), "ns/sleeper")
}

// BenchmarkSleep starts a hundred thousand that sleep, for different times, and waits until all have woken up and ended.
func BenchmarkSleep(b *testing.B) {
	b.Run("tasklet", func(b *testing.B) {
		inTasklets(b, func(s *tasklet.Scheduler) {
			for range b.N {
				for i := range sleepers() {
					s.Spawn(func() error { return s.Sleep(nap(i)) })
				}
				if err := s.Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
		perSleeper(b)
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			var wg sync.WaitGroup
			for i := range sleepers() {
				wg.Go(func() { time.Sleep(nap(i)) })
			}
			wg.Wait()
		}
		b.StopTimer()
		perSleeper(b)
	})
}
