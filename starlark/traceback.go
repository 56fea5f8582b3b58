package starlark

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// Traceback describes err, which executing a script returned, as Python would: the calls that were active, outermost
// first, and what went wrong in the last line. The calls of each greenlet that the error came through stand beneath
// the greenlet's name; the one where it began is the last. Of several errors, as [Run] returns them when several tasks
// failed, each is described. Of a long list the middle is left out, which the text says. The text ends in a newline.
func Traceback(err error) string {
	var b strings.Builder
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range several.Unwrap() {
			b.WriteString(Traceback(err))
		}
		return b.String()
	}
	if all := groups(err); len(all) > 0 {
		b.WriteString("Traceback (most recent call last):\n")
		for i, g := range all {
			if left := len(all) - 2*ends; left > 1 && i >= ends && i < ends+left {
				if i == ends {
					fmt.Fprintf(&b, "  ... in %d more ...\n", left)
				}
				continue
			}
			g.write(&b)
		}
	}
	b.WriteString(lastLine(err))
	b.WriteByte('\n')
	return b.String()
}

// A group is the calls of one greenlet.
type group struct {
	greenlet string
	stack    starlark.CallStack
}

// groups finds what err went through.
func groups(err error) []group {
	var all []group
	at := mainLabel
	for ; err != nil; err = errors.Unwrap(err) {
		g := group{greenlet: at}
		switch err := err.(type) {
		case *crossing:
			at = err.from
			continue
		case *starlark.EvalError:
			g.stack = err.CallStack
		case *located:
			g.stack = err.stack
		default:
			continue
		}
		if len(g.stack) == 0 {
			continue // all calls had returned
		}
		if n := len(all) - 1; n >= 0 && all[n].greenlet == at && extends(g.stack, all[n].stack) {
			// A module that was loaded failed: this is the whole of the same stack.
			all[n] = g
			continue
		}
		all = append(all, g)
	}
	return all
}

func extends(stack, outer starlark.CallStack) bool {
	return len(stack) >= len(outer) && slices.Equal(stack[:len(outer)], outer)
}

// builtin is the name of the file in which Starlark says that functions of the host are.
const builtin = "<builtin>"

// ends is how many calls at both ends of a long stack are shown, and greenlets at both ends of a long way through them.
const ends = 10

func (g *group) write(b *strings.Builder) {
	calls := slices.DeleteFunc(slices.Clone(g.stack), func(c starlark.CallFrame) bool { return c.Pos.Filename() == builtin })
	if len(calls) == 0 {
		return
	}
	fmt.Fprintf(b, "  in %s:\n", g.greenlet)
	for i, c := range calls {
		if left := len(calls) - 2*ends; left > 1 && i >= ends && i < ends+left {
			if i == ends {
				fmt.Fprintf(b, "    ... %d more calls ...\n", left)
			}
			continue
		}
		fmt.Fprintf(b, "    %s: in %s\n", c.Pos, c.Name)
	}
}

// lastLine says what went wrong.
func lastLine(err error) string {
	var b *builtinError
	var s *stopped
	switch {
	case errors.As(err, &s):
		return "Error: " + s.text
	case isExit(raised(err)):
		return raised(err).String()
	case errors.As(cause(err), &b):
		return b.kind + ": " + b.text
	}
	return "Error: " + err.Error()
}
