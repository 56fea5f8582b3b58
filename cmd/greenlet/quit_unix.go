//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

const dumpLong = `, and at every SIGQUIT (Ctrl-\) before. That does not stop the script; in a long call of
a library it has to wait until that returns`

var endings = map[os.Signal]ending{os.Interrupt: interrupted, syscall.SIGTERM: {"terminated", statusTerminated}}

// onQuit calls f, on another goroutine, at every SIGQUIT (Ctrl-\). stop takes that back.
func onQuit(f func()) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGQUIT)
	go func() {
		for {
			select {
			case <-signals:
				f()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}
