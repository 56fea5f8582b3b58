package main

// A work is what every peer does in its own way.
type work struct {
	name  string // in the protocol
	title string // in the table
	unit  string // what a figure is the time of
	n     int    // how many, where that belongs to the work; else as many as the time allows
	bytes bool   // it tells bytes, not nanoseconds
	tasks bool   // it is of tasks with a scheduler, and stands in a table of its own
	throC bool   // it only exists where the language's calls don't use the C stack, or not all of them
	about string // for the page
}

var works = []*work{
	{name: "switch", title: "switch", unit: "switch",
		about: "One hands control and a value to another, which hands both back. A figure is one hand-over, half of the round trip."},
	{name: "ring", title: "ring of 100", unit: "switch",
		about: "A hundred pass control and a counter around. A figure is one hand-over to the next."},
	{name: "spawn", title: "spawn", unit: "spawn",
		about: "Make one, run it to its end, get its result."},
	{name: "depth", title: "depth 400", unit: "switch",
		about: "As *switch*, but one of the two switches from below four hundred calls of a function in the system's own language."},
	{name: "depth-c", title: "depth 400 via C", unit: "switch", throC: true,
		about: "As *depth 400*, but each of those calls goes through a function written in C that calls back: `sorted` in Python, " +
			"`table.sort` in Lua, `Array#each` in Ruby. The ratio is to ours at depth 400. Go and C++ have one kind of calls, measured there."},
	{name: "chain", title: "chain of 100,000", unit: "link", n: 100_000,
		about: "Each makes and starts the next one and waits for it, a hundred thousand deep; the last one's result comes back through all " +
			"of them. A figure is one link, there and back."},
	{name: "memory", title: "parked", n: 100_000, bytes: true,
		about: "A hundred thousand that have started and wait. A figure is what the resident memory of the process grew by, for each."},
	{name: "join", title: "spawn and join", unit: "spawn", tasks: true,
		about: "Make a task and wait until it has run to its end."},
	{name: "yield", title: "sleep(0)", unit: "turn", tasks: true,
		about: "Two tasks give way to each other: `sleep(0)` there, `Schedule` and `Yield` here. A figure is one turn."},
	{name: "queue", title: "queue put and get", unit: "value", tasks: true,
		about: "One task puts values into a queue with room for a hundred, another one gets them. A figure is one value, put and got."},
	{name: "rendezvous", title: "rendezvous", unit: "value", tasks: true,
		about: "As *queue put and get* without room: `gevent.queue.Channel`, `eventlet.queue.Queue(0)`, and here `NewChan` and `NewQueue(h, 0)`."},
}

// worksOf returns the works that are of tasks, or those that are not.
func worksOf(tasks bool) []*work {
	var ws []*work
	for _, w := range works {
		if w.tasks == tasks {
			ws = append(ws, w)
		}
	}
	return ws
}

// base returns the work of ours that w's ratios are to.
func (w *work) base() *work {
	if !w.throC {
		return w
	}
	for _, b := range works {
		if b.name == "depth" {
			return b
		}
	}
	return w
}

// applies says whether p does w.
func (w *work) applies(p *peer) bool {
	return (!w.throC || p.throC) && (!w.tasks || p.tasks) && (w.tasks || !p.only)
}
