package green

import (
	"errors"
	"log"

	"github.com/go-greenlet/greenlet"
)

// unheard writes err to the standard logger, with the stack of a panic, since nobody else is told about it. what names
// who failed, and why nobody is told. An end that was asked for is no failure.
func unheard(what string, err error) {
	var p *greenlet.PanicError
	switch {
	case err == nil:
	case errors.As(err, &p):
		log.Printf("green: %s panicked: %v\n%s", what, p.Value, p.Stack)
	case !isKilled(err) && !errors.Is(err, ErrKilled) && !errors.Is(err, ErrCanceled) && !errors.Is(err, ErrClosed):
		log.Printf("green: %s failed: %v", what, err)
	}
}
