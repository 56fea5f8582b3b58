package tasklet_test

import (
	"reflect"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
)

// The copylocks check of go vet goes by methods Lock and Unlock of a field.
func TestNoCopy(t *testing.T) {
	if _, ok := reflect.PointerTo(reflect.TypeFor[tasklet.Tasklet]().Field(0).Type).MethodByName("Lock"); !ok {
		t.Error("go vet lets a Tasklet be copied")
	}
}
