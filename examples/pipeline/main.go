// Pipeline shows filters that are put together as in a shell, each written as a loop that reads and yields when it
// likes: one line for each, several, fewer, or one for every two.
//
//	go run ./examples/pipeline 'grep fox | number | head 2' [FILE]
//
// Without FILE it reads standard input. The last filter decides how far the first one goes: after head 2 nothing more is
// read. No goroutine runs behind anybody's back, so there is nothing to cancel and nothing to wait for.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

const usage = `usage: pipeline 'FILTER | FILTER | ...' [FILE]
filters:
  grep TEXT   the lines that contain TEXT
  head N      the first N lines
  join        two lines as one
  number      each line after its number
  words       each word as a line`

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) < 1 || len(args) > 2 {
		fmt.Fprintf(stderr, "pipeline: 1 or 2 arguments, please, not %d\n%s\n", len(args), usage)
		return 2
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }
	if len(args) == 2 {
		open = func() (io.ReadCloser, error) { return os.Open(args[1]) }
	}
	source, err := parse(args[0], lines(open))
	if err != nil {
		fmt.Fprintf(stderr, "pipeline: %v\n%s\n", err, usage)
		return 2
	}
	out := bufio.NewWriter(stdout)
	for line := range source.All() {
		fmt.Fprintln(out, line)
	}
	if err := errors.Join(source.Err(), out.Flush()); err != nil {
		fmt.Fprintln(stderr, "pipeline:", err)
		return 1
	}
	return 0
}

// parse puts the filters that text names behind source.
func parse(text string, source *stream) (*stream, error) {
	for stage := range strings.SplitSeq(text, "|") {
		f, err := parseFilter(strings.Fields(stage))
		if err != nil {
			return nil, err
		}
		source = f.after(source)
	}
	return source, nil
}

func parseFilter(words []string) (filter, error) {
	if len(words) == 0 {
		return nil, errors.New("a filter is missing")
	}
	name, args := words[0], words[1:]
	switch {
	case name == "join" && len(args) == 0:
		return join, nil
	case name == "number" && len(args) == 0:
		return number, nil
	case name == "words" && len(args) == 0:
		return split, nil
	case name == "grep" && len(args) == 1:
		return grep(args[0]), nil
	case name == "head" && len(args) == 1:
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 {
			return nil, fmt.Errorf("head takes a number of lines, not %q", args[0])
		}
		return head(n), nil
	}
	return nil, fmt.Errorf("%q is no filter", strings.Join(words, " "))
}
