package warm

import "unsafe"

// A Spot is where a goroutine is parked. It keeps nothing alive: what was there may be gone.
type Spot struct {
	stack uintptr // the end of what is used of its stack
	g     uintptr
	near  uintptr // something else that it is going to touch
}

// Note takes down that g, the calling goroutine as package owner names it, is about to park. here is a variable on its stack.
func (s *Spot) Note(here *byte, g uintptr) {
	s.stack, s.g = uintptr(unsafe.Pointer(here)), g
}

// Near notes something else that the goroutine touches when it goes on: p with the 64 bytes before and the 192 from there.
func (s *Spot) Near(p unsafe.Pointer) { s.near = uintptr(p) }
