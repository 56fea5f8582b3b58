package http_test

import (
	"fmt"
	"unicode/utf8"

	greenhttp "github.com/go-greenlet/greenlet/green/http"
	"github.com/gobwas/ws"
)

// textCases are section 6: texts that are UTF-8, and those that are not, which must be noticed at the first byte
// after which nothing can make them UTF-8 any more.
func textCases() []autobahnCase {
	const (
		cont   = ws.OpContinuation
		mixed  = "Hello-µ@ßöäüàá-UTF-8!!"
		greek  = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"
		broken = greek + "\xed\xa0\x80edited"     // a surrogate, wrong from byte 12 on
		beyond = greek + "\xf4\x90\x80\x80edited" // beyond the last character, wrong from byte 12 on
		bad    = greenhttp.CloseInvalid
		middle = "middle frame payload"
	)
	// early sends the beyond text up to two places, and no more: the answer must come then. In frames, a ping between
	// them shows that what came first was taken.
	early := func(first, second int) []sending {
		return []sending{
			{frames: []ws.Frame{part(ws.OpText, beyond[:first]), whole(ws.OpPing, "")}, await: 1},
			{frames: []ws.Frame{part(cont, beyond[first:second])}},
		}
	}
	inOneFrame := func(first, second int) []sending {
		f := whole(ws.OpText, beyond)
		return []sending{{frames: []ws.Frame{f}, chop: first + 2, cut: len(beyond) - second}}
	}
	all := []autobahnCase{
		echoed("6.1.1", ws.OpText, "", 0),
		{"6.1.2", each(part(ws.OpText, ""), part(cont, ""), whole(cont, "")), []received{textOf("")}, 0, nil},
		{"6.1.3", each(part(ws.OpText, ""), part(cont, middle), whole(cont, "")), []received{textOf(middle)}, 0, nil},
		echoed("6.2.1", ws.OpText, mixed, 0),
		{"6.2.2", each(part(ws.OpText, mixed[:14]), whole(cont, mixed[14:])), []received{textOf(mixed)}, 0, nil},
		{"6.2.3", each(split(ws.OpText, mixed, 1)...), []received{textOf(mixed)}, 0, nil},
		{"6.2.4", each(split(ws.OpText, greek, 1)...), []received{textOf(greek)}, 0, nil},
		{"6.3.1", each(whole(ws.OpText, broken)), nil, bad, nil},
		{"6.3.2", each(split(ws.OpText, broken, 1)...), nil, bad, nil},
		{"6.4.1", early(11, 15), []received{pongOf("")}, bad, nil},
		{"6.4.2", early(12, 13), []received{pongOf("")}, bad, nil},
		{"6.4.3", inOneFrame(11, 15), nil, bad, nil},
		{"6.4.4", inOneFrame(12, 13), nil, bad, nil},
	}
	for i, texts := range utf8Sequences(greek) {
		for j, s := range texts {
			name := fmt.Sprintf("6.%d.%d", i+5, j+1)
			if utf8.ValidString(s) {
				all = append(all, echoed(name, ws.OpText, s, 0))
			} else {
				all = append(all, autobahnCase{name, each(whole(ws.OpText, s)), nil, bad, nil})
			}
		}
	}
	return all
}

// utf8Sequences are those of Markus Kuhn's stress test of UTF-8 decoders, by the sections 6.5 to 6.23.
func utf8Sequences(greek string) [][]string {
	var prefixes, nonCharacters []string
	for n := range len(greek) {
		prefixes = append(prefixes, greek[:n+1])
	}
	continuations := ""
	for c := 0x80; c < 0xbf; c++ {
		continuations += string([]byte{byte(c)})
	}
	starts := func(from, to byte) (s string) {
		for c := from; c < to; c++ {
			s += string([]byte{c, ' '})
		}
		return s
	}
	missing := []string{"\xc0", "\xe0\x80", "\xf0\x80\x80", "\xf8\x80\x80\x80", "\xfc\x80\x80\x80\x80",
		"\xdf", "\xef\xbf", "\xf7\xbf\xbf", "\xfb\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf"}
	joined := ""
	for _, s := range missing {
		joined += s
	}
	nonCharacters = append(nonCharacters, "\xef\xbf\xbe", "\xef\xbf\xbf")
	for plane := rune(1); plane <= 16; plane++ { // the last two of each plane
		nonCharacters = append(nonCharacters, string(plane<<16|0xfffe), string(plane<<16|0xffff))
	}
	return [][]string{
		{"hello$world", "hello¢world", "hello€world", "hello\U00024b62world", greek},
		prefixes,
		{"\x00", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"},
		{"\xf8\x88\x80\x80\x80", "\xfc\x84\x80\x80\x80\x80"},
		{"\x7f", "\xdf\xbf", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"},
		{"\xf7\xbf\xbf\xbf", "\xfb\xbf\xbf\xbf\xbf", "\xfd\xbf\xbf\xbf\xbf\xbf"},
		{"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80"},
		{"\x80", "\xbf", "\x80\xbf", "\x80\xbf\x80", "\x80\xbf\x80\xbf", "\x80\xbf\x80\xbf\x80", "\x80\xbf\x80\xbf\x80\xbf",
			continuations},
		{starts(0xc0, 0xdf), starts(0xe0, 0xef), starts(0xf0, 0xf7), starts(0xf8, 0xfb), starts(0xfc, 0xfd)},
		missing,
		{joined},
		{"\xfe", "\xff", "\xfe\xfe\xff\xff"},
		{"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf"},
		{"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf8\x87\xbf\xbf\xbf", "\xfc\x83\xbf\xbf\xbf\xbf"},
		{"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf8\x80\x80\x80\x80", "\xfc\x80\x80\x80\x80\x80"},
		{"\xed\xa0\x80", "\xed\xad\xbf", "\xed\xae\x80", "\xed\xaf\xbf", "\xed\xb0\x80", "\xed\xbe\x80", "\xed\xbf\xbf"},
		{"\xed\xa0\x80\xed\xb0\x80", "\xed\xa0\x80\xed\xbf\xbf", "\xed\xad\xbf\xed\xb0\x80", "\xed\xad\xbf\xed\xbf\xbf",
			"\xed\xae\x80\xed\xb0\x80", "\xed\xae\x80\xed\xbf\xbf", "\xed\xaf\xbf\xed\xb0\x80", "\xed\xaf\xbf\xed\xbf\xbf"},
		nonCharacters,
		{"\ufff9", "\ufffa", "\ufffb", "\ufffc", "\ufffd", "\ufffe", "\uffff"},
	}
}
