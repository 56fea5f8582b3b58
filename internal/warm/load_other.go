//go:build !amd64 && !arm64

package warm

import "unsafe"

// Load does nothing on this processor.
func (s *Spot) Load(next unsafe.Pointer) {}
