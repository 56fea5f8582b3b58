//go:build !unix

package main

import "os"

var endings = map[os.Signal]ending{os.Interrupt: interrupted}

const dumpLong = ""

// onQuit does nothing: there is no such signal here.
func onQuit(func()) (stop func()) { return func() {} }
