package green_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// A report speaks of tasks, and names lines of the program: not of the library, and not of the standard one.
func TestDeadlock_NamesTheLinesOfTheProgram(t *testing.T) {
	var lines [3]int
	err := run(func(h *green.Hub) error {
		q := green.NewQueue[int](h, 1)
		h.Go(func() error {
			lines[0] = line() + 1
			for range q.All() {
			}
			return nil
		}).SetName("worker")
		h.SpawnRaw(func() error {
			lines[1] = line() + 1
			return h.NewEvent().Wait()
		})
		h.Go(func() error {
			_, err := io.Copy(io.Discard, latchReader{h.NewLatch(1), &lines[2]})
			return err
		})
		return nil
	})
	text := fmt.Sprint(err)
	for i, part := range []string{
		`task 2 "worker" waits for an item of queue (0 of 1 items) `, "tasklet 3 waits for an event ", "task 4 waits for a latch ",
	} {
		_, entry, found := strings.Cut(text, "\n\t"+part)
		entry, _, _ = strings.Cut(entry, "\n")
		if !found || !strings.HasSuffix(entry, fmt.Sprintf("/report_test.go:%d)", lines[i])) || strings.Contains(entry, "since") {
			t.Errorf("the report has %q, want %q and line %d, in:\n%s", entry, part, lines[i], text)
		}
	}
}

// A latchReader waits in Read, and notes in which line.
type latchReader struct {
	l    *green.Latch
	line *int
}

func (r latchReader) Read([]byte) (int, error) {
	*r.line = line() + 1
	return 0, r.l.Wait()
}

// line returns the line of its caller.
func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

// Who ignores that it was killed is told where.
func TestRun_NamesTheLineOfATaskThatGoesOnAfterItWasKilled(t *testing.T) {
	at := 0
	err := run(func(h *green.Hub) error {
		h.Go(func() error {
			for {
				at = line() + 1
				_ = h.Sleep(10 * ms)
			}
		}).SetName("deaf")
		if err := h.Sleep(35 * ms); err != nil {
			return err
		}
		return errBoom
	})
	expectIs(t, "Run", err, errBoom)
	expectIs(t, "Run", err, green.ErrGoexit)
	text := fmt.Sprint(err)
	for _, part := range []string{
		`green: task 2 "deaf" did not end after it was killed, and was unwound at `,
		fmt.Sprintf("/report_test.go:%d: return the error of Hub.Sleep", at),
	} {
		if !strings.Contains(text, part) {
			t.Errorf("Run returned %q, want something with %q", text, part)
		}
	}
}
