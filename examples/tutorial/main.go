// Tutorial shows why one would want greenlets: a dialogue that is written straight down, from its first line to its
// last, in a program that gets its keys by callback.
//
//	go run ./examples/tutorial          takes the keys from standard input
//	go run ./examples/tutorial -demo    presses some keys by itself; also if there is no input at all
//
// A window toolkit owns the main loop. It calls onKey for every key that is pressed and wants that call to return at
// once. A dialogue would rather ask for a key when it needs one: read a command, ask whether that was meant, read the
// answer. Without greenlets one of the two has to be turned inside out, and it is the dialogue: its place in the
// program becomes a variable, and its loops become states. A goroutine with two channels keeps its shape, too, but then
// the dialogue and the toolkit run at the same time unless every key is acknowledged. With greenlets both are plain
// code, one of them runs, and Switch goes from one to the other.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/go-greenlet/greenlet"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// demo is what the program types by itself.
const demo = "add 30\nadd 12\ntotal\nhelp\nquit\nn\nadd 8\nquit\ny\n"

// run is main with its surroundings as arguments. It returns the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("tutorial", flag.ContinueOnError)
	flags.SetOutput(stderr)
	byItself := flags.Bool("demo", false, "press some keys by itself")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "tutorial: unexpected argument %q; keys come from standard input\n", flags.Arg(0))
		flags.Usage()
		return 2
	}
	if *byItself {
		stdin = strings.NewReader(demo)
	}
	if err := converse(stdin, stdout); err != nil {
		fmt.Fprintln(stderr, "tutorial:", err)
		return 1
	}
	return 0
}

// converse brings the toolkit and the dialogue together.
func converse(stdin io.Reader, stdout io.Writer) error {
	return greenlet.Run(func(main *greenlet.Greenlet[rune]) error {
		d := &dialogue{toolkit: main, out: stdout}
		talk := main.New(d.talk)
		if _, err := talk.Switch(0); err != nil { // runs it up to where it wants the first key
			return err
		}
		var failed error
		tk := &toolkit{keys: bufio.NewReader(stdin), out: stdout, echo: !interactive(stdin)}
		tk.onKey = func(key rune) {
			// The whole bridge: hand the key to the dialogue, and be back when it wants another one.
			_, failed = talk.Switch(key)
			if failed != nil || talk.Dead() {
				tk.quit()
			}
		}
		return errors.Join(tk.mainLoop(), failed)
	})
}

// --- The dialogue, which runs in a greenlet of its own. It could be any code that reads its input.

type dialogue struct {
	toolkit *greenlet.Greenlet[rune]
	out     io.Writer
	total   int
}

// talk is the whole dialogue.
func (d *dialogue) talk(rune) (rune, error) {
	for {
		words, err := d.command()
		if err != nil {
			return 0, err // there are no more keys
		}
		switch {
		case len(words) == 2 && words[0] == "add":
			d.add(words[1])
		case len(words) == 1 && words[0] == "total":
			fmt.Fprintf(d.out, "The total is %d.\n", d.total)
		case len(words) == 1 && words[0] == "quit":
			sure, err := d.ask("Really quit? y or n")
			if err != nil {
				return 0, err
			}
			if sure {
				fmt.Fprintf(d.out, "Goodbye. The total was %d.\n", d.total)
				return 0, nil
			}
			fmt.Fprintln(d.out, "Then let us go on.")
		default:
			fmt.Fprintln(d.out, "Say add NUMBER, total or quit.")
		}
	}
}

func (d *dialogue) add(number string) {
	n, err := strconv.Atoi(number)
	if err != nil {
		fmt.Fprintf(d.out, "%q is not a number.\n", number)
		return
	}
	d.total += n
}

func (d *dialogue) ask(question string) (bool, error) {
	fmt.Fprintln(d.out, question)
	words, err := d.command()
	return err == nil && len(words) == 1 && words[0] == "y", err
}

// command returns the words of the next line of keys.
func (d *dialogue) command() ([]string, error) {
	fmt.Fprint(d.out, "> ")
	var line strings.Builder
	for {
		key, err := d.key()
		if err != nil {
			return nil, err
		}
		if key == '\n' {
			return strings.Fields(line.String()), nil
		}
		line.WriteRune(key)
	}
}

// key returns the next key. Until there is one, the toolkit runs; how deep in its own calls the dialogue is at that
// moment makes no difference.
func (d *dialogue) key() (rune, error) { return d.toolkit.Switch(0) }

// --- The toolkit, which knows nothing of dialogues and greenlets: it calls onKey.

type toolkit struct {
	keys  *bufio.Reader
	out   io.Writer
	echo  bool // show the keys, since no terminal does
	onKey func(key rune)
	over  bool
}

func (tk *toolkit) quit() { tk.over = true }

// mainLoop calls onKey for each key until there are no more, or quit is called.
func (tk *toolkit) mainLoop() error {
	if _, err := tk.keys.Peek(1); err == io.EOF {
		tk.echo = true
		tk.keys.Reset(strings.NewReader(demo))
	}
	for !tk.over {
		key, _, err := tk.keys.ReadRune()
		switch {
		case err == io.EOF:
			fmt.Fprintln(tk.out, "\nNo more keys.")
			return nil
		case err != nil:
			return err
		case key == '\r':
			continue // the first half of Windows' end of a line
		}
		if tk.echo {
			fmt.Fprint(tk.out, string(key))
		}
		tk.onKey(key)
	}
	return nil
}

// interactive says whether in is a terminal, which shows by itself what is typed.
func interactive(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
