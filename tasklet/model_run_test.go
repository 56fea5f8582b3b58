package tasklet_test

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/tasklet"
)

// A mreal performs a program of the model on a scheduler and writes down what it sees.
type mreal struct {
	mconfig
	program  []mstep
	step     int
	stuck    []int
	log      []string
	s        *tasklet.Scheduler
	clock    *tasklet.Clock
	ts       []*tasklet.Tasklet // nil for those without a handle
	chans    []*tasklet.Chan[int]
	line     *tasklet.Line
	scopes   []*tasklet.Timeout
	errs     map[string]error
	closing  bool
	late     []string
	diverged bool
}

// runReal performs m's program.
func runReal(m *mworld) *mreal {
	r := &mreal{mconfig: m.mconfig, program: m.program, stuck: m.stuck, errs: map[string]error{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.setUp()
		r.steps(0)
		r.closing = true
		err := r.s.Close()
		slices.Sort(r.late)
		all := ""
		if err != nil {
			all = r.name(err)
		}
		r.logf("closed: %s; left %v", all, r.late)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		buf := make([]byte, 1<<20)
		panic("a program hangs:\n" + strings.Join(r.log, "\n") + "\n" + string(buf[:runtime.Stack(buf, true)]))
	}
	return r
}

func (r *mreal) setUp() {
	r.clock = tasklet.NewClock(time.Unix(0, 0))
	opts := []tasklet.Option{tasklet.WithWorld(r.clock)}
	if r.policy != 0 {
		opts = append(opts, tasklet.WithPolicy(r.choose))
	}
	r.s = tasklet.New(opts...)
	main := r.s.Main()
	main.SetName("t0")
	r.ts = append(r.ts, main)
	for i := range mChans {
		size := 0
		if i == mChans-1 {
			size = mChanCapacity
		}
		r.chans = append(r.chans, tasklet.NewBuffered[int](r.s, size).SetName(fmt.Sprint("c", i)))
	}
	r.line = r.s.NewLine("line")
	if r.handler != 0 {
		r.s.SetErrorHandler(func(t *tasklet.Tasklet, err error) error {
			r.logf("  handler: %s %s", realName(t.Name()), r.name(err))
			if r.handler == 1 {
				return nil
			}
			return err
		})
	}
	if r.callbacks {
		r.s.SetScheduleCallback(func(prev, next *tasklet.Tasklet) {
			r.logf("  %s > %s", realName(prev.Name()), realName(next.Name()))
		})
		r.s.SetChannelCallback(func(e tasklet.ChannelEvent) {
			r.logf("  %s: %s sending=%v block=%v", e.Channel.Name(), realName(e.Tasklet.Name()), e.Sending, e.WillBlock)
		})
	}
}

func (r *mreal) choose(runnable []*tasklet.Tasklet) int {
	best := 0
	for i, t := range runnable {
		if policyKey(r.policy, int(t.ID()), r.step) < policyKey(r.policy, int(runnable[best].ID()), r.step) {
			best = i
		}
	}
	return best
}

func (r *mreal) logf(format string, args ...any) { r.log = append(r.log, fmt.Sprintf(format, args...)) }

// next is the next step, if it is one for me.
func (r *mreal) next(me int) (mstep, bool) {
	if r.diverged || r.step == len(r.program) {
		return mstep{}, false
	}
	s := r.program[r.step]
	if s.who != me {
		r.logf("t%d runs, and the model has %v", me, s)
		r.diverged = true
		return mstep{}, false
	}
	r.step++
	return s, true
}

func (r *mreal) body(me int) func() error {
	return func() error {
		r.logf("t%d starts", me)
		r.see()
		_, err := r.steps(me)
		return err
	}
}

// steps performs the steps of me, until the end of a scope or of the body.
func (r *mreal) steps(me int) (ended bool, err error) {
	for {
		s, ok := r.next(me)
		if !ok {
			return true, nil
		}
		switch s.op {
		case mReturn:
			return true, r.err(s.err)
		case mPanic:
			panic(s.err)
		case mScopeEnd:
			return false, nil
		case mWithTimeout:
			err = r.withTimeout(s, func(o *tasklet.Timeout) error {
				r.scopes = append(r.scopes, o)
				return r.inside(s, &ended)
			})
		case mShield:
			err = r.s.Shield(func() error { return r.inside(s, &ended) })
		default:
			err = r.perform(s)
			s.op = mNop
		}
		if !ended && s.op != mNop {
			r.completed(s, ": 0 "+noErr, noErr) // the scope is closed
		}
		if ended || err != nil && s.fail && me != 0 {
			return true, err
		}
	}
}

func (r *mreal) withTimeout(s mstep, f func(*tasklet.Timeout) error) error {
	d := time.Duration(s.arg%5) * time.Millisecond
	if !isOurs(s) {
		return r.s.WithTimeout(d, f)
	}
	o := r.s.StartTimeout(d)
	defer o.Stop()
	return f(o)
}

func (r *mreal) inside(s mstep, ended *bool) (err error) {
	r.logf("t%d %c#%d opens", s.who, s.op, s.num)
	r.see()
	*ended, err = r.steps(s.who)
	return err
}

// perform does s and writes down what it returned. A panic that arrives is recovered.
func (r *mreal) perform(s mstep) (err error) {
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(*greenlet.PanicError)
			if !ok {
				panic(p)
			}
			r.completed(s, fmt.Sprintf("panicked: %v", e.Value), fmt.Sprint(e.Value))
		}
	}()
	v, err := r.do(s)
	r.completed(s, fmt.Sprintf(": %d %s", v, r.name(err)), r.name(err))
	return err
}

