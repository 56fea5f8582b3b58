// Package warm has the processor load, ahead of time, what a parked goroutine touches when it goes on.
//
// Where thousands of goroutines run in turn, the processor's nearer caches have lost everything of one of them by the time that
// its turn comes: its stack, the runtime's g, what it waited in. It then misses them one after the other, some twenty times.
// But who comes after the next one is known early, and its memory can be on its way while the next one runs.
//
// All this is a hint. Where an address is out of date, or zero, nothing happens, and so it is on processors other than amd64 and
// arm64.
package warm
