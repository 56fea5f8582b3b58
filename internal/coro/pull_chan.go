//go:build greenlet_chan

package coro

import "runtime"

// pull does what iter.Pull does for this package, on an ordinary goroutine and two channels: it is the
// insurance against a runtime that closes the door. Who went through next waits on a, who went through
// yield, or never started, on b. A token left in a channel of capacity one wakes its waiter, and since the
// doors are used in turn, nobody waits on a channel before the last waiter there took its token.
func pull(body func(yield func(struct{}) bool)) (next func() (struct{}, bool)) {
	a, b := make(chan struct{}, 1), make(chan struct{}, 1)
	waitsOnA := false // set by next, cleared by yield
	var failure any
	yield := func(struct{}) bool {
		waitsOnA = false
		a <- struct{}{}
		<-b
		return true
	}
	started := false
	return func() (struct{}, bool) {
		waitsOnA = true
		if !started {
			started = true
			go func() {
				returned := false
				defer func() {
					if p := recover(); p != nil {
						failure = p
					} else if !returned {
						failure = goexit
					}
					if waitsOnA {
						a <- struct{}{}
					} else {
						b <- struct{}{}
					}
				}()
				body(yield)
				returned = true
			}()
		} else {
			b <- struct{}{}
		}
		<-a
		switch failure {
		case nil:
		case goexit:
			runtime.Goexit()
		default:
			panic(failure)
		}
		return struct{}{}, true
	}
}

// goexit stands for a body that left by runtime.Goexit, as in package iter.
var goexit any = new(int)
