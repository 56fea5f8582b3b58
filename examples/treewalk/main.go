// Treewalk shows generators that are put together of others: a walk of a binary tree that delegates to walks of
// its subtrees, a second generator that takes a part of the first, and a consumer that answers.
//
//	go run ./examples/treewalk [NUMBER...]
//
// From is Python's "yield from". A walk that delegates to walks that delegate runs on one stack, so a value from the
// bottom of the tree costs no more than one from its top.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/go-greenlet/greenlet/generator"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = strings.Fields("50 30 70 20 40 60 80 35 45")
	}
	var root *node
	for _, arg := range args {
		value, err := strconv.Atoi(arg)
		if err != nil {
			fmt.Fprintf(stderr, "treewalk: %q is not a number\nusage: treewalk [NUMBER...]\n", arg)
			return 2
		}
		root = root.insert(value)
	}
	show(root, stdout)
	return 0
}

func show(root *node, out io.Writer) {
	fmt.Fprintln(out, "all, in order:")
	for at := range walk(root, 0).All() {
		fmt.Fprintf(out, "%s%d\n", strings.Repeat("  ", at.depth), at.value)
	}

	fmt.Fprint(out, "from 35 to 60:")
	for value := range between(root, 35, 60).All() {
		fmt.Fprint(out, " ", value)
	}
	fmt.Fprintln(out)

	fmt.Fprint(out, "from the top, but not below 30:")
	g := descend(root)
	for at, ok := g.Next(); ok; at, ok = g.Send(at == 30) {
		fmt.Fprint(out, " ", at)
	}
	fmt.Fprintln(out)
}

// A node is a binary tree; nil is the empty one.
type node struct {
	value       int
	left, right *node
}

func (n *node) insert(value int) *node {
	switch {
	case n == nil:
		return &node{value: value}
	case value < n.value:
		n.left = n.left.insert(value)
	default:
		n.right = n.right.insert(value)
	}
	return n
}

// A place is what walk yields.
type place struct{ depth, value int }

// walk yields all of n in order. Each subtree is a generator of its own, to which it delegates.
func walk(n *node, depth int) *generator.Generator[place, struct{}] {
	return generator.New(func(y *generator.Yielder[place, struct{}]) error {
		if n == nil {
			return nil
		}
		if err := y.From(walk(n.left, depth+1)); err != nil {
			return err
		}
		if _, err := y.Yield(place{depth, n.value}); err != nil {
			return err
		}
		return y.From(walk(n.right, depth+1))
	})
}

// between yields the values of n from low to high. It walks no further than that: returning from the loop ends the walk.
func between(n *node, low, high int) *generator.Generator[int, struct{}] {
	return generator.New(func(y *generator.Yielder[int, struct{}]) error {
		for at := range walk(n, 0).All() {
			if at.value > high {
				return nil
			}
			if at.value < low {
				continue
			}
			if _, err := y.Yield(at.value); err != nil {
				return err
			}
		}
		return nil
	})
}

// descend yields the values of n from the top down. The consumer answers each one: true for not going below it.
func descend(n *node) *generator.Generator[int, bool] {
	return generator.New(func(y *generator.Yielder[int, bool]) error {
		return n.descend(y)
	})
}

func (n *node) descend(y *generator.Yielder[int, bool]) error {
	if n == nil {
		return nil
	}
	enough, err := y.Yield(n.value)
	if enough || err != nil {
		return err
	}
	if err := n.left.descend(y); err != nil {
		return err
	}
	return n.right.descend(y)
}
