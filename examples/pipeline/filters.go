package main

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/go-greenlet/greenlet/generator"
)

// A stream yields lines.
type stream = generator.Generator[string, struct{}]

// A sink is where a filter puts its lines.
type sink = generator.Yielder[string, struct{}]

// A filter reads source and yields to y. It returns what y or source failed with, if either did.
type filter func(y *sink, source *stream) error

// after makes the stream that comes out of f if source goes in. Nothing runs before somebody asks for a line.
func (f filter) after(source *stream) *stream {
	return generator.New(func(y *sink) error { return f(y, source) })
}

// lines makes the stream of the lines of a file, which is opened when the first one is wanted.
func lines(open func() (io.ReadCloser, error)) *stream {
	return generator.New(func(y *sink) error {
		f, err := open()
		if err != nil {
			return err
		}
		defer f.Close() // also if the consumer stops early
		in := bufio.NewScanner(f)
		for in.Scan() {
			if _, err := y.Yield(in.Text()); err != nil {
				return err
			}
		}
		return in.Err()
	})
}

func grep(text string) filter {
	return func(y *sink, source *stream) error {
		for line := range source.All() {
			if !strings.Contains(line, text) {
				continue
			}
			if _, err := y.Yield(line); err != nil {
				return err
			}
		}
		return source.Err()
	}
}

func head(n int) filter {
	return func(y *sink, source *stream) error {
		if n == 0 {
			return nil
		}
		left := n
		for line := range source.All() {
			if _, err := y.Yield(line); err != nil {
				return err
			}
			if left--; left == 0 {
				return nil // leaving the loop closes source
			}
		}
		return source.Err()
	}
}

func number(y *sink, source *stream) error {
	n := 0
	for line := range source.All() {
		n++
		if _, err := y.Yield(strconv.Itoa(n) + " " + line); err != nil {
			return err
		}
	}
	return source.Err()
}

// split is the filter words.
func split(y *sink, source *stream) error {
	for line := range source.All() {
		for word := range strings.FieldsSeq(line) {
			if _, err := y.Yield(word); err != nil {
				return err
			}
		}
	}
	return source.Err()
}

// join asks for lines where it needs them, which no loop over them could say as plainly.
func join(y *sink, source *stream) error {
	defer source.Close()
	for {
		line, ok := source.Next()
		if !ok {
			return source.Err()
		}
		if second, ok := source.Next(); ok {
			line += " " + second
		}
		if _, err := y.Yield(line); err != nil {
			return err
		}
	}
}
