module github.com/go-greenlet/greenlet/conformance

go 1.26

require (
	github.com/go-greenlet/greenlet v0.1.0
	github.com/go-greenlet/greenlet/starlark v0.1.0
	go.starlark.net v0.0.0-20260908191801-89a6a09411d5
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.62.0
	pgregory.net/rapid v1.3.0
)

require golang.org/x/sys v0.49.0 // indirect
