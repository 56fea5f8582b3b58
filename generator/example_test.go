package generator_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-greenlet/greenlet/generator"
)

func Example() {
	fibonacci := generator.New(func(y *generator.Yielder[int, struct{}]) error {
		for a, b := 0, 1; ; a, b = b, a+b {
			if _, err := y.Yield(a); err != nil {
				return err
			}
		}
	})
	for n := range fibonacci.All() {
		if n > 50 {
			break // ends the body too
		}
		fmt.Print(n, " ")
	}
	// Output: 0 1 1 2 3 5 8 13 21 34
}

// A running average: each value sent is answered by the average so far.
func Example_twoWay() {
	average := generator.New(func(y *generator.Yielder[float64, float64]) error {
		x, err := y.Yield(0)
		for sum, n := 0.0, 1.0; err == nil; n++ {
			sum += x
			x, err = y.Yield(sum / n)
		}
		return err
	})
	defer average.Close()
	average.Next() // runs to the first Yield, which waits for a value
	for _, x := range []float64{10, 20, 60} {
		a, _ := average.Send(x)
		fmt.Println(a)
	}
	// Output:
	// 10
	// 15
	// 30
}

// A tokenizer that is fed its text piece by piece, wherever the pieces are cut. It yields a token, or "" when it needs
// more text; and it reads as if it had the whole text at hand.
func Example_tokenizer() {
	type yielder = generator.Yielder[string, string]
	tokenizer := generator.New(func(y *yielder) error {
		text, end := "", error(nil)
		peek := func() byte { // asks for text from the depth of any call
			for text == "" && end == nil {
				text, end = y.Yield("")
			}
			if text == "" {
				return 0
			}
			return text[0]
		}
		word := func() (w string) {
			for c := peek(); c > ' '; c = peek() {
				w += string(c)
				text = text[1:]
			}
			return w
		}
		for peek() != 0 {
			if w := word(); w == "" {
				text = text[1:]
			} else if _, err := y.Yield(w); err != nil {
				return err
			}
		}
		if !errors.Is(end, errEOF) {
			return end
		}
		return nil
	})
	print := func(token string, ok bool) {
		for ; ok && token != ""; token, ok = tokenizer.Next() {
			fmt.Printf("%q ", token)
		}
	}
	tokenizer.Next()
	for _, piece := range []string{"green", "lets ar", "e  ", "small", ""} {
		print(tokenizer.Send(piece))
	}
	print(tokenizer.Throw(errEOF))
	fmt.Println(tokenizer.Err())
	// Output: "greenlets" "are" "small" <nil>
}

var errEOF = errors.New("no more text")

// Permutations by plain recursion: the Yielder goes down with the call.
func Example_permutations() {
	var permute func(y *generator.Yielder[string, struct{}], chosen, left string) error
	permute = func(y *generator.Yielder[string, struct{}], chosen, left string) error {
		if left == "" {
			_, err := y.Yield(chosen)
			return err
		}
		for i := range left {
			if err := permute(y, chosen+left[i:i+1], left[:i]+left[i+1:]); err != nil {
				return err
			}
		}
		return nil
	}
	of := func(s string) *generator.Generator[string, struct{}] {
		return generator.New(func(y *generator.Yielder[string, struct{}]) error { return permute(y, "", s) })
	}
	letters, digits := of("abc"), of("123")
	defer digits.Close()
	for l := range letters.All() {
		d, _ := digits.Next() // two at the same time
		fmt.Print(l, d, " ")
	}
	// Output: abc123 acb132 bac213 bca231 cab312 cba321
}

type tree struct {
	left  *tree
	value string
	right *tree
}

// Walk is a generator of the values of t in order.
func (t *tree) Walk() *generator.Generator[string, struct{}] {
	return generator.New(func(y *generator.Yielder[string, struct{}]) error {
		if t == nil {
			return nil
		}
		if err := y.From(t.left.Walk()); err != nil {
			return err
		}
		if _, err := y.Yield(t.value); err != nil {
			return err
		}
		return y.From(t.right.Walk())
	})
}

// A tree's generator delegates to those of its subtrees.
func ExampleYielder_From() {
	leaf := func(s string) *tree { return &tree{value: s} }
	t := &tree{&tree{leaf("a"), "b", leaf("c")}, "d", &tree{nil, "e", leaf("f")}}
	u := &tree{leaf("a"), "b", &tree{leaf("c"), "d", &tree{leaf("e"), "f", nil}}}
	fmt.Println(sameFringe(t, u))
	u.left.value = "z"
	fmt.Println(sameFringe(t, u))
	// Output:
	// true
	// false
}

// sameFringe reports whether two trees have the same values in the same order, and stops at the first difference.
func sameFringe(t, u *tree) bool {
	a, b := t.Walk(), u.Walk()
	defer a.Close()
	defer b.Close()
	for {
		v, more := a.Next()
		w, moreToo := b.Next()
		if v != w || more != moreToo {
			return false
		}
		if !more {
			return true
		}
	}
}

// Words are read until a line fails.
func ExampleGenerator_Err() {
	words := generator.New(func(y *generator.Yielder[string, struct{}]) error {
		for n, line := range []string{"one two", "three", "fo\x00ur", "five"} {
			if strings.ContainsRune(line, 0) {
				return fmt.Errorf("line %d: not a text", n+1)
			}
			for word := range strings.FieldsSeq(line) {
				if _, err := y.Yield(word); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for word := range words.All() {
		fmt.Println(word)
	}
	fmt.Println(words.Err())
	// Output:
	// one
	// two
	// three
	// line 3: not a text
}

// The consumer tells the body of a mistake, and the body corrects it.
func ExampleGenerator_Throw() {
	tooBig := errors.New("too big")
	sizes := generator.New(func(y *generator.Yielder[int, struct{}]) error {
		for size := 64; size > 0; {
			switch _, err := y.Yield(size); err {
			case nil:
				return nil
			case tooBig:
				size /= 2
			default:
				return err
			}
		}
		return errors.New("nothing fits")
	})
	size, ok := sizes.Next()
	for ok && size > 20 {
		size, ok = sizes.Throw(tooBig)
	}
	fmt.Println(size)
	fmt.Println(sizes.Close())
	// Output:
	// 16
	// <nil>
}

// Of gives an iterator what a generator has: here, Close that reports.
func ExampleOf() {
	seq := func(yield func(string) bool) {
		defer fmt.Println("cleaned up")
		for word := range strings.FieldsSeq("one two three") {
			if !yield(word) {
				return
			}
		}
	}
	g := generator.Of(seq)
	fmt.Println(g.Next())
	fmt.Println(g.Next())
	fmt.Println(g.Close())
	// Output:
	// one true
	// two true
	// cleaned up
	// <nil>
}
