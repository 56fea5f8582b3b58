package green_test

import (
	"context"
	"fmt"

	"github.com/go-greenlet/greenlet/green"
)

// A counter that needs no lock, though tasks use it that block in between.
func ExampleActor() {
	type add int
	type total struct{}
	green.Run(func(h *green.Hub) error {
		a := green.NewActor(h)
		sum := 0
		green.Handle(a, func(n add) error { sum += int(n); return nil })
		green.Answer(a, func(total) (int, error) { return sum, nil })
		a.Send(add(2))
		a.Send(add(3))
		n, err := green.Ask[total, int](a.Mailbox(), total{})
		fmt.Println(n, err)
		a.Stop()
		return nil
	})
	// Output: 5 <nil>
}

// A function that reports by a callback, on a goroutine of its own, becomes one that returns.
func ExampleCallback() {
	fetch := func(url string, done func(text string, err error)) {
		go done("the text of "+url, nil)
	}
	green.Run(func(h *green.Hub) error {
		text, err := green.Callback(h, func(done func(string, error)) { fetch("example.com", done) })
		fmt.Println(text, err)
		return nil
	})
	// Output: the text of example.com <nil>
}

// A hub behind a loop: tasks work together on what the loop gets.
func ExampleSeq() {
	squares := green.Seq(func(h *green.Hub, emit func(int) error) error {
		for i := range 3 {
			if err := emit(i * i); err != nil {
				return err
			}
		}
		return nil
	})
	for n, err := range squares {
		fmt.Println(n, err)
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
	// 4 <nil>
}

// A plain goroutine, a handler of net/http say, gets into the hub and waits for what it asked for.
func ExampleCall() {
	green.Run(func(h *green.Hub) error {
		stock := 3 // belongs to the hub: no lock
		_, err := green.Offload(h, func(ctx context.Context) (int, error) {
			left, err := green.Call(ctx, h, func() (int, error) { stock--; return stock, nil })
			fmt.Println(left, err)
			return 0, nil
		})
		return err
	})
	// Output: 2 <nil>
}
