package main

import (
	"os"
	"os/signal"
)

// An ending is how a signal ends a script.
type ending struct {
	what   string
	status status
}

var interrupted = ending{"interrupted", statusInterrupted}

// onInterrupt calls f, on another goroutine, at the first interrupt (Ctrl-C), or SIGTERM where there is one. The second one
// ends the process as if nobody had asked, in case that the script is in a long call and does not notice. stop takes all that
// back.
func onInterrupt(f func(ending)) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	for s := range endings {
		signal.Notify(signals, s)
	}
	go func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			f(endings[s])
		case <-done:
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}
