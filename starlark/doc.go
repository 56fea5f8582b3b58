// Package starlark gives greenlets to Starlark scripts: coroutines that switch to each other directly, from any depth
// of calls, with the names and the behaviour of Python's greenlet, on the regular interpreter of go.starlark.net. It
// also gives them tasklets and channels, with those of Stackless Python, and concurrent tasks, with those of gevent.
//
// # Embedding
//
// A host that executes scripts wraps the execution in [Run], which makes the script's thread the main greenlet of a
// new [Tree] and ends all other greenlets afterwards, and passes [Predeclared] to the interpreter, or puts [Load] into
// the thread, or both. [FileOptions] is the dialect to recommend. [Traceback] formats the error of a failed script
// with the calls of every greenlet that the error came through.
//
// Every greenlet is executed in a starlark.Thread of its own, since that is what holds a call stack. It has the Print,
// Load and OnMaxSteps of the main thread; [OnThread] adds what the host keeps in a thread besides. [Tree.Cancel] takes
// the place of Thread.Cancel. A tree belongs to one goroutine, and threads with a tree each may run in parallel as
// usual.
//
// Functions of the host may be called in any greenlet. One that calls back into Starlark may find itself
// suspended for long, like any Starlark function, and other greenlets run meanwhile on the same goroutine. A panic in
// it ends its greenlet and goes on in the parent, and so to main and to the host.
//
// # What scripts see
//
// The module greenlet has these members:
//
//	greenlet(run=None, parent=None)  makes a greenlet, which does not run yet; the parent is the current one by default
//	getcurrent()                     returns the greenlet that calls it
//	settrace(f), gettrace()          f(event, (origin, target)) is called when control has arrived in target:
//	                                 event is "switch" if a value arrives, "throw" if it is something raised
//	GreenletExit                     raised to end a greenlet; GreenletExit(...) makes one with arguments
//	raise_(e)                        raises any value
//	catch(f, *args, **kwargs)        calls f and returns (result, None), or (None, e) if e was raised
//
// Starlark has no exceptions that a script can see, so raise_ and catch stand for raise and try. What was raised is
// caught as the very same value; a mistake that Starlark itself reports is caught as its message, a string.
//
// A greenlet g has these methods and attributes:
//
//	g.switch(*args, **kwargs)  runs g, and returns what is passed to the caller when something switches back
//	g.throw(e=GreenletExit)    runs g with e raised in it
//	g.dead                     whether g has ended
//	g.parent                   who gets its result; can be assigned
//	g.run                      the function it will run; until it has started
//
// It is true while it is active. An unstarted greenlet gets the arguments of switch as those of its function. In one
// that waits in a switch or throw, that call returns () for no argument, the argument for one, a tuple for several,
// a dictionary for named ones, and (tuple, dictionary) for both. What run returns, or raises, goes to the parent, except that a
// GreenletExit arrives there as a value. A switch to a dead greenlet goes to its parent.
//
// The function [Generator], generator in scripts, makes an iterable:
//
//	generator(f, *args, **kwargs)  calls f(Yield, *args, **kwargs) in every loop over it
//	Yield(value=None)              gives the loop a value; at any depth of calls, also in other greenlets
//
// A loop that stops early raises GreenletExit in the Yield that waits, and an error in f fails the loop.
//
// The module stackless has the names of Stackless Python:
//
//	tasklet(f)(*args, **kwargs)        makes a tasklet and puts it at the end of the ring
//	channel()                          makes a channel
//	schedule(retval), schedule_remove(retval)
//	run(timeout=0, threadblock, soft, ignore_nesting, totaltimeout)
//	getcurrent(), getmain(), getruncount(), getcurrentid(), getthreads(), get_thread_info(id)
//	set_channel_callback(f), set_schedule_callback(f), get_channel_callback(), get_schedule_callback()
//	set_error_handler(f)               f gets the name of the type, the value and the traceback of what escapes a tasklet
//	switch_trap(delta), atomic(f, *args, **kwargs), TaskletExit, StopIteration, catch, raise_
//	current, main, runcount, threads   see [Tree.Stackless]
//
// A tasklet has the methods bind, setup, insert, remove, run, switch, throw, raise_exception, kill, set_atomic and
// set_ignore_nesting; and the attributes alive, scheduled, blocked, paused, is_current, is_main, atomic, ignore_nesting,
// block_trap, tempval, next, prev, _channel, thread_id, nesting_level, restorable, recursion_depth and frame, of which
// block_trap and tempval can be assigned. A channel has the methods send, receive, send_exception, send_throw,
// send_sequence, close and open, can be looped over, and has the attributes balance, queue, closing, closed,
// preference and schedule_all, of which the last two can be assigned. They do what they do in Stackless, in the same order
// and with the same messages.
//
// The steps of Starlark take the place of opcodes: run(timeout) interrupts a tasklet that makes more in one turn,
// wherever it is, and returns it. Each tasklet is the main greenlet of a tree of its own; greenlets and generators in it
// act for it. Unlike greenlets, tasklets end only when they return, or are killed, or when the script ends.
//
// The module green has concurrent tasks, which give way only where they wait:
//
//	spawn(f, *args, **kwargs)                makes a task, which runs when the caller waits
//	spawn_later(seconds, f, *args, **kwargs)
//	sleep(seconds=0)                         waits; with 0, until the others had their turn
//	group(f, *args, **kwargs)                calls f(g, *args, **kwargs), and returns what f does when the tasks of g have
//	                                         ended; when one fails, the others are killed, and it raises that failure
//	timeout(seconds, f, *args, **kwargs)     calls f, in which all that waits then raises a Timeout
//	queue(maxsize=None, lifo=False, name="") without maxsize never full; with 0, put waits for its get
//	event(), semaphore(n=1), pool(size=None)
//	joinall(tasks, timeout=None)             waits for all, or for the first failure, which it raises
//	wait(*objects, timeout=None)             waits for the first that is ready, and returns it
//	getcurrent(), now(), catch, raise_, Timeout, Canceled, ShutDown, TaskExit
//
// A task has get(timeout=None), join(timeout=None), kill(block=True), and the attributes name, started, ready, value and
// exception; it is true until it has ended. A group has spawn and cancel; a queue put, try_put, get, try_get, task_done,
// join, shutdown, size, unfinished, closed and name, and can be looped over until its shutdown; an event set, clear,
// is_set and wait; a semaphore acquire, try_acquire, release, hold(f, *args, **kwargs), free and waiting; a pool spawn,
// map(f, items), join, kill, running and free. What waits takes a timeout=None in seconds, and raises a Timeout with that
// number as its argument; one that was killed raises GreenletExit, which is TaskExit; the body of a group that failed,
// Canceled; what was shut down, ShutDown.
//
// A task has a thread of its own, and greenlets, generators and tasklets of its own; when one of these waits for something
// of green, the whole task does. The error of a task goes to who joins it, or to its group; if nobody does, [Run] returns
// it in the end. Run waits for all tasks. If those that are left can never end, it fails with a report of who waits for
// what.
//
// # Differences from Python
//
// Where Stackless takes the class of an exception and its arguments, scripts may pass any value, or a function that
// makes one. atomic calls a function, since Starlark has no with. frame is a text. thread_id is always 1 and threadblock
// does nothing, since a script has one thread; set_ignore_nesting is noted and changes nothing. restorable is False:
// nothing can be pickled. Callbacks must not switch, and what they fail with is raised: by the send or receive, or in who
// runs next.
//
// Messages name a greenlet by its number and function, not by its address. A suspended greenlet that nobody
// refers to any more is freed by the collector, and one that is suspended when the script ends is too; nothing of their
// code runs then, so that what a script does never depends on the collector. Greenlets that start each other count as calls
// do, for the limit beyond which recursion fails.
//
// An iterator of Starlark cannot report an error. When a generator fails, its thread is therefore cancelled with the
// message of the error, stops at its next instruction, and catch, the end of the greenlet, or Run then exchange
// the error for the true one. A host that calls starlark.Call in between sees the former. A function of the host that is
// given a generator sees a shorter sequence, and what it returns is not used.
package starlark
