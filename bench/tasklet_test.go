package bench

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// inTasklets calls f with a new scheduler, and then closes that, which is not measured.
func inTasklets(b *testing.B, f func(s *tasklet.Scheduler)) {
	b.Helper()
	b.ReportAllocs()
	s := tasklet.New()
	f(s)
	b.StopTimer()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkSchedule lets two take turns. One operation is one giving way.
func BenchmarkSchedule(b *testing.B) {
	b.Run("tasklet", func(b *testing.B) {
		inTasklets(b, func(s *tasklet.Scheduler) {
			s.Spawn(func() error {
				for {
					if err := s.Schedule(); err != nil {
						return err
					}
				}
			})
			s.Schedule()
			b.ResetTimer()
			for i := 0; i < b.N; i += 2 {
				s.Schedule()
			}
		})
		perSwitch(b)
	})
	b.Run("runtime.Gosched", func(b *testing.B) {
		b.ReportAllocs()
		// With more than one processor the two would run side by side, and nobody would wait for a turn.
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		var stop atomic.Bool
		stopped := make(chan bool)
		go func() {
			for !stop.Load() {
				runtime.Gosched()
			}
			close(stopped)
		}()
		runtime.Gosched()
		b.ResetTimer()
		for i := 0; i < b.N; i += 2 {
			runtime.Gosched()
		}
		b.StopTimer()
		stop.Store(true)
		<-stopped
		perSwitch(b)
	})
	b.Run("greenlet", func(b *testing.B) { handOver(b, func(f func()) { f() }) })
}

// sendTo measures sends through a tasklet channel that somebody else receives from.
func sendTo(b *testing.B, size int) {
	inTasklets(b, func(s *tasklet.Scheduler) {
		c := tasklet.NewBuffered[int](s, size)
		s.Spawn(func() error {
			for v := range c.All() {
				result = v
			}
			return nil
		})
		s.Schedule()
		b.ResetTimer()
		for i := range b.N {
			c.Send(i)
		}
	})
}

// sendToGoroutine is sendTo with a channel of Go.
func sendToGoroutine(b *testing.B, size int) {
	b.ReportAllocs()
	c, done := make(chan int, size), make(chan bool)
	go func() {
		for v := range c {
			result = v
		}
		close(done)
	}()
	b.ResetTimer()
	for i := range b.N {
		c <- i
	}
	close(c)
	<-done
}

// BenchmarkRendezvous passes a value through a channel without a buffer. One operation is a send and its receive.
func BenchmarkRendezvous(b *testing.B) {
	b.Run("tasklet", func(b *testing.B) { sendTo(b, 0) })
	b.Run("channel", func(b *testing.B) { sendToGoroutine(b, 0) })
}

// BenchmarkBuffered is BenchmarkRendezvous with a buffer for a hundred.
func BenchmarkBuffered(b *testing.B) {
	b.Run("tasklet", func(b *testing.B) { sendTo(b, 100) })
	b.Run("channel", func(b *testing.B) { sendToGoroutine(b, 100) })
}

// BenchmarkRing10000 passes a number around a ring of ten thousand, through a channel between each two. One operation is
// one hand-over to the next.
func BenchmarkRing10000(b *testing.B) {
	const size = 10_000
	b.Run("tasklet", func(b *testing.B) {
		inTasklets(b, func(s *tasklet.Scheduler) {
			ring := make([]*tasklet.Chan[int], size)
			for i := range ring {
				ring[i] = tasklet.NewChan[int](s)
			}
			done := tasklet.NewChan[bool](s)
			for i := range ring {
				s.Spawn(func() error {
					in, out := ring[i], ring[(i+1)%size]
					for {
						left, err := in.Receive()
						switch {
						case err != nil:
							return err
						case left > 0:
							err = out.Send(left - 1)
						default:
							err = done.Send(true)
						}
						if err != nil {
							return err
						}
					}
				})
			}
			s.Schedule()
			b.ResetTimer()
			ring[0].Send(b.N)
			if _, err := done.Receive(); err != nil {
				b.Fatal(err)
			}
		})
		perSwitch(b)
	})
	b.Run("channel", func(b *testing.B) {
		b.ReportAllocs()
		ring := make([]chan int, size)
		for i := range ring {
			ring[i] = make(chan int)
		}
		done := make(chan bool)
		for i := range ring {
			go func() {
				in, out := ring[i], ring[(i+1)%size]
				for left := range in {
					if left > 0 {
						out <- left - 1
					} else {
						done <- true
					}
				}
			}()
		}
		b.ResetTimer()
		ring[0] <- b.N
		<-done
		b.StopTimer()
		for _, c := range ring {
			close(c)
		}
		perSwitch(b)
	})
}

// BenchmarkTaskletSpawn creates one and runs it to its end, with nothing to return.
func BenchmarkTaskletSpawn(b *testing.B) {
	b.Run("tasklet", func(b *testing.B) {
		inTasklets(b, func(s *tasklet.Scheduler) {
			run := func() error { result++; return nil }
			for range b.N {
				s.Spawn(run)
				s.Schedule()
			}
		})
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		var wg sync.WaitGroup
		run := func() { result++; wg.Done() }
		for range b.N {
			wg.Add(1)
			go run()
			wg.Wait()
		}
	})
}
