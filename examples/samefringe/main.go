// Samefringe shows two recursions side by side: do two directory trees hold the same files in the same order, however
// these are spread over directories?
//
//	go run ./examples/samefringe [-contents] TREE TREE
//
// The leaves of a tree are its files, in the order of a walk that takes the entries of each directory by name. They are
// the same if their names are, without their directories, and with -contents their bytes, too. A symbolic link is a
// leaf. Empty directories count for nothing.
//
// The exit status is 0 if the fringes are the same, 1 if they differ and 2 if there was trouble.
//
// Each walk is a plain recursion that yields from wherever it is. They go on in turn, and only as far as the answer
// needs: if the first leaves differ, no other directory is read. That takes two stacks, which callbacks do not have.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-greenlet/greenlet/generator"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// Exit statuses.
const (
	same = iota
	different
	trouble
)

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("samefringe", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: samefringe [-contents] TREE TREE")
		flags.PrintDefaults()
	}
	contents := flags.Bool("contents", false, "compare what is in the files, too")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return same
	case err != nil:
		return trouble
	case flags.NArg() != 2:
		fmt.Fprintf(stderr, "samefringe: two trees to compare, please, not %d\n", flags.NArg())
		flags.Usage()
		return trouble
	}
	difference, count, err := compare(flags.Arg(0), flags.Arg(1), *contents)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "samefringe:", err)
		return trouble
	case difference != "":
		fmt.Fprintln(stdout, difference)
		return different
	}
	fmt.Fprintf(stdout, "the same %d leaves\n", count)
	return same
}

// A leaf is a file of a tree. Its zero value stands for the end of the fringe.
type leaf struct {
	path string
	mode fs.FileMode // its type
}

func (l leaf) name() string { return filepath.Base(l.path) }

func (l leaf) String() string {
	if l == (leaf{}) {
		return "no more"
	}
	return l.path
}

// compare returns what the first difference between two fringes is, or "", and how many leaves they share up to there.
func compare(a, b string, contents bool) (difference string, count int, err error) {
	as, bs := fringe(a), fringe(b)
	defer as.Close()
	defer bs.Close()
	for {
		x, more := as.Next()
		y, _ := bs.Next()
		if err := errors.Join(as.Err(), bs.Err()); err != nil {
			return "", count, err
		}
		same := x.name() == y.name()
		if same && contents {
			if same, err = sameContents(x, y); err != nil {
				return "", count, err
			}
		}
		switch {
		case !same:
			return fmt.Sprintf("different: leaf %d is %v here and %v there", count+1, x, y), count, nil
		case !more:
			return "", count, nil
		}
		count++
	}
}

// fringe makes a generator of the leaves of the tree at root, which may also be a single file.
func fringe(root string) *generator.Generator[leaf, struct{}] {
	return generator.New(func(y *generator.Yielder[leaf, struct{}]) error {
		info, err := os.Stat(root)
		if err != nil {
			return err
		}
		return visit(y, root, info.Mode())
	})
}

// visit yields the leaves of the file or directory at path.
func visit(y *generator.Yielder[leaf, struct{}], path string, mode fs.FileMode) error {
	if !mode.IsDir() {
		_, err := y.Yield(leaf{path, mode.Type()})
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := visit(y, filepath.Join(path, e.Name()), e.Type()); err != nil {
			return err
		}
	}
	return nil
}
