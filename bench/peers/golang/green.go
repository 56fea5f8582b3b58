package main

import "github.com/go-greenlet/greenlet/green"

// greenWorks are the works of tasks, with package green. Each call makes a hub; that is little beside the work.
var greenWorks = map[string]func(n int){
	"join":       greenJoin,
	"yield":      greenYield,
	"queue":      func(n int) { greenQueue(n, 100) },
	"rendezvous": func(n int) { greenQueue(n, 0) },
}

// inHub runs f, and dies if that fails: a work that was not done has no figure.
func inHub(f func(h *green.Hub) error) {
	if err := green.Run(f); err != nil {
		panic(err)
	}
}

func greenJoin(n int) {
	inHub(func(h *green.Hub) error {
		for range n {
			if err := h.Go(func() error { return nil }).Join(); err != nil {
				return err
			}
		}
		return nil
	})
}

func greenYield(n int) {
	inHub(func(h *green.Hub) error {
		for range 2 {
			h.Go(func() error {
				for range n / 2 {
					if err := h.Yield(); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return nil
	})
}

func greenQueue(n, size int) {
	inHub(func(h *green.Hub) error {
		q := green.NewQueue[int](h, size)
		h.Go(func() error {
			for i := range n {
				if err := q.Put(i); err != nil {
					return err
				}
			}
			return nil
		})
		for range n {
			if _, err := q.Get(); err != nil {
				return err
			}
		}
		return nil
	})
}
