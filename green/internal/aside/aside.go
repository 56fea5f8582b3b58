// Package aside runs what is done beside a hub and leaves something behind that must not get lost.
package aside

import (
	"context"
	"sync"
)

// Run calls f by way of run, which waits for it beside the hub: green.Offload or tasklet.Await. If the task stops waiting
// before it has the result, drop gets that all the same, whenever it comes.
func Run[T any](run func(f func(context.Context) (T, error)) (T, error), f func(context.Context) (T, error), drop func(T)) (T, error) {
	var mu sync.Mutex
	left, kept := false, false
	var val T
	v, err := run(func(ctx context.Context) (T, error) {
		v, err := f(ctx)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && left {
			drop(v)
		} else if err == nil {
			val, kept = v, true
		}
		return v, err
	})
	if err != nil {
		mu.Lock()
		defer mu.Unlock()
		if left = true; kept {
			drop(val)
		}
	}
	return v, err
}
