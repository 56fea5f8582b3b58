//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll_test

import (
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green/internal/poll"
)

func TestAttempt(t *testing.T) {
	for range 20 {
		began := time.Now()
		if err := poll.Attempt(time.Minute); err != nil {
			t.Fatal(err)
		}
		t.Log(time.Since(began))
	}
}
