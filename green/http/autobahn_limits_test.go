package http_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

// limitCases are section 9: long messages, many frames, small pieces, and many messages one after the other. With the
// race detector, or in short mode, no message is longer than 64 KB, and there are 20 in place of 1000.
func limitCases() (all []autobahnCase) {
	bound, rounds := 16<<20, 1000
	if raced || testing.Short() {
		bound, rounds = 64<<10, 20
	}
	for kind, op := range []ws.OpCode{ws.OpText, ws.OpBinary} {
		add := func(section, i, size int, send func(payload string) []sending) {
			name := fmt.Sprintf("9.%d.%d", section+kind, i+1)
			all = append(all, autobahnCase{name: name, make: func() autobahnCase {
				payload := longPayload(op, min(size, bound))
				return autobahnCase{name: name, send: send(payload), want: []received{{op, payload}}}
			}})
		}
		for i, n := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20} {
			add(1, i, n, func(payload string) []sending { return together(whole(op, payload)) })
		}
		for i, n := range []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			add(3, i, 4<<20, func(payload string) []sending { return together(split(op, payload, n)...) })
		}
		for i, chop := range []int{64, 128, 256, 512, 1024, 2048} {
			add(5, i, 1<<20, func(payload string) []sending { return chopped(chop, whole(op, payload)) })
		}
		for i, n := range []int{0, 16, 64, 256, 1024, 4096} {
			payload := longPayload(op, n)
			c := autobahnCase{name: fmt.Sprintf("9.%d.%d", 7+kind, i+1)}
			for round := range rounds {
				c.send = append(c.send, sending{frames: []ws.Frame{whole(op, payload)}, await: round + 1})
				c.want = append(c.want, received{op, payload})
			}
			all = append(all, c)
		}
	}
	return all
}

// longPayload makes n bytes. A text has characters of each length, so that frames and pieces end amid some.
func longPayload(op ws.OpCode, n int) string {
	if op == ws.OpBinary {
		return strings.Repeat("\xfe", n)
	}
	const some = "aé€😀"
	return strings.Repeat(some, n/len(some)) + strings.Repeat("*", n%len(some))
}
