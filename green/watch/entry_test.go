package watch_test

import (
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/watch"
	"github.com/go-greenlet/greenlet/internal/entrytest"
)

func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	made := entrytest.Line(1)
	err := green.Run(func(h *green.Hub) error {
		w, err := watch.New(h)
		if err != nil {
			return err
		}
		entrytest.Table{
			Package: "green/watch", Made: made, Values: []any{w}, Funcs: map[string]any{"New": watch.New}, Args: []any{h},
		}.Run(t)
		return w.Close()
	})
	if err != nil {
		t.Error(err)
	}
}
