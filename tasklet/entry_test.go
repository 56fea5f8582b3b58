package tasklet_test

import (
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/internal/entrytest"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	var made string
	s := func() *tasklet.Scheduler { made = entrytest.Line(0); return tasklet.New() }()
	defer s.Close()
	c := tasklet.NewChan[int](s)
	x := s.NewTasklet(func() error { return nil })
	timer, ticker := s.NewTimer(time.Hour), s.NewTicker(time.Hour)
	line, alarm := s.NewLine("something"), s.NewAlarm(func() {})
	monitor := s.Monitor(time.Hour, func(tasklet.Hog) {})
	o := s.StartTimeout(time.Hour)
	entrytest.Table{
		Package: "tasklet",
		Made:    made,
		Values:  []any{s, c, x, timer, ticker, line, alarm, monitor, o, tasklet.NewLocal[int](), c.Port()},
		Funcs: map[string]any{
			"NewChan":     tasklet.NewChan[int],
			"NewBuffered": tasklet.NewBuffered[int],
			"Await":       tasklet.Await[int],
		},
		Args: []any{s, x, time.Hour},
		Anywhere: map[string]string{
			"Scheduler.Main": entrytest.Constant, "Scheduler.World": entrytest.Constant, "Chan.Cap": entrytest.Constant,
			"Tasklet.ID": entrytest.Constant, "Tasklet.Scheduler": entrytest.Constant, "Tasklet.IsMain": entrytest.Constant,
			"Scheduler.Post": "for other goroutines", "Scheduler.Hold": "for other goroutines",
			"Scheduler.Inside": "for other goroutines", "Scheduler.Outside": "for other goroutines",
			"Port.Send": "for other goroutines", "Port.Receive": "for other goroutines", "Port.Close": "for other goroutines",
			"Port.TrySend": "for other goroutines", "Port.TryReceive": "for other goroutines",
			"Line.Len": "for layers, which have checked", "Line.First": "for layers, which have checked",
			"Line.String":         "for layers, which have checked",
			"Scheduler.MonitorAt": "of a test",
		},
	}.Run(t)
}
