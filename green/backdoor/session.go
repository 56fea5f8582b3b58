package backdoor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/live"
)

// patience is for how long the hub may take to answer.
const patience = 2 * time.Second

const help = `list              every task, and what it does
top               the tasks that have run most often
dump              the tree of tasks, with their stacks
kill ID           tell a task to end; it is not waited for
trace on          begin to record
trace off FILE    end recording, and write a page, or Chrome's format if the name ends in .json
stats             the statistics, as JSON
stacks            the stacks of all goroutines; it needs no answer of the hub
quit              close this connection
`

// A session is one connection.
type session struct {
	d   *Door
	out *bufio.Writer
}

func newSession(d *Door, c net.Conn) *session { return &session{d: d, out: bufio.NewWriter(c)} }

func (s *session) prompt() {
	s.out.WriteString("> ")
	s.out.Flush()
}

// do does what a line says, and says whether the session goes on.
func (s *session) do(line string) bool {
	word := strings.Fields(line)
	if len(word) == 0 {
		return true
	}
	var err error
	switch name, args := word[0], word[1:]; name {
	case "quit", "exit":
		return false
	case "help", "?":
		s.out.WriteString(help)
	case "list":
		err = s.show(false, func(x *green.Snapshot) error {
			for _, t := range x.Tasks {
				fmt.Fprintf(s.out, "%s: %s\n", t.Label(), t.Status())
			}
			return nil
		})
	case "top":
		err = s.show(false, func(x *green.Snapshot) error { return live.Write(s.out, x, nil, 20) })
	case "dump":
		err = s.show(true, func(x *green.Snapshot) error { return x.Write(s.out) })
	case "stats":
		err = s.show(false, func(x *green.Snapshot) error {
			e := json.NewEncoder(s.out)
			e.SetIndent("", "  ")
			return e.Encode(x.Stats)
		})
	case "stacks":
		buf := make([]byte, 1<<20)
		s.out.Write(buf[:runtime.Stack(buf, true)])
		s.out.WriteByte('\n')
	case "kill":
		err = s.kill(args)
	case "trace":
		err = s.trace(args)
	default:
		err = fmt.Errorf("no command %q; there is help", name)
	}
	if err != nil {
		fmt.Fprintf(s.out, "error: %v\n", err)
	}
	return true
}

func (s *session) show(stacks bool, f func(*green.Snapshot) error) error {
	x, err := live.Snapshot(s.d.ctx, s.d.h, stacks)
	if err != nil {
		return err
	}
	return f(x)
}

// call runs f in the hub. f must not touch the session, which does not wait for it for ever.
func call[T any](d *Door, f func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(d.ctx, patience)
	defer cancel()
	v, err := green.Call(ctx, d.h, f)
	if err != nil && err == context.Cause(ctx) && ctx.Err() == context.DeadlineExceeded { // and not a deadline in f
		err = fmt.Errorf("the hub has not answered for %v: a task does not give way; see stacks", patience)
	}
	return v, err
}

func (s *session) kill(args []string) error {
	if len(args) != 1 {
		return errors.New("kill takes the number of a task")
	}
	id, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		return err
	}
	name, err := call(s.d, func() (string, error) {
		for t := range s.d.h.Tasks() {
			if tl := t.Tasklet(); tl != nil && tl.ID() == id {
				t.Stop()
				return t.String(), nil
			}
		}
		return "", fmt.Errorf("there is no task %d", id)
	})
	if err == nil {
		fmt.Fprintf(s.out, "%s was told to end\n", name)
	}
	return err
}

func (s *session) trace(args []string) error {
	d := s.d
	switch {
	case len(args) == 1 && args[0] == "on":
		_, err := call(d, func() (*green.Trace, error) {
			if d.trace != nil {
				return nil, errors.New("it is on already")
			}
			d.trace = d.h.Trace()
			return nil, nil
		})
		return err
	case len(args) == 2 && args[0] == "off":
		r, err := call(d, func() (*green.Trace, error) {
			r := d.trace
			if r == nil {
				return nil, errors.New("it is not on")
			}
			r.Stop()
			d.trace = nil
			return r, nil
		})
		if err != nil {
			return err
		}
		return s.write(r, args[1])
	}
	return errors.New("say: trace on, or trace off FILE")
}

// write writes a trace that was stopped, which any goroutine may do.
func (s *session) write(r *green.Trace, path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if strings.HasSuffix(path, ".json") {
		err = r.WriteChrome(f)
	} else {
		err = r.WriteHTML(f)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		fmt.Fprintf(s.out, "%d switches written to %s\n", r.Len(), path)
	}
	return err
}
