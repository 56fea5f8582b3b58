module github.com/go-greenlet/greenlet/bench

go 1.26

require (
	github.com/go-greenlet/greenlet v0.1.0
	golang.org/x/perf v0.0.0-20260908200009-22c9c6c9d4da
	golang.org/x/sync v0.23.0
)
