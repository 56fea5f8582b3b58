module github.com/go-greenlet/greenlet/starlark

go 1.26

require github.com/go-greenlet/greenlet v0.1.0
