package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The process that this program starts of itself as a client is, in a test, the test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "client" {
		exit(client(os.Args[2:], os.Stdin, os.Stdout))
		return
	}
	os.Exit(m.Run())
}

func TestHistogram(t *testing.T) {
	var h, empty histogram
	for i := range 100_000 {
		h.add(time.Duration(i) * time.Microsecond)
	}
	for q, want := range map[float64]time.Duration{0.5: 50_000, 0.99: 99_000, 0.999: 99_900} {
		want *= time.Microsecond
		if got := h.quantile(q); got < want*15/16 || got > want*17/16 {
			t.Errorf("quantile %v is %v, not about %v", q, got, want)
		}
	}
	if got := empty.quantile(0.5); got != 0 {
		t.Errorf("a quantile of nothing is %v", got)
	}
	empty.merge(&h)
	if empty != h {
		t.Error("merged into an empty one it is another")
	}
	for d := time.Duration(0); d < time.Hour; d = d*5/4 + 1 {
		if got := value(slot(d)); got < d*15/16 || got > d*17/16 {
			t.Errorf("%v is counted as %v", d, got)
		}
	}
	h.add(1<<63 - 1) // has its place
}

func TestNumbers(t *testing.T) {
	if ns, err := numbers("1, 10,100"); err != nil || len(ns) != 3 || ns[2] != 100 {
		t.Errorf("%v, %v", ns, err)
	}
	for _, list := range []string{"", "0", "1,1", "10,1", "x", "50001", "1,"} {
		if ns, err := numbers(list); err == nil {
			t.Errorf("%q gave %v", list, ns)
		}
	}
}

// build builds a program of the workspace into dir.
func build(t *testing.T, dir, from, pkg string) string {
	t.Helper()
	exe := filepath.Join(dir, filepath.Base(pkg)+".exe")
	cmd := exec.Command("go", "build", "-o", exe, pkg)
	cmd.Dir = from
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// The whole comparison, in a small way: what is installed takes part, ours and goroutines without fail.
func TestCompare(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc")
	}
	dir := t.TempDir()
	o := options{
		greenlet: build(t, dir, "../..", "./cmd/greenlet"), gonet: build(t, dir, ".", "./gonet"),
		docs: dir, time: 20 * time.Millisecond, conns: []int{3},
	}
	var out, progress bytes.Buffer
	if err := compare(o, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	page, err := os.ReadFile(filepath.Join(dir, "benchmarks-load.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Echo\n", "| **3** | **greenlet for Go** |", "| 3 | goroutines |", "## Memory of an idle", "## The machine"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	for _, want := range []string{"\nEcho\n", "goroutines", "left open"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it printed no %q:\n%s", want, &out)
		}
	}
	for _, name := range []string{"load-echo-rate.svg", "load-echo-p99.svg"} {
		svg, err := os.ReadFile(filepath.Join(dir, "images", name))
		if err != nil || !bytes.Contains(svg, []byte("goroutines")) {
			t.Errorf("%s: %v, %d bytes", name, err, len(svg))
		}
	}
}

// A server that does nothing right is a reason in the table, not the end of the comparison.
func TestCannot(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, strings.Repeat("no echo\n", 8))
			c.Close()
		}
	}()
	var out bytes.Buffer
	err = client([]string{"echo", l.Addr().String(), "2", "10ms"}, strings.NewReader("\n"), &out)
	if err == nil || out.Len() > 0 {
		t.Errorf("the client found nothing wrong: %v, %q", err, &out)
	}
	ours, theirs := systems[0], systems[1]
	r := &results{o: options{conns: []int{1}}, systems: []*system{ours, theirs}, kinds: kinds[:1], figures: map[key]*figure{
		{"echo", ours, 1}: {outcome: outcome{Requests: 10, Seconds: 1}}, {"echo", theirs, 1}: {cannot: "it fell over"},
	}, memories: map[key]*memory{{"echo", theirs, 0}: {cannot: "no room"}}, faults: map[key]*faulty{}}
	if got := plain(r.rows("echo")); !strings.Contains(got, "cannot") || !strings.Contains(got, "1.00×") {
		t.Errorf("the table is\n%s", got)
	}
	for _, want := range []string{"goroutines, Echo with 1: it fell over.", "goroutines, Echo, idle: no room."} {
		if got := r.reasons(); !strings.Contains(got, want) {
			t.Errorf("the reasons have no %q:\n%s", want, got)
		}
	}
	if _, err := r.svg("echo", charts[0]); err != nil {
		t.Error(err)
	}
}
