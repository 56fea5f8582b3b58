package http_test

import (
	"fmt"
	"strings"

	greenhttp "github.com/go-greenlet/greenlet/green/http"
	"github.com/gobwas/ws"
)

const (
	greeting = "Hello, world!"
	oddBytes = "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"
	violates = greenhttp.CloseProtocol
)

// echoed is a case in which a message comes back.
func echoed(name string, op ws.OpCode, payload string, chop int) autobahnCase {
	return autobahnCase{name: name, send: chopped(chop, whole(op, payload)), want: []received{{op, payload}}}
}

// framingCases are section 1: messages of the lengths at which a head becomes longer.
func framingCases() (all []autobahnCase) {
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536, 65536} {
		chop := 0
		if i == 7 {
			chop = 997
		}
		all = append(all, echoed(fmt.Sprintf("1.1.%d", i+1), ws.OpText, strings.Repeat("*", n), chop),
			echoed(fmt.Sprintf("1.2.%d", i+1), ws.OpBinary, strings.Repeat("\xfe", n), chop))
	}
	return all
}

// pingCases are section 2.
func pingCases() []autobahnCase {
	most, unasked := strings.Repeat("\xfe", 125), "unsolicited pong payload"
	var pings []ws.Frame
	var pongs []received
	for i := range 10 {
		payload := fmt.Sprintf("payload-%d", i)
		pings, pongs = append(pings, whole(ws.OpPing, payload)), append(pongs, pongOf(payload))
	}
	answered := func(name, payload string, chop int) autobahnCase {
		return autobahnCase{name, chopped(chop, whole(ws.OpPing, payload)), []received{pongOf(payload)}, 0, nil}
	}
	return []autobahnCase{
		answered("2.1", "", 0),
		answered("2.2", greeting, 0),
		answered("2.3", oddBytes, 0),
		answered("2.4", most, 0),
		{"2.5", each(whole(ws.OpPing, most+"\xfe")), nil, violates, nil},
		answered("2.6", most, 1),
		{"2.7", each(whole(ws.OpPong, "")), nil, 0, nil},
		{"2.8", each(whole(ws.OpPong, unasked)), nil, 0, nil},
		{"2.9", each(whole(ws.OpPong, unasked), whole(ws.OpPing, greeting)), []received{pongOf(greeting)}, 0, nil},
		{"2.10", each(pings...), pongs, 0, nil},
		{"2.11", chopped(1, pings...), pongs, 0, nil},
	}
}

// reservedCases are section 3: bits that an extension would have to be agreed on for.
func reservedCases() []autobahnCase {
	after := func(bits byte) []ws.Frame {
		return []ws.Frame{whole(ws.OpText, greeting), reserved(bits, whole(ws.OpText, greeting)), whole(ws.OpPing, "")}
	}
	first := []received{textOf(greeting)}
	return []autobahnCase{
		{"3.1", each(reserved(1, whole(ws.OpText, greeting))), nil, violates, nil},
		{"3.2", each(after(2)...), first, violates, nil},
		{"3.3", together(after(3)...), first, violates, nil},
		{"3.4", chopped(1, after(4)...), first, violates, nil},
		{"3.5", each(reserved(5, whole(ws.OpBinary, oddBytes))), nil, violates, nil},
		{"3.6", each(reserved(6, whole(ws.OpPing, greeting))), nil, violates, nil},
		{"3.7", each(reserved(7, closeFrame(1000, ""))), nil, violates, nil},
	}
}

// opcodeCases are section 4: codes of operations that there are not.
func opcodeCases() (all []autobahnCase) {
	const payload = "reserved opcode payload"
	first := []received{textOf(greeting)}
	for section, code := range map[string]ws.OpCode{"4.1": 3, "4.2": 11} {
		after := func(code ws.OpCode, payload string) []ws.Frame {
			return []ws.Frame{whole(ws.OpText, greeting), whole(code, payload), whole(ws.OpPing, "")}
		}
		all = append(all,
			autobahnCase{section + ".1", each(whole(code, "")), nil, violates, nil},
			autobahnCase{section + ".2", each(whole(code+1, payload)), nil, violates, nil},
			autobahnCase{section + ".3", each(after(code+2, "")...), first, violates, nil},
			autobahnCase{section + ".4", each(after(code+3, greeting)...), first, violates, nil},
			autobahnCase{section + ".5", chopped(1, after(code+4, greeting)...), first, violates, nil})
	}
	return all
}

