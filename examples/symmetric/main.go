// Symmetric shows what symmetric switching is for: an auction in which the bidders hand the floor to each other.
//
//	go run ./examples/symmetric [NAME=LIMIT...]
//
// Who has the floor raises the price by ten and gives the floor to the one just outbid. Who cannot go higher leaves, and
// gives it to anybody else who is still in the room. Who comes next is therefore decided while the program runs, by whoever
// runs. The auctioneer, which is main, opens the auction and hears of the end.
//
// This cannot be written with iter.Pull. What a Pull's function yields goes back to the one who called next, and to
// nobody else. If Ann calls next to wake Bob, Ann waits for Bob's yield; should Bob then outbid Ann and call Ann's next, the
// runtime panics with "iter.Pull: next called again before yield". One would have to send every bid through the auctioneer
// instead, who wakes the next bidder: two switches for each bid, and a loop that knows who comes when.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/go-greenlet/greenlet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"Ann=50", "Bob=30", "Cid=70"}
	}
	r := &room{out: stdout}
	for _, arg := range args {
		name, limit, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi(limit)
		if err != nil || name == "" {
			fmt.Fprintf(stderr, "symmetric: %q is not a name and a limit\nusage: symmetric [NAME=LIMIT...]\n", arg)
			return 2
		}
		r.in = append(r.in, &bidder{name: name, limit: n})
	}
	if err := r.auction(); err != nil {
		fmt.Fprintln(stderr, "symmetric:", err)
		return 1
	}
	return 0
}

// A bid travels with each switch: the highest so far.
type bid struct {
	by    *bidder // nil before the first one
	price int
}

const step = 10

// A room is where an auction takes place.
type room struct {
	in  []*bidder // those who have not left
	out io.Writer
}

type bidder struct {
	name  string
	limit int
	g     *greenlet.Greenlet[bid]
}

// auction holds the auction.
func (r *room) auction() error {
	return greenlet.Run(func(main *greenlet.Greenlet[bid]) error {
		for _, b := range r.in {
			b.g = main.New(func(top bid) (bid, error) { return r.attend(b, top) })
		}
		switches, returns := 0, 0
		stop := main.Trace(func(e greenlet.Event[bid]) error {
			switches++
			if e.To == main {
				returns++
			}
			return nil
		})
		top, err := r.in[0].g.Switch(bid{})
		stop()
		if err != nil {
			return err
		}
		if top.by == nil {
			fmt.Fprintln(r.out, "nobody bids")
		} else {
			fmt.Fprintf(r.out, "sold to %s for %d\n", top.by.name, top.price)
		}
		fmt.Fprintf(r.out, "%d switches, %d of them to the auctioneer\n", switches, returns)
		return nil
	})
}

// attend is what b does: from entering the room, where top is the highest bid, to leaving it.
func (r *room) attend(b *bidder, top bid) (bid, error) {
	for top.price+step <= b.limit {
		rival := top.by
		top = bid{b, top.price + step}
		fmt.Fprintf(r.out, "%s bids %d\n", b.name, top.price)
		if rival == nil {
			rival = r.other(b) // it was the first bid
		}
		if rival == nil {
			return top, nil // alone: the end goes to main, and the auction is over
		}
		var err error
		if top, err = rival.g.Switch(top); err != nil {
			return bid{}, err
		}
	}
	fmt.Fprintf(r.out, "%s leaves\n", b.name)
	r.in = slices.DeleteFunc(r.in, func(x *bidder) bool { return x == b })
	if next := r.other(top.by); next != nil {
		// What ends goes to its parent. That can be chosen, too, so leaving is one more direct switch.
		if err := b.g.SetParent(next.g); err != nil {
			return bid{}, err
		}
	}
	return top, nil
}

// other returns somebody who is still in the room and not b.
func (r *room) other(b *bidder) *bidder {
	for _, x := range r.in {
		if x != b {
			return x
		}
	}
	return nil
}
