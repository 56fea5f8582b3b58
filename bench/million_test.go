package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

// crowd is how many parked ones BenchmarkMillion makes: a million, or few with -short.
func crowd() int {
	if testing.Short() {
		return 10_000
	}
	return 1_000_000
}

// A report is what one process of BenchmarkMillion tells.
type report struct {
	Build time.Duration // to start and park all of them
	Bytes uint64        // that they keep resident, or allocated where the system doesn't tell
}

// BenchmarkMillion starts and parks a million greenlets, or goroutines, one by one. Each crowd has a process of its
// own: the runtime keeps and reuses what the first one leaves behind, so that the second would not be measured alike.
func BenchmarkMillion(b *testing.B) {
	for _, who := range []string{"greenlet", "go"} {
		b.Run(who, func(b *testing.B) {
			var sum report
			for range b.N {
				r := inProcess(b, who)
				sum.Build += r.Build
				sum.Bytes += r.Bytes
			}
			each := float64(b.N) * float64(crowd())
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(sum.Build.Nanoseconds())/each, "ns/parked")
			b.ReportMetric(float64(sum.Bytes)/each, "B/parked")
		})
	}
}

// crowdOf is set in the processes that BenchmarkMillion starts.
const crowdOf = "GREENLET_BENCH_CROWD"

func inProcess(b *testing.B, who string) (r report) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", crowdOf, who, crowd()))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func TestMain(m *testing.M) {
	var who string
	var n int
	if k, _ := fmt.Sscanf(os.Getenv(crowdOf), "%s %d", &who, &n); k != 2 {
		os.Exit(m.Run())
	}
	build := map[string]func(int, func()){"greenlet": buildGreenlets, "go": buildGoroutines}[who]
	handles = make([]*greenlet.Greenlet[int], n)
	clear(handles) // they are the benchmark's, so their memory is not counted
	before := resident()
	start := time.Now()
	build(n, func() {
		r := report{Build: time.Since(start)}
		if after := resident(); after > before {
			r.Bytes = after - before
		}
		json.NewEncoder(os.Stdout).Encode(r)
	})
}

var handles []*greenlet.Greenlet[int]

func buildGreenlets(n int, built func()) {
	main := greenlet.Main[int]()
	park := func(v int) (int, error) { return main.Switch(v) }
	for i := range n {
		handles[i] = main.New(park)
		handles[i].Switch(i)
	}
	built()
}

func buildGoroutines(n int, built func()) {
	parked, never := make(chan int), make(chan int)
	for i := range n {
		go func() {
			parked <- i
			<-never
		}()
		<-parked
	}
	built()
}

// resident returns how many bytes of this process are in memory, after the collector gave back what it can.
func resident() uint64 {
	debug.FreeOSMemory()
	if statm, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, rss uint64
		if k, _ := fmt.Sscan(string(statm), &size, &rss); k == 2 {
			return rss * uint64(os.Getpagesize())
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse + m.OtherSys
}
