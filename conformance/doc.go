// Package conformance compares greenlets with the original. It generates random programs in the common subset of
// Starlark and Python, executes each with Python's greenlet, as a Starlark script, and on the Go package itself, and
// compares what they print, line by line.
//
// A [Program] is a tree that has one text, which both languages read: the prelude makes up for what differs between
// them. On package greenlet, [Program.Core] interprets the tree. See docs/conformance.md for what is compared, how to
// repeat it, and the differences.
package conformance
