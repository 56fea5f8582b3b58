package conformance

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"pgregory.net/rapid"
)

// draws turns bytes into what rapid draws from: a word for each byte, with the byte in every place that may count, and
// after these as many zeros as the largest program needs, which draw what a program shrinks to.
func draws(choices []byte) []byte {
	words := make([]byte, 0, 8*len(choices)+1<<16)
	for _, c := range choices {
		words = binary.LittleEndian.AppendUint64(words, uint64(c)*0x0101_0101_0101_0101)
	}
	return words[:cap(words)]
}

// FuzzPrograms generates programs from anything. Each is a script that can be read, and prints the same in Starlark and on
// package greenlet, but for the listed differences.
func FuzzPrograms(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(16) {
		choices := make([]byte, 1<<11)
		_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(choices)
		f.Add(choices)
	}
	check := rapid.MakeFuzz(func(t *rapid.T) {
		p := Programs().Draw(t, "program")
		text := p.Text()
		if _, err := greenlets.FileOptions().Parse("program.star", text, 0); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if v := p.CheckOurs(); v.Diff != "" && v.Listed == "" {
			t.Fatalf("%s\n\n%s", v.Diff, p.Reproduction())
		}
		if again := p.Text(); again != text {
			t.Fatalf("executing a program changes it to\n%s", again)
		}
	})
	f.Fuzz(func(t *testing.T, choices []byte) { check(t, draws(choices[:min(len(choices), 1<<14)])) })
}

// FuzzOracle lets a process answer anything. An answer is one line, which is refused unless it is JSON, and a log arrives as
// it was printed.
func FuzzOracle(f *testing.F) {
	f.Add("g0 states current+:None\n", `"log"`+"\n"+`{"greenlet": "3.5", "python": "3.13"}`)
	f.Add("", "")
	f.Add("\"\\\n\u2028\x00é\U0001f600", `"\ud800"`+"\n\r\n")
	f.Add("<&>", "5\n[]\n{\"greenlet\": null, \"cmd\": 1, \"in\": {}}\n\"cut\n\"a\" \"b\"")
	f.Add("uncaught TypeError: \xff\n", "Traceback (most recent call last):\n\xff\"\"\n")
	f.Fuzz(func(t *testing.T, log, noise string) {
		line, err := json.Marshal(log)
		if err != nil {
			t.Fatal(err)
		}
		answers := strings.Split(noise, "\n")
		o := &Oracle{out: bufio.NewReader(strings.NewReader(noise + "\n" + string(line) + "\n" + noise))}
		for _, answer := range answers {
			var got, want string
			err := o.read(&got)
			if wantErr := json.Unmarshal([]byte(answer), &want); (err == nil) != (wantErr == nil) || err == nil && got != want {
				t.Errorf("the answer %q is %q, %v", answer, got, err)
			}
		}
		var got string
		// JSON has nothing else than text.
		if want := string([]rune(log)); o.read(&got) != nil || got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for range answers {
			err = o.read(&got)
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("an answer without its end: %v", err)
		}
	})
}
