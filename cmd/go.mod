module github.com/go-greenlet/greenlet/cmd

go 1.26

require (
	github.com/go-greenlet/greenlet v0.1.0
	github.com/go-greenlet/greenlet/green/http v0.1.0
	github.com/go-greenlet/greenlet/starlark v0.1.0
	github.com/gobwas/ws v1.5.0
	github.com/rogpeppe/go-internal v1.16.0
	github.com/spf13/cobra v1.10.2
	go.starlark.net v0.0.0-20260908191801-89a6a09411d5
)

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	golang.org/x/net v0.59.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	golang.org/x/tools v0.26.0 // indirect
)
