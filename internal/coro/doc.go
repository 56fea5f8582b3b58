// Package coro switches between goroutines, symmetrically, over [iter.Pull].
//
// # The slot
//
// A coroutine of the Go runtime, such as iter.Pull makes one, is not a goroutine but a slot that holds one
// parked goroutine. Whoever switches on the slot parks in it, and the one that was parked there runs.
// Pull's next and yield are two doors of the same slot, to be used in turn, and neither asks which
// goroutine comes through. So a switch from any goroutine to any other is one switch of the runtime: find
// the slot in which the target is parked, go through the door that is due, and remember that the caller
// now sits there.
//
//	          slot 1    slot 2    slot 3          running
//	            A         B         C                M
//	M to B:     A         M         C                B        B's old place is M's now
//	B to C:     A         M         B                C
//	C to M:     A         C         B                M        three switches, none through a hub
//
// Slots permute among goroutines and nothing else moves. With n pooled goroutines there are n slots and
// n+1 flows of control: the pooled ones and the home goroutine. One runs, the others fill the slots.
//
// # The pool
//
// A [Pool] keeps the goroutines of one tree of greenlets; a [Flow] is one of them, with a payload of
// type P for the package's user. A goroutine whose job is done parks as idle and takes the next job from
// there: a new one costs the runtime microseconds, mostly page faults. Pools are never shared, because the
// runtime ends the process when a goroutine's thread lock at a switch differs from that at its creation.
//
// # Endings
//
// A goroutine that returns from its Pull body wakes whoever is parked in its birth slot, which by then is
// some stranger. So one that leaves says first who was meant (forward), and a flow that wakes goes on to
// that slot before it does anything else: see [Pool.Settle].
//
// A goroutine in the middle of runtime.Goexit cannot return to the pool, and if it left as it is, Pull
// would repeat the Goexit in whoever is parked in its birth slot through next. It ends its job from inside
// its base deferred call, switches on, and is buried by the flow that it switched to: it leaves by a
// private panic, which Pull raises in the burier, who expects it and recovers, or in nobody. If a stranger
// sits in the birth slot through next, the two change places first. See [Pool.bury]. A goroutine whose
// job panicked goes the same way, since a panic can hide a Goexit; the stack of the panic is kept.
//
// # Insurance
//
// With the build tag greenlet_chan the doors are made of channels instead: slower, but nothing of the
// runtime's coroutines is used. All else is shared.
package coro
