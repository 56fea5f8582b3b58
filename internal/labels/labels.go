// Package labels lets a goroutine that serves many take over the profiler labels (runtime/pprof) of whoever it serves,
// as a go statement does for a new one.
//
// Package pprof sets the labels of the calling goroutine and never tells them. They are a pointer in the runtime's g,
// whose address package owner knows; where in the g it lies is found out by trial: a goroutine sets labels that it
// made, looks for them, and must see them go. If that fails, as it does where package owner does not know the g,
// [Known] is false: then a goroutine is left without labels before it serves the next one, so that at least nobody runs
// under a stranger's.
package labels

import (
	"context"
	"reflect"
	"runtime/pprof"
	"sync"
	"unsafe"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// Known reports whether labels can be read. It is right after Find.
var Known bool

var (
	at   uintptr      // where in a g
	kind reflect.Type // what a context with labels has them in, without the pointer
	once sync.Once
)

// Find prepares for the other functions.
func Find() {
	once.Do(func() {
		if !owner.Exact {
			return
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			probe()
		}()
		<-done
	})
}

// searched is how many words of a g are looked at: less than it has.
const searched = 48

// probe looks for the labels of its own goroutine, which has no other use.
func probe() {
	self := owner.Current()
	var set any
	pprof.SetGoroutineLabels(spy{pprof.WithLabels(context.Background(), pprof.Labels("greenlet", "probe")), &set})
	v := reflect.ValueOf(set)
	if v.Kind() != reflect.Pointer {
		return
	}
	p := v.UnsafePointer()
	found := 0
	for i := range uintptr(searched) {
		if at = i * unsafe.Sizeof(p); read(self) == p {
			found++
			kind = v.Type().Elem()
			break
		}
	}
	pprof.SetGoroutineLabels(context.Background())
	if found == 0 || read(self) != nil {
		return
	}
	set2 := pprof.WithLabels(context.Background(), pprof.Labels("greenlet", "second"))
	pprof.SetGoroutineLabels(spy{set2, &set})
	second := reflect.ValueOf(set).UnsafePointer()
	if second == p || read(self) != second {
		return
	}
	put(p)
	Known = read(self) == p
}

// spy is a context that tells what it was asked for.
type spy struct {
	context.Context
	answer *any
}

func (s spy) Value(key any) any {
	*s.answer = s.Context.Value(key)
	return *s.answer
}

// read returns the labels of the goroutine self, an identity of package owner.
func read(self uintptr) unsafe.Pointer {
	g := *(*unsafe.Pointer)(unsafe.Pointer(&self))
	return *(*unsafe.Pointer)(unsafe.Add(g, at))
}

// carrier is a context that has nothing but labels.
type carrier struct {
	context.Context
	labels any
}

func (c carrier) Value(any) any { return c.labels }

func put(p unsafe.Pointer) {
	if p == nil {
		pprof.SetGoroutineLabels(context.Background())
		return
	}
	pprof.SetGoroutineLabels(carrier{context.Background(), reflect.NewAt(kind, p).Interface()})
}

// Of returns the labels of a goroutine, whose identity package owner gave, or nil if it has none or they are not known.
func Of(self uintptr) unsafe.Pointer {
	if !Known {
		return nil
	}
	return read(self)
}

// Take gives the calling goroutine the labels that Of returned.
func Take(p unsafe.Pointer) {
	if Known {
		put(p)
	} else {
		pprof.SetGoroutineLabels(context.Background())
	}
}

// TakeWith is Take with one more label.
func TakeWith(p unsafe.Pointer, key, value string) {
	ctx := context.Background()
	if Known && p != nil {
		ctx = carrier{ctx, reflect.NewAt(kind, p).Interface()}
	}
	pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(key, value)))
}