func (r *mreal) completed(s mstep, what, err string) {
	if r.closing && slices.Contains(r.stuck, s.who) {
		r.late = append(r.late, fmt.Sprintf("t%d %s", s.who, err))
		return
	}
	if !strings.HasPrefix(what, ":") {
		what = " " + what
	}
	r.logf("t%d %c#%d%s", s.who, s.op, s.num, what)
	if strings.HasPrefix(what, ":") && err != noErr && s.fail && s.who != 0 {
		return
	}
	r.see()
}

func (r *mreal) do(s mstep) (int, error) {
	ms := time.Millisecond
	switch s.op {
	case mGo, mNew, mSpawn, mBrief, mBind:
		return 0, r.create(s)
	case mSchedule:
		return 0, r.s.Schedule()
	case mAdvance:
		r.clock.Advance(time.Duration(s.arg%4) * ms)
		return 0, r.s.Sleep(0)
	case mLeave:
		return 0, r.s.ScheduleRemove()
	case mRun:
		return 0, r.s.Run()
	case mSleep:
		return 0, r.s.Sleep(time.Duration(1+s.arg%4) * ms)
	case mReset:
		r.scopes[s.to].Reset(time.Duration(s.arg%4) * ms)
	case mExpire:
		r.scopes[s.to].Expire(r.err(s.err))
	case mWait:
		return 0, r.line.Wait()
	case mWake:
		r.line.Wake()
	case mWakeAll:
		r.line.WakeAll()
	case mSwitchTrap:
		r.s.SwitchTrap(1 - 2*r.s.SwitchTrap(0))
	case mSend, mSendError, mSendSeq, mReceive, mPreference, mScheduleAll, mCloseChan, mClosing:
		return r.onChan(s, r.chans[s.ch])
	default:
		return 0, r.onTasklet(s, r.ts[s.to])
	}
	return 0, nil
}

func (r *mreal) create(s mstep) error {
	n := len(r.ts)
	switch s.op {
	case mGo:
		r.ts = append(r.ts, r.s.Go(r.body(n)))
		r.ts[n].SetName(fmt.Sprint("t", n))
	case mNew:
		body := r.body(n)
		if s.arg%4 == 0 {
			body = nil
		}
		r.ts = append(r.ts, r.s.NewTasklet(body))
		r.ts[n].SetName(fmt.Sprint("t", n))
	case mSpawn:
		r.ts = append(r.ts, nil)
		r.s.Spawn(r.body(n))
	case mBrief:
		r.s.Spawn(func() error {
			r.logf("brief")
			return nil
		})
	case mBind:
		if s.arg%4 == 0 {
			return r.ts[s.to].Bind(nil)
		}
		return r.ts[s.to].Bind(r.body(s.to))
	}
	return nil
}

