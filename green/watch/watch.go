package watch

import (
	"errors"
	"iter"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/tasklet"
)

// An Event is something that happened to a file: its Name, and an Op. It is fsnotify's.
type Event = fsnotify.Event

// An Op is what happened, or several: use [Event.Has]. It is fsnotify's.
type Op = fsnotify.Op

// What happens to files.
const (
	Create = fsnotify.Create
	Write  = fsnotify.Write
	Remove = fsnotify.Remove
	Rename = fsnotify.Rename
	Chmod  = fsnotify.Chmod
)

// The errors that are fsnotify's.
var (
	ErrOverflow = fsnotify.ErrEventOverflow    // events were lost
	ErrNotThere = fsnotify.ErrNonExistentWatch // Remove of what is not watched
)

// ErrBusy is returned when a second task waits for events.
var ErrBusy = errors.New("watch: another task waits for events already")

// A Watcher tells what happens to the files and folders that it watches. It belongs to a hub, and is used on its
// goroutine only. One task at a time may wait.
type Watcher struct {
	h      *green.Hub
	w      *fsnotify.Watcher
	line   *tasklet.Line
	busy   bool
	closed bool
	next   []happening // that came when nobody was left to take them
}

// A happening is an event or an error.
type happening struct {
	event Event
	err   error
}

// New makes a watcher of paths. Close it in the end.
func New(h *green.Hub, paths ...string) (*Watcher, error) {
	h.Check()
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &Watcher{h: h, w: fs, line: h.Scheduler().NewLine("what happens to files")}
	for _, p := range paths {
		if err := w.Add(p); err != nil {
			w.Close()
			return nil, err
		}
	}
	return w, nil
}

// Add watches path: a file, or what is in a folder, but not the folders in it.
func (w *Watcher) Add(path string) error {
	if err := w.open(); err != nil {
		return err
	}
	return w.w.Add(path)
}

// Remove watches path no more.
func (w *Watcher) Remove(path string) error {
	if err := w.open(); err != nil {
		return err
	}
	return w.w.Remove(path)
}

// List returns what is watched.
func (w *Watcher) List() []string {
	w.h.Check()
	return w.w.WatchList()
}

func (w *Watcher) open() error {
	w.h.Check()
	if w.closed {
		return os.ErrClosed
	}
	return nil
}

// Get waits for the next event. It fails with os.ErrClosed when the watcher is closed; [ErrOverflow] and other errors
// of the system, after which one may go on; [ErrBusy]; or when the task is killed or its deadline passes: no event is
// lost then.
func (w *Watcher) Get() (Event, error) {
	if err := w.open(); err != nil {
		return Event{}, err
	}
	if w.busy {
		return Event{}, ErrBusy
	}
	w.busy = true
	defer func() { w.busy = false }()
	if len(w.next) == 0 {
		if err := w.wait(); err != nil {
			return Event{}, err
		}
	}
	if len(w.next) == 0 {
		return Event{}, os.ErrClosed
	}
	x := w.next[0]
	w.next = w.next[1:]
	return x.event, x.err
}

// wait waits until something has happened, or the watcher is closed.
func (w *Watcher) wait() error {
	sched := w.h.Scheduler()
	over := false
	stop := make(chan struct{})
	release := sched.Hold()
	go func() {
		defer release()
		var x happening
		ok := false
		select {
		case x.event, ok = <-w.w.Events:
		case x.err, ok = <-w.w.Errors:
		case <-stop:
		}
		sched.Post(func() error {
			if over = true; ok {
				w.next = append(w.next, x)
			}
			w.line.WakeAll()
			return nil
		})
	}()
	defer func() { // the panic of another task may be raised in Wait, too
		close(stop)
		if over {
			return
		}
		w.h.Shield(func() error { // what it has taken meanwhile is the next one's
			for !over {
				if err := w.line.Wait(); err != nil {
					return err
				}
			}
			return nil
		})
	}()
	return w.line.Wait()
}

// All returns the events as they come: what [Watcher.Get] returns, until that fails since the watcher was closed, which
// ends the loop, or since the task is to stop or late, which is the last that the loop gets. Other errors are not the
// end.
func (w *Watcher) All() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			e, err := w.Get()
			if errors.Is(err, os.ErrClosed) || !yield(e, err) || err != nil && !w.mayGoOn(err) {
				return
			}
		}
	}
}

// mayGoOn says whether err came from the system and not to the task.
func (w *Watcher) mayGoOn(err error) bool {
	return !errors.Is(err, green.ErrKilled) && !errors.Is(err, green.ErrTimeout) && !errors.Is(err, green.ErrClosed) &&
		!errors.Is(err, ErrBusy)
}

// Quiet waits for an event, and then until none has come for d: saving a file, say, is many. It returns what came, the
// events of one file joined in the order in which the files came first. It fails as Get does; what came until then is
// the next one's.
func (w *Watcher) Quiet(d time.Duration) ([]Event, error) {
	var all []happening
	give := func(err error) ([]Event, error) {
		w.next = append(all, w.next...)
		return nil, err
	}
	for {
		var e Event
		inTime, err := true, error(nil)
		get := func() (err error) {
			e, err = w.Get()
			return err
		}
		if len(all) == 0 {
			err = get()
		} else {
			inTime, err = w.h.Within(d, get)
		}
		switch {
		case err != nil:
			return give(err)
		case !inTime:
			return join(all), nil
		}
		all = append(all, happening{event: e})
	}
}

// join makes one event of those of one file.
func join(all []happening) (events []Event) {
	at := map[string]int{}
	for _, x := range all {
		i, known := at[x.event.Name]
		if !known {
			at[x.event.Name] = len(events)
			events = append(events, x.event)
			continue
		}
		events[i].Op |= x.event.Op
	}
	return events
}

// Close ends the watcher. A task that waits gets os.ErrClosed.
func (w *Watcher) Close() error {
	if err := w.open(); err != nil {
		return err
	}
	w.closed = true
	return w.w.Close()
}
