package main

import (
	"bufio"
	"io"
	"io/fs"
	"os"
)

// sameContents says whether two leaves of the same name are of the same type and hold the same: bytes or a link's target.
func sameContents(a, b leaf) (bool, error) {
	switch {
	case a.mode != b.mode:
		return false, nil
	case a == leaf{}:
		return true, nil
	case a.mode == fs.ModeSymlink:
		return sameTarget(a.path, b.path)
	case a.mode.IsRegular():
		return sameBytes(a.path, b.path)
	}
	return true, nil // devices and the like are not read
}

func sameTarget(a, b string) (bool, error) {
	x, err := os.Readlink(a)
	if err != nil {
		return false, err
	}
	y, err := os.Readlink(b)
	return x == y, err
}

func sameBytes(a, b string) (bool, error) {
	f, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer g.Close()
	fb, gb := bufio.NewReader(f), bufio.NewReader(g)
	for {
		x, errF := fb.ReadByte()
		y, errG := gb.ReadByte()
		switch {
		case errF != nil && errF != io.EOF:
			return false, errF
		case errG != nil && errG != io.EOF:
			return false, errG
		case errF != errG || x != y:
			return false, nil
		case errF == io.EOF:
			return true, nil
		}
	}
}
