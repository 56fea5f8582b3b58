package green

import (
	"fmt"
	"os"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A Blocking is a report of a [Monitor]: a task that has kept the whole hub to itself. Its ID is that of the task's tasklet.
type Blocking = tasklet.Hog

// A Monitor watches, from outside the hub, for tasks that block everybody: see [Hub.Monitor]. It can be paused.
type Monitor = tasklet.Monitor

// Monitor starts to watch for tasks, the main one included, that run for longer than limit without giving way, and calls
// report for each, once a turn, with the stack on which it is: see [tasklet.Scheduler.Monitor], of which this is the hub's.
// A nil report prints to standard error. report runs on a goroutine of the monitor's, while the task goes on.
func (h *Hub) Monitor(limit time.Duration, report func(Blocking)) *Monitor {
	if report == nil {
		report = func(b Blocking) { fmt.Fprintf(os.Stderr, "green: %v\n%s\n", b, b.Stack) }
	}
	return h.s.Monitor(limit, report)
}
