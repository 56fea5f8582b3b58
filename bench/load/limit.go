package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// spareFiles is how many descriptors a server or a client needs besides those of its connections.
const spareFiles = 200

// openFiles is how many files the processes that are started here may open; 0 is no limit that is known. A shell is asked, since
// a Go program raises its own limit, but not theirs.
func openFiles() int {
	out, err := exec.Command("sh", "-c", "ulimit -n").Output()
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return 0 // "unlimited"
	}
	return n
}

// fit leaves out the numbers of connections for which a process may not open enough files, and takes the most that it may in
// their place. The text says so, or is "".
func fit(conns []int, files int) (fits []int, text string, err error) {
	asked, most := conns[len(conns)-1], files-spareFiles
	if files == 0 || asked <= most {
		return conns, "", nil
	}
	if most < 1 {
		return nil, "", fmt.Errorf("a process may open %d files here, which is too few for any connections", files)
	}
	for _, n := range conns {
		if n < most {
			fits = append(fits, n)
		}
	}
	return append(fits, most), fmt.Sprintf("a process may open %s files here, so that there were at most %s connections, and not %s",
		thousands(files), thousands(most), thousands(asked)), nil
}
