package file

import (
	"context"
	"sync"

	"github.com/go-greenlet/greenlet/green"
)

// beside is [green.Offload] for what has to be given up when nobody gets it: drop does that. It may be nil.
func beside[T any](h *green.Hub, f func(context.Context) (T, error), drop func(T)) (T, error) {
	if drop == nil {
		return green.Offload(h, f)
	}
	var mu sync.Mutex
	left, kept := false, false
	var val T
	v, err := green.Offload(h, func(ctx context.Context) (T, error) {
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
