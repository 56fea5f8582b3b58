//go:build !greenlet_kqueue && race

package net

import "syscall"

// beforeWritev tells the race detector what sysWrite tells it. Only package syscall can, and it has no writev: so this
// is a write that fails, to no descriptor.
func beforeWritev() { syscall.Write(-1, nil) }
