//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

var Attempt = attempt
