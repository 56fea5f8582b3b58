// Package watch tells the tasks of a hub what happens to files and folders, by fsnotify: inotify on Linux, kqueue on macOS
// and the BSDs, ReadDirectoryChangesW on Windows.
//
//	w, err := watch.New(h, "config")
//	if err != nil {
//		return err
//	}
//	defer w.Close()
//	for event, err := range w.All() {
//		if err != nil {
//			return err
//		}
//		fmt.Println(event)
//	}
//
// # What to expect
//
// What the systems tell differs: one write may be several events, a folder is watched but not those in it, an editor may
// replace a file instead of writing to it, so that it is better to watch the folder and to look at the names. See the
// documentation of fsnotify. [Watcher.Quiet] gathers what comes in one go.
//
// # Cost
//
// Events that nobody takes wait with the system, which in the end reports [ErrOverflow] and not the events. A watcher in
// which no task waits keeps no hub from ending. Every wait costs a goroutine for as long as it lasts.
package watch
