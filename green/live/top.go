package live

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// Top draws the hub's state on a terminal again and again, until ctx is done or the hub has ended, and then returns nil; or
// the error of w. It shows up to rows tasks: those that ran most often since the last time. Any goroutine may call it, but
// none that runs h.
func Top(ctx context.Context, h *green.Hub, w io.Writer, every time.Duration, rows int) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	return top(ctx, h, w, ticker.C, rows)
}

// home moves the cursor to the beginning of a cleared screen.
const home = "\x1b[H\x1b[2J"

func top(ctx context.Context, h *green.Hub, w io.Writer, ticks <-chan time.Time, rows int) error {
	var last *green.Snapshot
	for {
		picture := bytes.NewBufferString(home) // drawn at once, or it would flicker
		s, err := Snapshot(ctx, h, false)
		switch {
		case err == nil:
			Write(picture, s, last, rows)
			last = s
		case errors.Is(err, green.ErrClosed) || ctx.Err() != nil:
			return nil
		default:
			fmt.Fprintln(picture, err)
		}
		if _, err := w.Write(picture.Bytes()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
		}
	}
}

// Write writes what [Top] shows: s, with what has happened since last, which may be nil, and up to rows tasks.
func Write(w io.Writer, s, last *green.Snapshot, rows int) error {
	before := map[uint64]uint64{}
	rate := ""
	if last != nil {
		for _, t := range last.Tasks {
			before[t.ID] = t.Switches
		}
		if d := s.Time.Sub(last.Time); d > 0 {
			rate = fmt.Sprintf(" (%.0f/s)", float64(s.Stats.Switches-last.Stats.Switches)/d.Seconds())
		}
	}
	out := bufio.NewWriter(w)
	st := s.Stats
	fmt.Fprintf(out, "%d tasks, %d others: %d runnable, %d blocked, %d at sockets\n",
		st.Tasks, st.Raw, st.Runnable, st.Blocked, st.Sockets)
	fmt.Fprintf(out, "%d spawned, %d switches%s, %d timers", st.Spawned, st.Switches, rate, st.Timers)
	if l := st.Latency; l.Samples > 0 {
		fmt.Fprintf(out, ", latency %v (half) %v (99 %%) %v (most)", l.Quantile(0.5), l.Quantile(0.99), l.Max)
	}
	fmt.Fprintf(out, "\n\n%8s %8s %9s %-20s %s\n", "TASK", "PARENT", "SWITCHES", "NAME", "DOES")
	tasks := slices.Clone(s.Tasks)
	slices.SortStableFunc(tasks, func(a, b green.TaskInfo) int {
		return cmp.Compare(b.Switches-before[b.ID], a.Switches-before[a.ID])
	})
	for i, t := range tasks {
		if i == rows {
			fmt.Fprintf(out, "%8s %d more\n", "…", len(tasks)-rows)
			break
		}
		parent := ""
		if t.Parent != 0 {
			parent = strconv.FormatUint(t.Parent, 10)
		}
		fmt.Fprintf(out, "%8d %8s %9d %-20s %s\n", t.ID, parent, t.Switches-before[t.ID], fit(t.Name, 20), fit(t.Status(), 80))
	}
	return out.Flush()
}

// fit is s in one line of at most n characters.
func fit(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' ' // and no escapes for the terminal
		}
		return r
	}, s)
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
