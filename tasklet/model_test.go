package tasklet_test

import (
	"fmt"
	"slices"
	"strings"
)

// The model says what tasklets do without running any: it interprets a program of operations, each of which is done by
// whichever tasklet runs, and writes down what everybody sees. It knows no stacks and no greenlets: the ring is a slice
// that begins with the current tasklet. While it goes it also makes up the program, from raw random numbers;
// model_run_test.go performs that program on a real scheduler. model_ops_test.go has what the operations mean.

// A mstep is one operation of a program. The tasklet that does it is named so that a real run which takes another way
// is noticed at once.
type mstep struct {
	who  int
	op   mop
	to   int // a tasklet, or a scope
	ch   int // a channel
	arg  int
	err  string
	num  int  // which step of the program it is; also the value sent
	fail bool // an error that arrives ends the body
}

type mop byte

// The operations, by the letters that the mixes in property_test.go are made of.
const (
	mGo           mop = 'G'
	mNew          mop = 'N'
	mSpawn        mop = 'y' // no handle
	mBrief        mop = 'Y' // Spawn of a body that does nothing
	mBind         mop = 'B'
	mInsert       mop = 'I'
	mRemove       mop = 'R'
	mRunIt        mop = 'u'
	mSwitch       mop = 'w'
	mSchedule     mop = 'S'
	mLeave        mop = 'P' // ScheduleRemove
	mRun          mop = 'r'
	mSend         mop = '>'
	mReceive      mop = '<'
	mSendError    mop = 'E'
	mSendSeq      mop = 'q'
	mPreference   mop = 'p'
	mScheduleAll  mop = 'a'
	mCloseChan    mop = 'c'
	mClosing      mop = 'C'
	mThrow        mop = 'T'
	mThrowLater   mop = 'L'
	mKill         mop = 'K'
	mKillLater    mop = 'k'
	mSleep        mop = 'z'
	mAdvance      mop = 'Z' // of the clock, and Sleep(0)
	mWithTimeout  mop = 't'
	mShield       mop = 'h'
	mScopeEnd     mop = 'e'
	mReset        mop = 'x'
	mExpire       mop = 'X'
	mJoin         mop = 'J'
	mBlockTrap    mop = 'b'
	mSwitchTrap   mop = 'W'
	mWait         mop = 'l' // in the line
	mWake         mop = 'm'
	mWakeAll      mop = 'M'
	mReturn       mop = '.'
	mPanic        mop = '!'
	mNop          mop = '-'
	mMaxTasklets      = 9
	mChans            = 3
	mChanCapacity     = 2 // of the last one; the others have no buffer
	mLine             = mChans
)

func (s mstep) String() string {
	return fmt.Sprintf("t%d %c#%d to=%d ch=%d arg=%d err=%s fail=%v", s.who, s.op, s.num, s.to, s.ch, s.arg, s.err, s.fail)
}

const noErr = "-"

// A mwait says what a parked tasklet is parked in.
type mwait struct {
	step mstep
	kind mkind
	done bool // what it waits for has come: val and err
	val  int
	err  string
	sent int // by SendSeq
}

type mkind int

const (
	parkedMet   mkind = iota // in a Send or Receive that has met another
	parkedQueue              // in the queue of a channel, a line or a tasklet that ends
	parkedElse               // in whatever returns what was thrown, or nil
	parkedGiven              // the same, and a deadline makes it runnable
	parkedRun
)

type mthrown struct {
	err     string
	escaped bool
}

// A mframe is a call of WithTimeout or Shield.
type mframe struct {
	step  mstep
	scope *mscope // nil for a shield
}

type mscope struct {
	id, after int
	owner     *mtask
	expired   bool
	err       string // what operations fail with once expired
	closed    bool
	ours      bool // made by StartTimeout: it may be used after its end
}

type mtask struct {
	n, id   int // n is its place in mworld.ts; the ID changes at a rebirth
	named   bool
	body    bool
	brief   bool
	started bool
	dead    bool
	trap    bool
	thrown  []mthrown
	frames  []mframe
	wait    mwait
	queue   *mqueue // what it is blocked in
	asleep  bool
	joiners mqueue
}

func (t *mtask) blocked() bool { return t.queue != nil || t.asleep }

func (t *mtask) alive() bool { return !t.dead && (t.started || t.body) }

// A mqueue is a queue of blocked tasklets.
type mqueue struct{ list []*mtask }

type mchan struct {
	mqueue
	sending bool
	buffer  []mitem
	size    int
	pref    int
	all     bool
	closing bool
	wake    bool
}

type mitem struct {
	val int
	err string
}

type mtimer struct {
	when, seq int
	sleeper   *mtask
	scope     *mscope
}

// A mconfig is what a program is set up with.
type mconfig struct {
	quiet     bool // the state is not looked at, so that nothing gets a handle
	handler   int  // of errors: 0 none, 1 swallows, 2 passes on
	callbacks bool
	policy    int // 0 is the ring
}

