package green

import (
	"errors"
	"fmt"
	"os"

	"github.com/go-greenlet/greenlet"
)

// unheard writes err to standard error, with the stack of a panic: nobody else would hear of it. what names who failed, and
// why nobody hears. An end that was asked for is no failure.
func unheard(what string, err error) {
	var p *greenlet.PanicError
	switch {
	case err == nil:
	case errors.As(err, &p):
		fmt.Fprintf(os.Stderr, "green: %s panicked: %v\n%s\n", what, p.Value, p.Stack)
	case !isKilled(err) && !errors.Is(err, ErrKilled) && !errors.Is(err, ErrCanceled) && !errors.Is(err, ErrClosed):
		fmt.Fprintf(os.Stderr, "green: %s failed: %v\n", what, err)
	}
}
