package green_test

import (
	"reflect"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// What must not be copied has a field that go vet looks for: one with the methods of a lock.
func TestNoCopy(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[green.Task](),
		reflect.TypeFor[green.Group](),
		reflect.TypeFor[green.Mutex](),
		reflect.TypeFor[green.RLock](),
		reflect.TypeFor[green.RWMutex](),
		reflect.TypeFor[green.Event](),
		reflect.TypeFor[green.Latch](),
		reflect.TypeFor[green.Barrier](),
		reflect.TypeFor[green.Semaphore](),
		reflect.TypeFor[green.CappedSemaphore](),
		reflect.TypeFor[green.Cond](),
		reflect.TypeFor[green.Queue[int]](),
		reflect.TypeFor[green.Result[int]](),
		reflect.TypeFor[green.Pool](),
		reflect.TypeFor[green.ResourcePool[int]](),
		reflect.TypeFor[green.Mailbox](),
		reflect.TypeFor[green.DAG[int, int]](),
		reflect.TypeFor[green.Timer](),
		reflect.TypeFor[green.Signals](),
		reflect.TypeFor[green.Hub](),
		reflect.TypeFor[green.Job[int]](),
	} {
		if !locked(of) {
			t.Errorf("go vet does not see that a %v must not be copied", of)
		}
	}
}

func locked(of reflect.Type) bool {
	if _, is := reflect.PointerTo(of).MethodByName("Lock"); is && of.NumField() == 0 {
		return true
	}
	for i := range of.NumField() {
		if f := of.Field(i).Type; f.Kind() == reflect.Struct && locked(f) {
			return true
		}
	}
	return false
}
