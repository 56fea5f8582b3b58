module github.com/go-greenlet/greenlet/green/http

go 1.26

require (
	github.com/go-greenlet/greenlet v0.1.0
	github.com/gobwas/ws v1.5.0
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.59.0
)

require (
	github.com/gobwas/httphead v0.1.0 // indirect
	golang.org/x/text v0.42.0 // indirect
)
