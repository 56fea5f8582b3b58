package tasklet_test

import (
	"fmt"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

func TestSmoke(t *testing.T) {
	err := tasklet.Run(func(s *tasklet.Scheduler) error {
		c := tasklet.NewChan[int](s)
		s.Go(func() error {
			for i := range 4 {
				fmt.Println("r", i)
				v, err := c.Receive()
				fmt.Println("R", i, v, err)
			}
			return nil
		})
		s.Go(func() error {
			for i := range 4 {
				fmt.Println("s", i)
				err := c.Send(i)
				fmt.Println("S", i, err)
			}
			return nil
		})
		for s.Len() > 1 {
			s.Schedule()
		}
		_, err := c.Receive()
		fmt.Println(err)
		return nil
	})
	fmt.Println(err)
}

func BenchmarkSchedule(b *testing.B) {
	tasklet.Run(func(s *tasklet.Scheduler) error {
		b.ReportAllocs()
		stop := false
		s.Go(func() error {
			for !stop {
				s.Schedule()
			}
			return nil
		})
		for b.Loop() {
			s.Schedule()
		}
		stop = true
		return s.Run()
	})
}

func BenchmarkRendezvous(b *testing.B) {
	tasklet.Run(func(s *tasklet.Scheduler) error {
		b.ReportAllocs()
		c := tasklet.NewChan[int](s)
		s.Go(func() error {
			for range c.All() {
			}
			return nil
		})
		for b.Loop() {
			c.Send(1)
		}
		c.Close()
		return s.Run()
	})
}

func BenchmarkBuffered(b *testing.B) {
	tasklet.Run(func(s *tasklet.Scheduler) error {
		b.ReportAllocs()
		c := tasklet.NewBuffered[int](s, 100)
		s.Go(func() error {
			for range c.All() {
			}
			return nil
		})
		for b.Loop() {
			c.Send(1)
		}
		c.Close()
		return s.Run()
	})
}

func BenchmarkSpawn(b *testing.B) {
	tasklet.Run(func(s *tasklet.Scheduler) error {
		b.ReportAllocs()
		n := 0
		f := func() error { n++; return nil }
		for b.Loop() {
			s.Spawn(f)
			s.Schedule()
		}
		return nil
	})
}
func BenchmarkGo(b *testing.B) {
	tasklet.Run(func(s *tasklet.Scheduler) error {
		b.ReportAllocs()
		n := 0
		f := func() error { n++; return nil }
		for b.Loop() {
			s.Go(f)
			s.Schedule()
		}
		return nil
	})
}
