// Package green runs tasks that look like threads and never run at the same time: what gevent, eventlet and Concurrence give
// to Python.
//
//	err := green.Run(func(h *green.Hub) error {
//		return h.Group(func(g *green.Group) error {
//			for _, name := range []string{"a", "b"} {
//				g.Go(func() error {
//					fmt.Println(name)
//					return h.Sleep(time.Second) // the other one has its turn
//				})
//			}
//			return nil
//		})
//	})
//
// A [Hub] runs on the goroutine that called [Run]. All its tasks run there, one at a time, and one gives way only where it
// waits: in a sleep, a queue, a lock, a socket. So what tasks share needs no lock as long as nobody waits in between, and
// the same program with the same input runs in the same order every time.
//
// # Tasks
//
// [Hub.Go] makes a [Task], which runs when its turn comes, first come, first served. [Spawn] makes a [Job], a task with a
// result, for which [Job.Get] waits. [After], [At] and [Every] start later or again and again, [Rate] keeps a pace. A task
// knows its name, its parent and the calls in which it waits. [Task.Link] tells when it has ended; [Hub.WaitAny],
// [Hub.WaitAll] and [Hub.AsCompleted] wait for tasks and anything else that is a [Waitable].
//
// [NewLocal] makes a variable of which each task has its own, and [Task.Context] the context for code that takes one.
//
// # Ownership and groups
//
// Every task belongs to something that waits for it. In a hub it is Run, which returns when all have ended. In a [Group] it
// is the block that [Hub.Group] calls: the group returns when all its tasks have ended, and no task outlives it. When one of
// them fails, the others are killed, and what the block waits in fails with [ErrCanceled]; the group returns the failure. So
// a function that needs helpers makes a group, and its callers need not know.
//
// [Hub.Supervise] is a group whose tasks are started again when they fail, with a pause and a limit.
//
// # Errors
//
// A task's function returns an error. It goes to whoever waits in [Job.Get], or asked for it by [Task.Join] and [Task.Err].
// If nobody did, it goes to the owner: the group ends; the hub keeps it for Run to return, or passes it to the option
// [OnError]. So none is lost. A panic goes the same way, as a *greenlet.PanicError with the stack on which it happened, but
// it is raised again at the end of the way: in the caller of Group or Run.
//
// What waits returns an error when it was in vain: [ErrKilled], [ErrTimeout], ErrCanceled, [ErrClosed]. Then nothing has
// happened: no item was taken, no lock is held. When all wait and nobody is left to wake them, the last one gets a
// [*tasklet.DeadlockError], which lists who waits for what and where.
//
// # Timeouts and kills
//
// A deadline is a block of code, [Hub.WithTimeout]: all that waits in it, however deep, fails when the time has passed, and
// [tasklet.Timeout.Owns] tells whose deadline that was. Blocks nest, and the nearest deadline counts. It arrives nowhere
// else. [Hub.Within] and [GetWithin] are the short forms; methods such as [Queue.GetTimeout] are a block around one call.
//
// [Task.Kill] makes ErrKilled arrive in what a task waits in. The task can clean up, and its deferred calls may wait;
// whoever returns ErrKilled has ended without an error. A kill arrives once, a deadline in every operation until its block
// has ended. [Hub.Shield] holds both up for clean-up that must not be cut short. [Task.Stop] kills without waiting for the
// end, [Task.Cancel] only what has not started.
//
// # Synchronisation
//
// [Hub.NewEvent], [NewResult], [Hub.NewSemaphore], [Hub.NewMutex], [Hub.NewRLock], [Hub.NewRWMutex], [NewCond],
// [Hub.NewBarrier] and [Hub.NewLatch] are what their names say. A permit or a lock is handed to whoever waits longest, and
// nobody who comes later overtakes. An operation that need not wait does not give way.
//
// # Queues and pools
//
// A [Queue] passes items on, first in first out, or by [NewLIFOQueue] or [NewPriorityQueue]. Its size bounds how far the one
// side can be ahead of the other; size 0 is a rendezvous. [Queue.Shutdown] ends it, and the loops over [Queue.All].
//
// A [Pool] bounds how many tasks run at the same time. [Map], [MapSeq] and [MapUnordered] call a function for every item of
// a sequence in one; a [Pile] collects results of different calls; a [DAG] runs what depends on each other. A [ResourcePool]
// lends out connections and the like.
//
// # Other goroutines
//
// What belongs to a hub may be used by its tasks only; anybody else panics, with a text that says who called. The ways in
// are [Hub.Post], which runs a function in the hub from anywhere, and [SharedEvent], [SharedSemaphore] and [SharedResult],
// which any goroutine and any hub may use. The way out is [Offload]: it calls a function on a goroutine of its own, where
// that may block or compute, and keeps nobody but the calling task waiting. Sockets are in package net beneath this one.
//
// A call that blocks the goroutine, such as a read from a file or a sync.Mutex, blocks all tasks. So does one that computes
// for long: call [Hub.Yield] now and then, or offload it.
//
// # When goroutines are the better choice
//
// Use goroutines where work should run on several processors, where most of it is in libraries that block, and where nobody
// needs to know in which order things happen. Use tasks where much state is shared, where the order should be the same on
// every run, in tests above all, and where a task must be killed, waited for, bounded in time, and looked at while it waits.
// Several hubs, on a goroutine each, use several processors.
//
// # Cost
//
// A task costs its handle and, while it waits, its stack, 2 KB and more. To spawn and join one costs about as much as a
// goroutine with a channel for its result, and a group of tasks somewhat more than a group of goroutines. An item through a
// queue costs about half of what a channel takes between goroutines. In the steady state queues, locks, events and sleeps
// allocate nothing. [Hub.SpawnRaw] is the cheapest way to run something that nobody waits for. The bench module of the
// repository measures all this beside the alternatives.
package green