type mworld struct {
	mconfig
	raw      []mraw
	program  []mstep
	log      []string
	ts       []*mtask
	living   []*mtask // by age, main apart
	lastID   int
	ring     []*mtask // the current one, or who is next, is the first
	cur      *mtask
	watchers []*mtask
	chans    []*mchan
	line     mqueue
	scopes   []*mscope
	timers   []*mtimer
	seq, now int
	trapped  bool
	finished bool
	ending   bool     // the scheduler is being closed
	errs     []string // what Close returns
	late     []string // what is left for the end of Close, in whatever order
	stuck    []int    // in whom
}

// A mraw is a random operation before it means anything.
type mraw struct {
	op         mop
	a, b, c, d int
}

func runModel(conf mconfig, raw []mraw) *mworld {
	m := &mworld{mconfig: conf, raw: raw, lastID: 1}
	main := &mtask{id: 1, named: true, started: true}
	m.ts, m.ring, m.cur = []*mtask{main}, []*mtask{main}, main
	for i := range mChans {
		c := &mchan{pref: -1}
		if i == mChans-1 {
			c.pref, c.size = 0, mChanCapacity
		}
		m.chans = append(m.chans, c)
	}
	for !m.finished {
		m.perform(m.next())
	}
	m.raw = nil
	m.closeAll()
	return m
}

func (m *mworld) logf(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

// next turns the next raw step into one for the current tasklet.
func (m *mworld) next() mstep {
	s := mstep{who: m.cur.n, op: mReturn, err: noErr, num: len(m.program) + 1}
	if len(m.raw) > 0 {
		r := m.raw[0]
		m.raw = m.raw[1:]
		s.op, s.to, s.ch, s.arg, s.fail = r.op, m.handle(r.a), r.b%mChans, r.c, r.d%4 == 0
		m.sense(&s, r)
	}
	m.program = append(m.program, s)
	return s
}

// sense makes an operation one that makes sense here.
func (m *mworld) sense(s *mstep, r mraw) {
	isMain := m.cur.n == 0
	switch s.op {
	case mGo, mNew, mSpawn:
		if len(m.ts) >= mMaxTasklets {
			s.op = mSchedule
		}
	case mThrow, mThrowLater, mReturn:
		s.err = [...]string{noErr, "exit", fmt.Sprint("wrapped", s.num), fmt.Sprint("E", s.num), fmt.Sprint("F", s.num)}[r.c%5]
		if s.err == noErr && s.op != mReturn {
			s.err = "exit"
		}
	case mSendError:
		s.err = fmt.Sprint("E", s.num)
	case mPanic:
		s.err = fmt.Sprint("panic", s.num)
	case mJoin:
		if s.to == s.who {
			s.op = mNop
		}
	case mReset, mExpire:
		s.op, s.err = mNop, fmt.Sprint("X", s.num)
		for n := range min(len(m.scopes), 1+r.a%4) {
			if o := m.scopes[len(m.scopes)-1-n]; !o.closed || o.ours {
				s.op, s.to = r.op, o.id
			}
		}
	case mScopeEnd:
		if len(m.cur.frames) == 0 {
			s.op = mNop
		}
	}
	if isMain && (s.op == mReturn || s.op == mPanic) {
		s.op = mNop
	}
}

// handle chooses a tasklet of which the program has the handle.
func (m *mworld) handle(n int) int {
	var named []int
	for _, t := range m.ts {
		if t.named {
			named = append(named, t.n)
		}
	}
	return named[n%len(named)]
}

// complete is the end of an operation of the current tasklet, with what it returned.
func (m *mworld) complete(s mstep, val int, err string) {
	if strings.HasPrefix(err, "panic") {
		m.logf("t%d %c#%d panicked: %s", s.who, s.op, s.num, err)
		s.fail = false
	} else {
		m.logf("t%d %c#%d: %d %s", s.who, s.op, s.num, val, err)
	}
	if err != noErr && s.fail && s.who != 0 {
		m.end(err)
		return
	}
	m.see()
}

// see writes down what there is to see.
func (m *mworld) see() {
	if m.quiet || m.ending {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "  at %d, ring %s;", m.now, names(m.ring))
	for _, c := range m.chans {
		fmt.Fprintf(&b, " %d [%s] %v %v;", c.balance(), names(c.list), c.closing, c.closing && c.balance() == 0)
	}
	fmt.Fprintf(&b, " %d;", len(m.line.list))
	for _, t := range m.ts {
		if t.named {
			in := slices.Contains(m.ring, t)
			fmt.Fprintf(&b, " %d:%s", t.id, stateOf(t.alive(), in, t.blocked(), t.alive() && !in && !t.blocked()))
		}
	}
	m.log = append(m.log, b.String())
}

// stateOf is the state of a tasklet in short.
func stateOf(alive, scheduled, blocked, paused bool) string {
	var b strings.Builder
	for i, is := range []bool{alive, scheduled, blocked, paused} {
		if is {
			b.WriteByte("asbp"[i])
		}
	}
	return b.String()
}

func names(ts []*mtask) string {
	var all []string
	for _, t := range ts {
		all = append(all, t.name())
	}
	return strings.Join(all, " ")
}

// name is what the real one is called: those without a handle have no name.
func (t *mtask) name() string {
	if !t.named {
		return "?"
	}
	return fmt.Sprint("t", t.n)
}

func (c *mchan) balance() int {
	if c.sending || len(c.list) == 0 {
		return len(c.buffer) + len(c.list)
	}
	return -len(c.list)
}
