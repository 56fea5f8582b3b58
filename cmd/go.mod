module github.com/go-greenlet/greenlet/cmd

go 1.26

require (
	github.com/go-greenlet/greenlet v0.1.0
	github.com/go-greenlet/greenlet/starlark v0.1.0
)
