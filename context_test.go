package greenlet_test

import (
	"context"
	"testing"
)

type key string

func TestContract_C57_Background(t *testing.T) {
	main := newTree(t)
	equal(t, "main", main.Context(), context.Background())
	main.SetName("named")
	equal(t, "named", main.Context(), context.Background())
	equal(t, "child", main.New(nil).Context(), context.Background())
}

func TestContract_C58_Inherited(t *testing.T) {
	main := newTree(t)
	one := context.WithValue(context.Background(), key("k"), 1)
	two := context.WithValue(context.Background(), key("k"), 2)
	main.SetContext(one)
	var c *gl
	g := main.New(func(v int) (int, error) {
		equal(t, "inside", main.Current().Context(), one)
		main.Current().SetContext(two)
		c = main.New(nil) // a child of main, created by g
		return main.Switch(v)
	})
	main.SetContext(two)
	equal(t, "set after New", g.Context(), one)
	g.SetName("named")
	equal(t, "named", g.Context(), one)
	main.SetContext(one)
	g.Switch(1)
	equal(t, "suspended", g.Context(), two)
	equal(t, "from the creator", c.Context(), two)
	g.Switch(1)
	equal(t, "dead", g.Context(), two)
	equal(t, "of the creator and not of the receiver", g.New(nil).Context(), one)
	main.SetName("m")
	n := main.New(nil)
	equal(t, "context goes over", n.Context(), one)
	equal(t, "name does not", n.Name(), "")
}

func TestContract_C59_NilAndDone(t *testing.T) {
	main := newTree(t)
	ctx, cancel := context.WithCancel(context.Background())
	main.SetContext(ctx)
	g := main.New(parks(main))
	g.Switch(0)
	cancel()
	arrives(t, "goes on though done", 1, nil)(g.Switch(1))
	var none context.Context
	g.SetContext(none)
	equal(t, "nil", g.Context(), context.Background())
}
