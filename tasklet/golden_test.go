package tasklet_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// testdata/stackless.jsonl is what Stackless Python did: programs with the log of what they ran in which order. The same
// programs, written for this package, must write the same logs.

// A golden is one line of the file.
type golden struct {
	Name        string
	Log         []string
	Preference  tasklet.Preference
	ScheduleAll int `json:"schedule_all"`
	Order       []string
	N           int
	Balance     int `json:"balance_after_drain"`
	Pending     bool
	State       string
}

func (g golden) String() string {
	s := g.Name
	if strings.HasPrefix(s, "channel_") || s == "main_sends" || s == "callbacks" {
		s += fmt.Sprintf(" %d all=%d %s", g.Preference, g.ScheduleAll, strings.Join(g.Order, ""))
	}
	if g.State != "" {
		s += fmt.Sprintf(" %s pending=%v", g.State, g.Pending)
	}
	return s
}

// A replay runs the program that g is of.
type replay struct {
	*tasklet.Scheduler
	golden
	t   *testing.T
	log []string
}

var replays = map[string]func(*replay){
	"channel_pref":                             (*replay).channel,
	"channel_pref_run":                         (*replay).channel,
	"main_sends":                               (*replay).mainSends,
	"round_robin_run":                          (*replay).roundRobin,
	"round_robin_main_schedule":                (*replay).roundRobinMain,
	"tasklet_run_middle":                       (*replay).runMiddle,
	"tasklet_switch_from_tasklet":              (*replay).switchFromTasklet,
	"spawn_in_tasklet":                         (*replay).spawnInTasklet,
	"throw":                                    (*replay).throw,
	"uncaught_in_run":                          (*replay).uncaught,
	"deadlock_main_receive":                    (*replay).deadlockMain,
	"deadlock_main_receive_after_tasklet_ends": (*replay).deadlockAfterEnd,
	"run_with_tasklet_blocked_is_not_deadlock": (*replay).blockedIsNoDeadlock,
	"close_with_pending_senders":               (*replay).closeWithSenders,
	"close_iter_receiver_first":                (*replay).closeWithReceiver,
	"send_sequence":                            (*replay).sendSequence,
	"block_trap":                               (*replay).blockTrap,
	"callbacks":                                (*replay).callbacks,
	"watchdog_hard":                            (*replay).watchdogHard,
	"watchdog_soft":                            (*replay).watchdogSoft,
}

func TestStacklessGoldens(t *testing.T) {
	f, err := os.Open("testdata/stackless.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var g golden
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		t.Run(g.String(), func(t *testing.T) { g.replay(t) })
	}
}

func (g golden) replay(t *testing.T) {
	run := replays[g.Name]
	if run == nil {
		t.Fatalf("no replay of %q", g.Name)
	}
	var r *replay
	if err := tasklet.Run(func(s *tasklet.Scheduler) error {
		r = &replay{Scheduler: s, golden: g, t: t}
		s.Main().SetName("main")
		run(r)
		return nil
	}); err != nil {
		t.Errorf("Close: %v", err)
	}
	if !slices.Equal(r.log, g.Log) {
		t.Errorf("log\n got %q\nwant %q", r.log, g.Log)
	}
}

func (r *replay) say(format string, args ...any) { r.log = append(r.log, fmt.Sprintf(format, args...)) }

// must is for what cannot fail.
func (r *replay) must(err error) {
	if err != nil {
		r.t.Helper()
		r.t.Errorf("unexpected error: %v", err)
	}
}

// drain is Stackless's: while getruncount() > 1: schedule().
func (r *replay) drain() {
	for r.Len() > 1 {
		if err := r.Schedule(); err != nil {
			r.say("drain raised %s", python(err))
		}
	}
}

// goNamed spawns a tasklet with a name.
func (r *replay) goNamed(name string, body func() error) *tasklet.Tasklet {
	t := r.Go(body)
	t.SetName(name)
	return t
}

// turns spawns a tasklet that says n times that it has its turn.
func (r *replay) turns(name string, n int) *tasklet.Tasklet {
	return r.goNamed(name, func() error {
		for i := range n {
			r.say("%s%d", name, i)
			r.must(r.Schedule())
		}
		r.say("%s.end", name)
		return nil
	})
}

// raised is a Python exception that a test throws.
type raised string

func (e raised) Error() string { return string(e) }

// python is how Python would print err.
func python(err error) string {
	var dead *tasklet.DeadlockError
	switch e := raised(""); {
	case errors.As(err, &e):
		return string(e)
	case errors.As(err, &dead):
		return "RuntimeError: " + dead.Reason
	}
	for goError, text := range map[error]string{
		tasklet.ErrDead:       "RuntimeError: You cannot throw to a dead tasklet",
		tasklet.ErrBlocked:    "RuntimeError: You cannot run a blocked tasklet",
		tasklet.ErrBlockTrap:  "RuntimeError: this tasklet does not like to be blocked.",
		tasklet.ErrSwitchTrap: "RuntimeError: switch_trap",
		tasklet.ErrClosed:     "ValueError: Send/receive operation on a closed channel",
		tasklet.ErrExit:       "TaskletExit: ",
	} {
		if errors.Is(err, goError) {
			return text
		}
	}
	return "? " + err.Error()
}

// text is python without the type.
func text(err error) string {
	_, s, _ := strings.Cut(python(err), ": ")
	return s
}

// truth is how Python prints a bool.
func truth(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func (r *replay) channel() {
	c := tasklet.NewChan[int](r.Scheduler).SetPreference(r.Preference).SetScheduleAll(r.ScheduleAll != 0)
	run := r.Name == "channel_pref_run"
	end := func(name string) error {
		if !run {
			r.say("%s.end", name)
		}
		return nil
	}
	for _, name := range r.Order {
		upper := strings.ToUpper(name)
		r.goNamed(name, map[byte]func() error{
			'r': func() error {
				for i := range r.N {
					r.say("%s%d", name, i)
					v, err := c.Receive()
					r.must(err)
					r.say("%s%d=%d", upper, i, v)
				}
				return end(name)
			},
			's': func() error {
				for i := range r.N {
					r.say("%s%d", name, i)
					r.must(c.Send(i))
					r.say("%s%d", upper, i)
				}
				return end(name)
			},
			't': func() error {
				for i := range r.N {
					r.say("%s%d", name, i)
					r.must(r.Schedule())
				}
				return nil
			},
		}[name[0]])
	}
	if run {
		r.must(r.Run())
	} else {
		r.drain()
	}
	expect(r.t, "balance", c.Balance(), r.Balance)
}

func (r *replay) mainSends() {
	c := tasklet.NewChan[int](r.Scheduler).SetPreference(r.Preference).SetScheduleAll(r.ScheduleAll != 0)
	r.Go(func() error {
		for i := range 3 {
			r.say("r%d", i)
			v, err := c.Receive()
			r.must(err)
			r.say("got%d", v)
		}
		r.say("r.end")
		return nil
	})
	r.Go(func() error {
		for i := range 4 {
			r.say("x%d", i)
			r.must(r.Schedule())
		}
		return nil
	})
	for i := range 3 {
		r.say("m%d", i)
		r.must(c.Send(i))
		r.say("M%d", i)
	}
	r.drain()
	r.say("m.end")
}
