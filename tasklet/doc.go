// Package tasklet runs many small tasks on one goroutine, in an order that one can rely on: the tasklets, channels and
// scheduler of Stackless Python, with timers, deadlines and reports of who waits for what.
//
//	err := tasklet.Run(func(s *tasklet.Scheduler) error {
//		c := tasklet.NewChan[string](s)
//		s.Go(func() error {
//			for v := range c.All() {
//				fmt.Println(v)
//			}
//			return nil
//		})
//		if err := c.Send("hello"); err != nil {
//			return err
//		}
//		c.Close()
//		return s.Run()
//	})
//
// A [Tasklet] is a flow of control with its own stack. Tasklets take turns: one runs until it gives way, by
// [Scheduler.Schedule], or blocks, in a [Chan] or [Scheduler.Sleep], say. Nothing else ever interrupts it, so that what
// tasklets share needs no lock, and the same program runs in the same order every time.
//
// # The ring
//
// The runnable tasklets stand in a ring, the current one among them. [Scheduler.Go] and [Tasklet.Insert] put one at the
// end, behind everybody. Schedule goes on to the next one, and the caller has its turn again when the ring has come round.
// The goroutine that called [New] is a tasklet as well, the main one, and has its turns like the others:
//
//	s.Go(a); s.Go(b)   // ring: main a b
//	s.Schedule()       // a runs, b runs, then main goes on here
//
// [Scheduler.Run] takes its caller out of the ring and comes back when nobody else is left in it: who is blocked then
// stays blocked, and that is no error. Any tasklet may call it, and calls nest. [Scheduler.RunN] comes back after so many
// switches, and [Scheduler.RunInterruptible] when somebody calls [Scheduler.Interrupt].
//
// [Tasklet.Run] switches to a certain tasklet at once; the ring then goes on behind that one. [Tasklet.Remove] and
// [Scheduler.ScheduleRemove] pause a tasklet: it is alive and in no ring, until somebody inserts it.
//
// A [Policy] replaces the order of the ring, by chance from a seed with [Random]: a test that passes with some thousand
// seeds does not hang on the order.
//
// # Channels and preferences
//
// A [Chan] has no buffer unless made by [NewBuffered]: a send and a receive meet, and who comes first waits. Who goes on
// when they meet is the channel's [Preference]; the other one stands in the ring, and runs in its turn:
//
//	                 send, and a receiver waits    receive, and a sender waits
//	PreferReceiver   the receiver runs now         the receiver goes on
//	PreferNone       the sender goes on            the receiver goes on
//	PreferSender     the sender goes on            the sender runs now
//	SetScheduleAll   whoever is next in the ring runs; both wait for their turn
//
// PreferReceiver is the default, as in Stackless: what was sent has been dealt with when Send returns.
//
// [Chan.Close] closes a channel as one of Go is closed: what waits to be received still is, and then every receive fails
// with [ErrClosed]. [Chan.SetClosing] is close() of Stackless, which wakes nobody. [Chan.SendError] sends an
// error, [Chan.All] ranges, [Scheduler.Select] waits for several channels at once.
//
// Other things to wait for are built on a [Line], a queue of tasklets, which has deadlines and kills right by itself.
//
// # Time and deadlines
//
// [Scheduler.Sleep] blocks for a time, [Scheduler.AfterFunc], [Scheduler.NewTimer] and [Scheduler.NewTicker] are what
// their names say. A deadline is a scope: in [Scheduler.WithTimeout], everything that blocks fails once it has passed,
// however deep, with an error in which errors.Is finds [ErrTimeout], and [Timeout.Owns] tells whose deadline it was.
// [Scheduler.Shield] protects what must not be cut short.
//
// The time is that of the scheduler's [World]. With [NewClock] it is a clock that jumps to the next timer when nobody can
// run: tests need not wait, and find the same times on every run.
//
// # Errors and ends
//
// What blocks returns an error when it was in vain: the deadline has passed, the tasklet was killed, the channel is closed,
// or nobody is left that could wake it, a [*DeadlockError], which lists who waits for what and where. No operation that
// fails leaves anything behind: a receive that failed has taken no value.
//
// [Tasklet.Throw] throws an error into another tasklet, and [Tasklet.Kill] throws [ErrExit]. They arrive as the error
// of what the tasklet waits in; it can clean up, and its deferred calls may block. Who returns ErrExit has ended
// without an error.
//
// Any other error that a tasklet returns goes to those that wait in [Tasklet.Join]; if there are none, to the error
// handler; and else it ends the innermost Run, which returns it. If there is no Run, the main tasklet gets it, from what it
// waits in. The other tasklets stay as they are, and a further Run goes on with them. A panic takes the same way, past the
// joiners, and is raised at its end as a [*greenlet.PanicError] with the stack on which it happened. runtime.Goexit ends the
// main tasklet too, so that t.FailNow works in tasklets.
//
// [Scheduler.Close] kills everybody, waits until all have ended, and unwinds by runtime.Goexit who does not. [Run] calls it.
//
// # Other goroutines
//
// A scheduler lives on one goroutine, and its tasklets run there: anything else panics when it uses them. The ways in are
// [Scheduler.Post], which makes a tasklet from anywhere, and a [Port], which is a channel's door to other goroutines and
// other schedulers. The way out is [Await]: it runs a function on a goroutine of its own, and blocks nobody but the calling
// tasklet. Where nothing is runnable and something is still to come from outside, [Scheduler.Hold] says so, so that the
// scheduler waits instead of reporting a deadlock.
//
// A call that blocks the goroutine, such as a read from a file or a sync.Mutex, blocks all tasklets.
//
// # When goroutines are the better choice
//
// Use goroutines where work should run on several processors, where it spends its time in calls that block, or where a
// library starts them anyway. Use tasklets where the order matters: simulations, games, protocols and their tests,
// interpreters, anything with much shared state; where a task must be killed, paused, or looked at from outside; and where
// there are very many that mostly wait for each other.
//
// # Cost
//
// A switch between tasklets costs a little more than one between greenlets, since it looks after the ring; a send and a
// receive that meet cost two. [Scheduler.Spawn] of a tasklet that runs to its end costs less than a go statement whose
// end is waited for. None of them allocates in the steady state, nor does Sleep; [Scheduler.Go] allocates the handle that it
// returns. A tasklet that waits needs its stack, 2 KB and more, and some 400 bytes. Callbacks, policies, Record and
// interrupts cost nothing until they are used. The bench module of the repository measures all of this beside the
// alternatives.
package tasklet
