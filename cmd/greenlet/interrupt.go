package main

import (
	"os"
	"os/signal"
)

// onInterrupt calls f, on another goroutine, at the first interrupt (Ctrl-C). The second one ends the process as if
// nobody had asked, in case that the script is in a long call and does not notice. stop takes all that back.
func onInterrupt(f func()) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			f()
		case <-done:
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}
