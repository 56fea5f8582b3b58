module github.com/go-greenlet/greenlet/green/watch

go 1.26

require (
	github.com/fsnotify/fsnotify v1.10.1
	github.com/go-greenlet/greenlet v0.1.0
	go.uber.org/goleak v1.3.0
)

require golang.org/x/sys v0.13.0 // indirect
