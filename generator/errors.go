package generator

import (
	"errors"
	"fmt"
)

// ErrGoexit is what [Generator.Err] returns if the body called runtime.Goexit.
var ErrGoexit = errors.New("generator: the body called runtime.Goexit")

// misuse is the text of the panic when op is called on the generator of y, which is neither suspended nor over.
func (y *Yielder[Out, In]) misuse(op string) string {
	var why string
	switch {
	case y.state == lent:
		why = "of a generator to which another one delegates; use that one until its From has returned"
	case y.at == inLoop:
		why = "in the loop over All of a generator that was not started before, whose body runs on the loop's stack; break ends it, and a Next before the loop makes it one that can be used inside"
	case op == "From":
		why = "delegates to a generator that is running: itself, or one that waits for this one, or one that another goroutine uses; make a new one for each level of a recursion"
	default:
		why = "of a generator that is running: the call comes from its body, from something that the body called, or from another goroutine; the body uses its Yielder, and goroutines take turns"
	}
	return fmt.Sprintf("generator: %s %s", op, why)
}

// misplaced is the text of the panic when op is called on y whose body does not run.
func (y *Yielder[Out, In]) misplaced(op string) string {
	var why string
	switch y.at {
	case inNowhere:
		why = "with a Yielder that no generator made; use the one that the body gets"
	case inEnd:
		why = "after the body has ended; a Yielder is of no use outside the body that got it"
	case inLoop:
		why = "while the loop over All runs, or after it panicked; only the body may yield, and it must not keep the loop's panic"
	default:
		why = "while the body is suspended; only what the body calls may use the Yielder, the consumer uses Next and Send"
	}
	return fmt.Sprintf("generator: %s outside a running generator, %s", op, why)
}
