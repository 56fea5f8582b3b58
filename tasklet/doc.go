// Package tasklet runs many small tasks on one goroutine, in an order that one can rely on: the tasklets, channels and
// scheduler of Stackless Python, with timers, deadlines and reports of who waits for what.
//
// A [Tasklet] is a flow of control with its own stack. Tasklets take turns in a ring: one runs until it gives way, by
// [Scheduler.Schedule], or blocks, in a [Chan] or [Scheduler.Sleep], say. Nothing else ever interrupts it, so that what
// tasklets share needs no lock, and the same program runs in the same order every time.
package tasklet
