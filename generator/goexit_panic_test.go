package generator_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
)

// A deferred call that panics during a Goexit hides the Goexit, which goes on once the panic is recovered.
func TestPanicInGoexitReachesTheConsumer(t *testing.T) {
	g := generator.New(func(y *generator.Yielder[int, int]) error {
		defer func() { panic("in Goexit") }()
		runtime.Goexit()
		return nil
	})
	done := make(chan any)
	go func() {
		defer close(done)
		defer func() { done <- recover() }()
		g.Next()
	}()
	p, ok := (<-done).(*greenlet.PanicError)
	if !ok || p.Value != "in Goexit" {
		t.Errorf("Next panicked with %v", p)
	}
	<-done
	if err := g.Close(); !errors.As(err, &p) {
		t.Errorf("Close returned %v", err)
	}
	goleak.VerifyNone(t)
}
