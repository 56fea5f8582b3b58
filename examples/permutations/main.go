// Permutations shows a generator that yields from nested calls: all orders of some letters, one by one.
//
//	go run ./examples/permutations [LETTERS]
//
// The function place is the recursion that anybody would write. It yields from as deep as there are letters, and a value
// costs the same from there as from the top, because the generator has a stack of its own. The last lines show the same
// generator asked for single values.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/go-greenlet/greenlet/generator"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	letters := "abc"
	switch len(args) {
	case 0:
	case 1:
		letters = args[0]
	default:
		fmt.Fprintf(stderr, "permutations: %d arguments are too many\nusage: permutations [LETTERS]\n", len(args))
		return 2
	}
	out := bufio.NewWriter(stdout)
	show(letters, out)
	if err := out.Flush(); err != nil {
		fmt.Fprintln(stderr, "permutations:", err)
		return 1
	}
	return 0
}

func show(letters string, out *bufio.Writer) {
	count := 0
	for order := range permutations(letters).All() {
		fmt.Fprintln(out, order)
		count++
	}
	fmt.Fprintf(out, "%d orders\n", count)

	// Two generators side by side. Each keeps its place in its own recursion.
	a, b := permutations(letters), permutations(letters)
	defer a.Close()
	defer b.Close()
	b.Next()
	x, _ := a.Next()
	if y, ok := b.Next(); ok {
		fmt.Fprintf(out, "%s comes before %s\n", x, y)
	}
}

// permutations makes a generator of all orders of letters.
func permutations(letters string) *generator.Generator[string, struct{}] {
	return generator.New(func(y *generator.Yielder[string, struct{}]) error {
		return place(y, []rune(letters), 0)
	})
}

// place yields all orders of items in which the first i stay where they are.
func place(y *generator.Yielder[string, struct{}], items []rune, i int) error {
	if i == len(items) {
		_, err := y.Yield(string(items))
		return err // not nil if nobody wants more
	}
	for j := i; j < len(items); j++ {
		items[i], items[j] = items[j], items[i]
		if err := place(y, items, i+1); err != nil {
			return err
		}
		items[i], items[j] = items[j], items[i]
	}
	return nil
}
