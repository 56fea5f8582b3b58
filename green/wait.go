package green

import "github.com/go-greenlet/greenlet/tasklet"

// A Waitable is what [Hub.WaitAny] and its like can wait for: a task, an event, a result, a queue, a semaphore, a timer.
// Waiting takes nothing from it: a queue that is ready may be empty again when the caller comes to it.
type Waitable interface {
	// Ready says whether waiting would end at once.
	Ready() bool
	// watch returns where to wait until Ready may have changed.
	watch() *tasklet.Line
}