func (r *mreal) onTasklet(s mstep, t *tasklet.Tasklet) error {
	switch s.op {
	case mInsert:
		return t.Insert()
	case mRemove:
		return t.Remove()
	case mRunIt:
		return t.Run()
	case mSwitch:
		return t.Switch()
	case mThrow:
		return t.Throw(r.err(s.err))
	case mThrowLater:
		return t.ThrowLater(r.err(s.err))
	case mKill:
		return t.Kill()
	case mKillLater:
		return t.KillLater()
	case mJoin:
		return t.Join()
	case mBlockTrap:
		t.SetBlockTrap(!t.BlockTrap())
	}
	return nil
}

func (r *mreal) onChan(s mstep, c *tasklet.Chan[int]) (int, error) {
	switch s.op {
	case mSend:
		return 0, c.Send(s.num)
	case mSendError:
		return 0, c.SendError(r.err(s.err))
	case mSendSeq:
		return c.SendSeq(values(s))
	case mReceive:
		return c.Receive()
	case mPreference:
		return int(c.SetPreference(tasklet.Preference(s.arg%5 - 2)).Preference()), nil
	case mScheduleAll:
		c.SetScheduleAll(s.arg%2 == 0)
	case mCloseChan:
		c.Close()
	case mClosing:
		c.SetClosing(s.arg%2 == 0)
	}
	return 0, nil
}

// values are what a SendSeq sends.
func values(s mstep) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i <= s.arg%3 && yield(s.num+1000*i); i++ {
		}
	}
}

// see writes down what there is to see.
func (r *mreal) see() {
	if r.quiet || r.closing {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  at %d, ring %s;", r.clock.Now().UnixMilli(), realNames(r.s.Ring()))
	for _, c := range r.chans {
		fmt.Fprintf(&b, " %d [%s] %v %v;", c.Balance(), realNames(c.Queue()), c.Closing(), c.Closed())
	}
	fmt.Fprintf(&b, " %d;", r.line.Len())
	for _, t := range r.ts {
		if t != nil {
			fmt.Fprintf(&b, " %d:%s", t.ID(), stateOf(t.Alive(), t.Scheduled(), t.Blocked(), t.Paused()))
		}
	}
	r.log = append(r.log, b.String())
}

func realNames(ts iter.Seq[*tasklet.Tasklet]) string {
	var all []string
	for t := range ts {
		all = append(all, realName(t.Name()))
	}
	return strings.Join(all, " ")
}

func realName(name string) string {
	if name == "" {
		return "?"
	}
	return name
}

// err is the error of that name.
func (r *mreal) err(name string) error {
	switch name {
	case noErr:
		return nil
	case "exit":
		return tasklet.ErrExit
	}
	if r.errs[name] == nil {
		r.errs[name] = errors.New(name)
		if isExitName(name) {
			r.errs[name] = fmt.Errorf("%s: %w", name, tasklet.ErrExit)
		}
	}
	return r.errs[name]
}

var knownErrs = map[error]string{nil: noErr, tasklet.ErrExit: "exit", tasklet.ErrClosed: "closed", tasklet.ErrDead: "dead",
	tasklet.ErrBlocked: "blocked", tasklet.ErrCurrent: "current", tasklet.ErrAlive: "alive", tasklet.ErrBlockTrap: "blocktrap",
	tasklet.ErrSwitchTrap: "switchtrap"}

// name is the name of an error. It goes by identity: a copy would not do.
func (r *mreal) name(err error) string {
	if n, ok := knownErrs[err]; ok {
		return n
	}
	for n, e := range r.errs {
		if e == err {
			return n
		}
	}
	switch e := err.(type) {
	case *greenlet.PanicError:
		return fmt.Sprint(e.Value)
	case *tasklet.TimeoutError:
		return timeoutName(int(e.After / time.Millisecond))
	case *tasklet.DeadlockError:
		var all []string
		for _, w := range e.Blocked {
			all = append(all, realName(w.Name))
		}
		return e.Reason + " " + strings.Join(all, " ")
	case interface{ Unwrap() []error }:
		var all []string
		for _, e := range e.Unwrap() {
			all = append(all, r.name(e))
		}
		return strings.Join(all, ", ")
	}
	return "unknown error " + err.Error()
}
