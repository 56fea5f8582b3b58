module github.com/go-greenlet/greenlet/bench

go 1.26

require github.com/go-greenlet/greenlet v0.1.0
