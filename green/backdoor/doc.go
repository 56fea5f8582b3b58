// Package backdoor is a console for a running hub, on a Unix socket: it lists and dumps the tasks, kills one, records a
// trace, shows statistics.
//
//	d, err := backdoor.Open(h, "/run/user/1000/app/hub.sock")
//
//	$ nc -U /run/user/1000/app/hub.sock
//	> list
//
// # Commands
//
// A command is a line; its answer ends with the next prompt, and an error in it begins with "error:". "help" lists them
// all: "list", "top" and "dump" show the tasks, "stats" the counters, "stacks" all goroutines; "kill" tells a task to end,
// by the number that the others show; "trace on" begins to record, and "trace off" writes what was recorded to a file.
//
// Other than gevent's, this backdoor runs no code but these commands. A file of "trace off" is written by the program, with
// its rights, and a relative name begins at its working directory.
//
// # Who may connect
//
// There is no console unless the program opens one. Only the owner may connect: the socket has the mode 0600 and stands in
// a directory that belongs to the owner and that nobody else may enter or write; on Linux the system is also asked who
// connects, and anybody else but the owner is turned away. Where Unix sockets have no such permissions, [Open] fails.
//
// The path of a Unix socket must be short: a little more than a hundred bytes are the limit on most systems.
//
// # When the hub does not answer
//
// The console runs on goroutines of its own, so that it neither keeps the hub from ending nor stops answering when a task
// does not give way. Then a command that needs the hub fails after two seconds, and "stacks" shows what all goroutines are
// at, the one that runs the hub among them.
//
// # The end
//
// When Run ends, the console is closed with its connections, and nothing of it is left, the socket neither. [Door.Close]
// does so earlier. What a process left behind that was killed is replaced by the next Open.
package backdoor
