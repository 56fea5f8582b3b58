package tasklet_test

import (
	"reflect"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// What must not be copied has a field that go vet looks for: one with the methods of a lock.
func TestNoCopy(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[tasklet.Tasklet](),
		reflect.TypeFor[tasklet.Line](),
		reflect.TypeFor[tasklet.Chan[int]](),
		reflect.TypeFor[tasklet.Scheduler](),
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
