//go:build !unix

package main

const dumpLong = ""

// onQuit does nothing: there is no such signal here.
func onQuit(func()) (stop func()) { return func() {} }
