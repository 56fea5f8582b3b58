// Package file reads and writes files, pipes and the standard streams from the tasks of a hub, blocking the calling task and
// nobody else.
//
// # Files
//
// A system that is asked for a regular file answers when the disk does, and can't be asked to tell when. So what a [File]
// does runs by [green.Offload] on another goroutine, as in gevent's thread pool, and counts in green.OffloadLimit. That
// costs some microseconds an operation: wrap a File in a bufio.Reader or Writer, or take [ReadFile] and [WriteFile]. What
// is not here (directories, links, attributes) goes the same way:
//
//	names, err := green.Offload(h, func(context.Context) ([]os.DirEntry, error) { return os.ReadDir("data") })
//
// A File keeps its position itself, and moves it when an operation has succeeded. So a task that is killed in a Read, or
// whose deadline passes, has lost nothing: the next Read finds the same bytes.
//
// # Streams
//
// A [Stream] is a pipe, a named pipe, a terminal: something that the system can be asked to tell when it is ready. Where
// the hub watches descriptors (Linux, macOS, the BSDs) a stream that [NewStream] took over waits in the hub, costs no
// goroutine, and a read or write that fails since its task was killed has lost no byte. Elsewhere (on Windows, in a hub
// with a clock, for a descriptor that can't be watched) a goroutine helps: one for every direction that is in use. A task
// that leaves a read leaves the goroutine behind, and what that reads is what the next Read returns.
//
// # Standard streams
//
// [Stdin], [Stdout] and [Stderr] are for the process's own. These are shared with other processes, the shell for one, and a
// mode that is set on them stays set when the process has ended: a shell whose terminal was left non-blocking is a known
// nuisance. So they are never put into another mode. A task waits until the descriptor is ready, and then reads what there
// is, or writes no more than fits for certain. That holds as long as no other process reads from the same pipe at the same
// time; if one does and is faster, the hub waits for the next input. The same goes for one that fills the pipe between
// waiting and writing.
package file
