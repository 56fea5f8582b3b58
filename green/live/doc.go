// Package live shows what a running hub does: as a page in the browser, as JSON, and as a view in the terminal that is
// drawn anew every so often, as top does.
//
//	http.Handle("/debug/hub", live.Handler(h))    // on any server, on any goroutine
//	go live.Top(ctx, h, os.Stdout, time.Second, 20)
//
// # Page and JSON
//
// [Handler] serves the hub's counters and the tree of tasks, each with what it waits for and for how long, as a page
// that renews itself. With the query format=json it is a [green.Snapshot], for programs, and with format=text a dump
// with the stacks, for a bug report. The handler works on any server that runs on goroutines other than the hub's.
//
// Whoever may read the page sees names, files and lines of the program: do not open it to the world. A server that is
// reached by a name must give that to [Handler], which refuses others: see there.
//
// # Terminal
//
// [Top] draws the counters and the tasks that ran most often since the last picture. [Write] writes one such picture
// of two snapshots, to a log, say.
//
// # From outside the hub
//
// What is shown comes from the hub itself, by [green.Call]. So it is asked on other goroutines, and never on the hub's,
// which could not answer while it waits for itself. If a task does not give way, the hub does not answer within two
// seconds, and that is what is shown. [Snapshot] is the question alone. A task asks by [green.Hub.Snapshot].
//
// # Cost
//
// A hub that nobody looks at pays nothing. Each look stops it for as long as it takes to describe all tasks, longer
// with stacks. Nothing here keeps a hub from ending.
package live
