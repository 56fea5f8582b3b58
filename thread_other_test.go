//go:build !linux || greenlet_chan

package greenlet_test

func threadID() int { return 0 }
