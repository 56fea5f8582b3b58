package main

import "github.com/go-greenlet/greenlet/tasklet"

// taskWorks are the works of tasks, with package tasklet. Each call makes a scheduler; that is little beside the work.
var taskWorks = map[string]func(n int){
	"join":       taskJoin,
	"yield":      taskYield,
	"queue":      func(n int) { taskQueue(n, 100) },
	"rendezvous": func(n int) { taskQueue(n, 0) },
}

// inTasklets runs f, and dies if that fails: a work that was not done has no figure.
func inTasklets(f func(s *tasklet.Scheduler) error) {
	if err := tasklet.Run(f); err != nil {
		panic(err)
	}
}

func taskJoin(n int) {
	inTasklets(func(s *tasklet.Scheduler) error {
		for range n {
			if err := s.Go(func() error { return nil }).Join(); err != nil {
				return err
			}
		}
		return nil
	})
}

func taskYield(n int) {
	inTasklets(func(s *tasklet.Scheduler) error {
		for range 2 {
			s.Spawn(func() error {
				for range n / 2 {
					if err := s.Schedule(); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return s.Run()
	})
}

func taskQueue(n, size int) {
	inTasklets(func(s *tasklet.Scheduler) error {
		c := tasklet.NewBuffered[int](s, size)
		s.Spawn(func() error {
			for i := range n {
				if err := c.Send(i); err != nil {
					return err
				}
			}
			return nil
		})
		for range n {
			if _, err := c.Receive(); err != nil {
				return err
			}
		}
		return nil
	})
}
