// Package http is HTTP in the tasks of a hub: a [Server] that runs a standard [net/http.Handler] in the task of its
// connection, a [Transport] with which the standard [net/http.Client] works in a task, WebSockets, and server-sent
// events.
//
// # Server
//
// A handler written for net/http runs unchanged, and since it runs in a task, it may use everything of package green:
// sleep, queues, locks, connections, deadlines. While it waits, other connections are served. Handlers of one hub
// never run at the same time, so that what they share needs no lock. What computes for long, or blocks the goroutine,
// a file on a slow disk, say, belongs into [green.Offload].
//
// What a handler gets belongs to the hub's goroutine: a goroutine that it starts may use the request's context, and may
// write and flush, but it never waits for the client then: what it writes is kept until the hub's goroutine can send
// it. It must not read the body. So the handlers of net/http/pprof work, and net/http/httputil.ReverseProxy, with a
// [Transport], except for switching protocols, which it does by goroutines: such a request is answered with 502. To
// proxy WebSockets, join two connections by two tasks that copy.
//
//	green.Run(func(h *green.Hub) error {
//		s := &http.Server{Handler: mux}
//		return s.ListenAndServe(h, "localhost:8080")
//	})
//
// The server speaks HTTP/1.1 and 1.0, with TLS or without. It does not speak HTTP/2.
//
// # Why it is made this way
//
// net/http's own server can't be used: it starts goroutines for every connection and request, and a task has only the
// hub's. That of fasthttp serves in the caller's goroutine, but its adaptor for an http.Handler starts another one.
// So the server parses by the standard library's [net/http.ReadRequest], and the writer of responses is its own.
// Beyond saving the switches between goroutines, and the one that net/http keeps for reading ahead during a handler,
// it has nothing that net/http does not do as well. BenchmarkServer compares the two, each in a process on one core:
//
//	go test -run '^$' -bench BenchmarkServer github.com/go-greenlet/greenlet/green/http
//
// The connection is watched for the end of the client only while a handler, or something that it called, has asked the
// request's context for Done or Err.
//
// # What is refused
//
// The head of a request is checked before it is parsed, more strictly than by net/http: behind a proxy, every doubt
// about where a request ends is a way to smuggle another one in. A request is answered with an error, and the
// connection closed, if its lines end without a CR, if it contains a NUL or another control character, a line that
// continues the one before, a space before a colon, a Content-Length that is anything but one number, a
// Transfer-Encoding that is anything but chunked, or both, or not exactly one Host. The status is 400; 413 and 431 if
// something is too big, 408 if it took too long, 417 for an expectation other than 100-continue, 501 for another
// Transfer-Encoding, 505 for another version.
//
// # Client
//
// [NewTransport] makes a [net/http.RoundTripper] for tasks of one hub. [NewClient] puts the standard client, with its
// redirects and cookies, on top of it. The client starts no goroutine as long as its Timeout is not set: use the
// deadline of the task instead, [green.Hub.WithTimeout]. Killing the task, or its deadline, ends a request, and its
// connection. What differs from net/http's Transport is listed at [Transport].
//
// # WebSockets
//
// A handler calls [Upgrade] and has a [WebSocket]; a client gets one from [DialWebSocket]. One task reads from it, any
// number write, and [WebSocket.Close] says why it ends. The task that reads answers pings. A page of another origin is
// turned away, unless an [Upgrader] lets it in.
//
// # Server-sent events
//
// A handler sends by an [EventStream], each event at once, for as long as it likes: leave the WriteTimeout of the
// server off for that. An [EventReader] reads the body of such a response. To connect again after a loss is left to
// the client, which has [EventReader.LastID] and [EventReader.Retry] for it.
package http
