package db_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"github.com/go-greenlet/greenlet/internal/entrytest"
)

// No connection is made from a wrong goroutine either.
func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	made := entrytest.Line(1)
	err := green.Run(func(h *green.Hub) error {
		dialed := false
		o := db.Options[int]{Max: 1, Dial: func(context.Context) (int, error) { dialed = true; return 1, nil }}
		p := db.NewPool(h, o)
		d := db.New(h, new(sql.DB), 1)
		entrytest.Table{
			Package: "green/db", Made: made, Values: []any{p, d},
			Funcs:    map[string]any{"Do": db.Do[int, int], "NewPool": db.NewPool[int], "New": db.New, "Open": db.Open},
			Args:     []any{h, p, o, 1, new(sql.DB)},
			Anywhere: map[string]string{"Pool.Hub": entrytest.Constant, "DB.SQL": entrytest.Constant},
		}.Run(t)
		if dialed {
			t.Error("a connection was made")
		}
		p.Close()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
