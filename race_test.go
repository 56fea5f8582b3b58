//go:build race

package greenlet_test

// raceEnabled says that the race detector is on: a coroutine then costs some 20 KB.
const raceEnabled = true
