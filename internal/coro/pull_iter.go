//go:build !greenlet_chan

package coro

import "iter"

// pull makes a slot's two doors; body gets the second one and runs on a new goroutine at the first next.
func pull(body func(yield func(struct{}) bool)) (next func() (struct{}, bool)) {
	next, _ = iter.Pull(iter.Seq[struct{}](body))
	return next
}