// fragmentCases are section 5.
func fragmentCases() []autobahnCase {
	const cont, stray = ws.OpContinuation, "non-continuation payload"
	two := []ws.Frame{part(ws.OpText, "fragment1"), whole(cont, "fragment2")}
	pinged := []ws.Frame{two[0], whole(ws.OpPing, "ping payload"), two[1]}
	both := []received{textOf("fragment1fragment2")}
	pongFirst := []received{pongOf("ping payload"), both[0]}
	nothing := []ws.Frame{whole(cont, stray), whole(ws.OpText, greeting)}
	unfinished := []ws.Frame{part(cont, stray), whole(ws.OpText, greeting)}
	twice := func(stray ws.Frame) (frames []ws.Frame) {
		for range 2 {
			frames = append(frames, stray, part(ws.OpText, "fragment2"), whole(cont, "fragment3"))
		}
		return frames
	}
	slow := []sending{
		{frames: []ws.Frame{part(ws.OpText, "fragment1"), part(cont, "fragment2"), whole(ws.OpPing, "pongme 1!")}, await: 1},
		{frames: []ws.Frame{part(cont, "fragment3"), part(cont, "fragment4"), whole(ws.OpPing, "pongme 2!")}},
		{frames: []ws.Frame{whole(cont, "fragment5")}},
	}
	var slower []sending // each frame by itself
	for _, s := range slow {
		apart := each(s.frames...)
		apart[len(apart)-1].await = s.await
		slower = append(slower, apart...)
	}
	five := []received{pongOf("pongme 1!"), pongOf("pongme 2!"), textOf("fragment1fragment2fragment3fragment4fragment5")}
	return []autobahnCase{
		{"5.1", each(part(ws.OpPing, "fragment1"), whole(cont, "fragment2")), nil, violates, nil},
		{"5.2", each(part(ws.OpPong, "fragment1"), whole(cont, "fragment2")), nil, violates, nil},
		{"5.3", each(two...), both, 0, nil},
		{"5.4", together(two...), both, 0, nil},
		{"5.5", chopped(1, two...), both, 0, nil},
		{"5.6", each(pinged...), pongFirst, 0, nil},
		{"5.7", together(pinged...), pongFirst, 0, nil},
		{"5.8", chopped(1, pinged...), pongFirst, 0, nil},
		{"5.9", each(nothing...), nil, violates, nil},
		{"5.10", together(nothing...), nil, violates, nil},
		{"5.11", chopped(1, nothing...), nil, violates, nil},
		{"5.12", each(unfinished...), nil, violates, nil},
		{"5.13", together(unfinished...), nil, violates, nil},
		{"5.14", chopped(1, unfinished...), nil, violates, nil},
		{"5.15", together(two[0], two[1], part(cont, "fragment3"), whole(ws.OpText, "fragment4")), both, violates, nil},
		{"5.16", each(twice(part(cont, "fragment1"))...), nil, violates, nil},
		{"5.17", each(twice(whole(cont, "fragment1"))...), nil, violates, nil},
		{"5.18", together(part(ws.OpText, "fragment1"), whole(ws.OpText, "fragment2")), nil, violates, nil},
		{"5.19", slow, five, 0, nil},
		{"5.20", slower, five, 0, nil},
	}
}

// closeCases are section 7. The original takes any end for 7.1.6 and 7.13; here the messages before a close frame are
// answered, and a code that there is not is a violation.
func closeCases() []autobahnCase {
	const wrong = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"
	end := closeFrame(1000, "")
	long := strings.Repeat("BAsd7&jh23", 256<<10/10)
	all := []autobahnCase{
		{"7.1.1", together(whole(ws.OpText, greeting)), []received{textOf(greeting)}, 0, nil},
		{"7.1.2", together(end, whole(ws.OpClose, "")), nil, 1000, nil},
		{"7.1.3", together(end, whole(ws.OpPing, "")), nil, 1000, nil},
		{"7.1.4", together(end, whole(ws.OpText, greeting)), nil, 1000, nil},
		{"7.1.5", together(part(ws.OpText, "fragment1"), end, whole(ws.OpContinuation, "fragment2")), nil, 1000, nil},
		{"7.1.6", together(whole(ws.OpText, long), whole(ws.OpText, greeting), end, whole(ws.OpPing, "")),
			[]received{textOf(long), textOf(greeting)}, 1000, nil},
		{"7.3.1", each(whole(ws.OpClose, "")), nil, 1000, nil},
		{"7.3.2", each(whole(ws.OpClose, "a")), nil, violates, nil},
		{"7.3.3", each(end), nil, 1000, nil},
		{"7.3.4", each(closeFrame(1000, greeting)), nil, 1000, nil},
		{"7.3.5", each(closeFrame(1000, strings.Repeat("*", 123))), nil, 1000, nil},
		{"7.3.6", each(whole(ws.OpClose, code(1000)+strings.Repeat("*", 124))), nil, violates, nil},
		{"7.5.1", each(whole(ws.OpClose, code(1000)+wrong)), nil, violates, nil},
		{"7.13.1", each(closeFrame(5000, "")), nil, violates, nil},
		{"7.13.2", each(closeFrame(65535, "")), nil, violates, nil},
	}
	for i, n := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		all = append(all, autobahnCase{fmt.Sprintf("7.7.%d", i+1), each(closeFrame(n, "")), nil, n, nil})
	}
	for i, n := range []int{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		all = append(all, autobahnCase{fmt.Sprintf("7.9.%d", i+1), each(whole(ws.OpClose, code(n))), nil, violates, nil})
	}
	return all
}

// miscCases are section 10: a message that its sender splits.
func miscCases() []autobahnCase {
	payload := strings.Repeat("*", 65536)
	return []autobahnCase{{"10.1.1", each(split(ws.OpText, payload, 1300)...), []received{textOf(payload)}, 0, nil}}
}
