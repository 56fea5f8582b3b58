package warm_test

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/go-greenlet/greenlet/internal/warm"
)

// Whatever stands in a spot, loading it is without effect: a fault would end the test.
func TestLoadOfWhatIsGone(t *testing.T) {
	var none warm.Spot
	none.Load(nil)

	var spot warm.Spot
	done := make(chan struct{})
	go func() {
		defer close(done)
		var here byte
		spot.Note(&here, ^uintptr(7)) // no goroutine is there
		p := new([4096]byte)
		spot.Near(unsafe.Pointer(p))
	}()
	<-done
	runtime.GC()
	spot.Load(unsafe.Pointer(&spot))
	runtime.GC()
	spot.Load(nil)
}

func TestLoadAllocatesNothing(t *testing.T) {
	var spot warm.Spot
	n := testing.AllocsPerRun(100, func() {
		var here byte
		spot.Note(&here, 0)
		spot.Near(unsafe.Pointer(&spot))
		spot.Load(unsafe.Pointer(&spot))
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
