//go:build !linux

package net

// A vector is not needed here: the buffers are written one after the other.
type vector struct{}
