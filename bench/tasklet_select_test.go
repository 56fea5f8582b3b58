package bench

import (
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// BenchmarkSelect receives from either of two channels, to which another one sends in turns. One operation is one value.
func BenchmarkSelect(b *testing.B) {
	b.Run("tasklet", func(b *testing.B) {
		inTasklets(b, func(s *tasklet.Scheduler) {
			odd, even := tasklet.NewChan[int](s), tasklet.NewChan[int](s)
			s.Spawn(func() error {
				for i := 0; ; i += 2 {
					if err := even.Send(i); err != nil {
						return err
					}
					if err := odd.Send(i + 1); err != nil {
						return err
					}
				}
			})
			var v int
			b.ResetTimer()
			for range b.N {
				if _, err := s.Select(even.OnReceive(&v), odd.OnReceive(&v)); err != nil {
					b.Fatal(err)
				}
				result = v
			}
		})
	})
	b.Run("go", func(b *testing.B) {
		b.ReportAllocs()
		odd, even, stop, stopped := make(chan int), make(chan int), make(chan bool), make(chan bool)
		send := func(c chan<- int, v int) bool {
			select {
			case c <- v:
				return true
			case <-stop:
				return false
			}
		}
		go func() {
			defer close(stopped)
			for i := 0; send(even, i) && send(odd, i+1); i += 2 {
			}
		}()
		b.ResetTimer()
		for range b.N {
			select {
			case result = <-even:
			case result = <-odd:
			}
		}
		b.StopTimer()
		close(stop)
		<-stopped
	})
}
