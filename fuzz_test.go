package greenlet_test

import (
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-greenlet/greenlet"
)

// FuzzModel performs programs made of anything on the model and on real greenlets, as TestModel does with random ones.
func FuzzModel(f *testing.F) {
	// Dropping a handle is left to TestModel: waiting for the collector takes too long here.
	const mix = "SSSSSSSSSSSNNNNNNTTTTOPPPRCCCkltturrrppg"
	const width = 5
	step := func(letter byte, a, b, c, d byte) string {
		return string([]byte{byte(strings.IndexByte(mix, letter)), a, b, c, d})
	}
	f.Add([]byte{})
	f.Add([]byte(step('N', 0, 0, 0, 0) + step('S', 1, 0, 0, 0) + step('N', 1, 0, 0, 1) + step('S', 2, 0, 0, 4) + step('r', 0, 0, 4, 0)))
	f.Add([]byte(step('N', 0, 0, 0, 0) + step('O', 0, 0, 0, 0) + step('P', 1, 2, 0, 0) + step('T', 1, 0, 1, 3) + step('C', 1, 0, 0, 2)))
	f.Add([]byte(step('t', 0, 0, 0, 0) + step('N', 0, 0, 0, 0) + step('S', 1, 0, 0, 0) + step('p', 0, 0, 0, 0) + step('u', 0, 0, 0, 0)))
	f.Add([]byte(step('N', 0, 0, 0, 0) + step('S', 1, 0, 0, 0) + step('S', 0, 0, 0, 0) + step('k', 1, 0, 0, 0) + step('l', 0, 0, 0, 0) +
		step('C', 1, 0, 0, 0) + step('g', 0, 0, 0, 0)))
	f.Fuzz(func(t *testing.T, program []byte) {
		var raw []rawStep
		for ; len(program) >= width && len(raw) < 100; program = program[width:] {
			op := letters[rune(mix[int(program[0])%len(mix)])]
			raw = append(raw, rawStep{op, int(program[1] & 63), int(program[2] & 63), int(program[3] & 63), int(program[4] & 63)})
		}
		before := runtime.NumGoroutine()
		m := runModel(raw)
		compare(t, m, runReal(m.program))
		goroutinesBack(t, before)
	})
}

// FuzzWriteDump writes tables of greenlets with any names and places. Each has one line, and the columns begin where their
// heads do.
func FuzzWriteDump(f *testing.F) {
	f.Add("worker", "main.main", "main.go", 12, uint64(3))
	f.Add("a\tb", "", "C:\\dir with spaces\\main.go", 0, uint64(0))
	f.Add("line\nline", "f\v", "g\f", -1, uint64(1<<63))
	f.Add("\xff", "\xff", "\xff\xff", 1, uint64(1))
	f.Add("naïve \u2028 \u0085 \x1b[31m", "", "", 1, uint64(1))
	f.Fuzz(func(t *testing.T, name, function, file string, line int, switches uint64) {
		stack := []runtime.Frame{{Function: function, File: file, Line: line}}
		var b strings.Builder
		err := greenlet.WriteDump(&b, []greenlet.Info{
			{ID: 1, State: greenlet.Running},
			{ID: 2, Parent: 1, State: greenlet.Suspended, Name: name, Stack: stack, Switches: switches},
			{ID: 3, Parent: 2, State: greenlet.Pending, Created: stack},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			t.Errorf("not fit to be printed: %q", got)
		}
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("not a line for each of three:\n%s", got)
		}
		state := strings.Index(lines[0], "STATE")
		for i, want := range []greenlet.State{greenlet.Running, greenlet.Suspended, greenlet.Pending} {
			if cells := []rune(lines[i+1]); len(cells) < state || !strings.HasPrefix(string(cells[state:]), want.String()+" ") {
				t.Errorf("line %d has its state elsewhere:\n%s", i+1, got)
			}
		}
	})
}
