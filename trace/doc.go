// Package trace records what the greenlets of a tree do, and makes pictures of it.
//
// [Attach] begins: from then on every switch and throw of the tree is kept, until [Recorder.Stop].
//
//	rec := trace.Attach(main)
//	work(main)
//	rec.Stop()
//	rec.WriteHTML(file)
//
// # Pictures
//
// [Recorder.WriteHTML] writes one page that any browser shows, from a file and without a network: a time line to be
// zoomed and moved, with a row for each greenlet, under its parent; an arrow for each switch and throw; what arrived,
// with the value or the error, at the slice that the pointer is on; and a search of names, values and errors.
//
// [Recorder.WriteChrome] writes the trace event format, which Perfetto (ui.perfetto.dev) and chrome://tracing open,
// for those who know these tools or want to look at several things side by side.
//
// A slice is a time that a greenlet ran: from the moment at which control arrived there until it arrived somewhere
// else. Since one greenlet of a tree runs at a time, the slices of all rows together fill the time. What a greenlet
// waits for while it runs, on a channel, say, is part of its slice.
//
// # Cost
//
// A recorded switch costs about three times more than one that nobody watches, no allocation but for the memory of
// the record, which is taken for a thousand records at once, and about fifty bytes beside the value. After Stop, and
// without a recorder, a switch costs what it always does. The benchmark BenchmarkRecord shows all of this.
//
// A recorder keeps the last million events, or so; see [Last]. It keeps the values themselves, which cost nothing to
// keep, and turns them into text when it writes. The text of a value that changes, a pointer or a slice, then tells
// how it ended up, and what is kept is alive; [Snapshot], [NoValues] and [Format] change that.
//
// # Other coroutines
//
// A recorder made with [New] is told what happens, with [Recorder.Add] and [Recorder.Describe]. That is how the
// command greenlet makes pictures of scripts, whose greenlets have names, parents and values of their own.
package trace
