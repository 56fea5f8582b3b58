package generator

import "github.com/go-greenlet/greenlet"

// Count calls f at every switch in the tree of g, which was started, and not in those to which g delegates.
func (g *Generator[Out, In]) Count(f func()) {
	g.y.main.Adopt()
	g.y.main.Trace(func(greenlet.Event[struct{}]) error {
		f()
		return nil
	})
}

// Revive makes a new handle of the generator to which y belongs.
func Revive[Out, In any](y *Yielder[Out, In]) *Generator[Out, In] {
	return &Generator[Out, In]{y: y}
}
