//go:build !race

package greenlet_test

// raceEnabled says that the race detector is on.
const raceEnabled = false
