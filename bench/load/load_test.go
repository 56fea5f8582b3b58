package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
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
		docs: dir, time: 20 * time.Millisecond, rounds: 2, conns: []int{3},
	}
	var out, progress bytes.Buffer
	if err := compare(o, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	page, err := os.ReadFile(filepath.Join(dir, "benchmarks-load.md"))
	if err != nil {
		t.Fatal(err)
	}
	wants := []string{"## Echo\n", "| of it user |", "| **3** | **greenlet for Go** |", "| 3 | goroutines |", "## Memory of an idle",
		"- Echo with 100 connections, requests/s beside \"gevent, without Nagle\": not measured in this run.\n", "## The machine"}
	if _, err := exec.LookPath("wrk"); err == nil && runtime.NumCPU() > 1 {
		wants = append(wants, "## Handlers that compute", "\n| goroutines | ")
		if !regexp.MustCompile(`two hubs beside one: [\d.]+×; at least 1\.70× is the aim, which (holds|falls short in this run)\.\n`).Match(page) {
			t.Errorf("the page does not say what two hubs do:\n%s", page)
		}
	}
	for _, want := range wants {
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
	}, memories: map[key]*memory{{"echo", theirs, 0}: {cannot: "no room"}}, faults: map[key]*faulty{},
		works: map[*system]*work{theirs: {cannot: "it thinks"}}, limited: "one is enough", left: []string{"The rest: no time"}}
	if got := plain(r.rows("echo")); !strings.Contains(got, "cannot") || !strings.Contains(got, "1.00×") {
		t.Errorf("the table is\n%s", got)
	}
	for _, want := range []string{"goroutines, Echo with 1: it fell over.", "goroutines, Echo, idle: no room.",
		"goroutines, with handlers that compute: it thinks.", "More connections: one is enough.", "- The rest: no time."} {
		if got := r.reasons(); !strings.Contains(got, want) {
			t.Errorf("the reasons have no %q:\n%s", want, got)
		}
	}
	if _, err := r.svg("echo", charts[0]); err != nil {
		t.Error(err)
	}
}

// The client counts what comes back whole, in however many parts, and what does not.
func TestDrive(t *testing.T) {
	tests := map[string]struct {
		answer func(c net.Conn, nth int, line []byte) error
		failed int64
	}{
		"well":     {func(c net.Conn, _ int, line []byte) error { _, err := c.Write(line); return err }, 0},
		"in parts": {func(c net.Conn, _ int, line []byte) error { return inParts(c, line) }, 0},
		"another line": {func(c net.Conn, nth int, line []byte) error {
			if nth == 2 {
				line[5] = '!'
			}
			_, err := c.Write(line)
			return err
		}, 3},
		"no line": {func(c net.Conn, nth int, line []byte) error {
			if nth == 3 {
				return io.EOF
			}
			_, err := c.Write(line)
			return err
		}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var served atomic.Int64
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						defer c.Close()
						line := make([]byte, len(message))
						for nth := 0; ; nth++ {
							if _, err := io.ReadFull(c, line); err != nil {
								return
							}
							served.Add(1)
							if test.answer(c, nth, line) != nil {
								return
							}
						}
					}()
				}
			}()
			conns, err := connect(l.Addr().String(), 3, exchange)
			if err != nil {
				t.Fatal(err)
			}
			served.Store(0)
			o := drive(conns, 100*time.Millisecond)
			if o.Errors != test.failed || o.Requests < 3 || o.Requests > served.Load() || o.P50 <= 0 || o.P999 < o.P50 {
				t.Errorf("it saw %+v of %d", o, served.Load())
			}
			for _, c := range conns {
				c.Close()
			}
		})
	}
}

func inParts(c net.Conn, line []byte) error {
	for len(line) > 0 {
		n := min(7, len(line))
		if _, err := c.Write(line[:n]); err != nil {
			return err
		}
		line = line[n:]
		time.Sleep(time.Microsecond)
	}
	return nil
}

func TestMiddle(t *testing.T) {
	run := func(requests int64) *figure { return &figure{outcome: outcome{Requests: requests, Seconds: 2}} }
	if f := middle([]*figure{run(5), run(9), run(7)}); f.Requests != 7 {
		t.Errorf("of 5, 9 and 7 it takes %d", f.Requests)
	}
	broken := &figure{cannot: "it fell over"}
	if f := middle([]*figure{run(5), broken, run(7)}); f != broken {
		t.Error("a run that failed does not count")
	}
}

// Two servers that are to be compared compute the same, and one that is asked for something else says so.
func TestWork(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it needs env")
	}
	dir := t.TempDir()
	o := options{greenlet: build(t, dir, "../..", "./cmd/greenlet"), gonet: build(t, dir, ".", "./gonet")}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answers := map[string]string{}
	for _, s := range systems {
		for n := 1; n <= 2 && s.scaled != nil; n++ {
			srv, err := start(ctx, s.scaled(o, n))
			if err != nil {
				t.Fatalf("%s on %d: %v", s.name, n, err)
			}
			defer srv.stop()
			for path, status := range map[string]int{workPath: 200, "/work/1": 200, "/work/0": 400, "/work/x": 400} {
				resp, err := http.Get("http://" + srv.addr + path)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != status {
					t.Errorf("%s on %d, %s: %s, %v", s.name, n, path, resp.Status, err)
				}
				if first, ok := answers[path]; ok && status == 200 && string(text) != first {
					t.Errorf("%s on %d, %s: %q, and another says %q", s.name, n, path, text, first)
				}
				answers[path] = string(text)
			}
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if answers[workPath] == answers["/work/1"] {
		t.Errorf("more work has the same answer, %q", answers["/work/1"])
	}
}

// What computes has a rate, and what doesn't has none.
func TestLoadWork(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it reads /proc")
	}
	if _, err := loadWork([]string{"echo", "no server"}, time.Millisecond); err == nil || !strings.Contains(err.Error(), "did not start") {
		t.Errorf("a program that ends: %v", err)
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		t.Skip("there is no wrk")
	}
	gonet := build(t, t.TempDir(), ".", "./gonet")
	f, err := loadWork([]string{gonet, "work", "127.0.0.1:0"}, time.Millisecond)
	if err != nil || f.rate() <= 0 || f.client <= 0 || f.cpu.user <= 0 {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := loadWork([]string{gonet, "echo", "127.0.0.1:0"}, time.Millisecond); err == nil {
		t.Errorf("an echo has a rate: %+v", f)
	}
}

func TestParseStat(t *testing.T) {
	u, err := parseStat([]byte("77 (a (b) 1 2) S 1 77 77 0 -1 4194560 100 0 0 0 250 50 8 9 20 0 4 0 100 0 0"))
	if err != nil || u.user != 2500*time.Millisecond || u.system != 500*time.Millisecond || u.all() != 3*time.Second {
		t.Errorf("%+v, %v", u, err)
	}
	if d := u.since(usage{user: time.Second, system: 100 * time.Millisecond}); d.user != 1500*time.Millisecond || d.system != 400*time.Millisecond {
		t.Errorf("since then it is %+v", d)
	}
	for _, text := range []string{"", "77 (a) S 1 77", "77 (a) S 1 77 77 0 -1 4194560 100 0 0 0 x 50 8 9", "77 (a) S 1 77 77 0 -1 4194560 100 0 0 0 250 y 8"} {
		if u, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q gave %+v", text, u)
		}
	}
}

// made are results with these requests in a second, and with this user CPU time and as much again of the system's.
func made(conns []int, figures map[key]int64, user time.Duration) *results {
	r := &results{o: options{conns: conns}, kinds: kinds, systems: systems, figures: map[key]*figure{}, works: map[*system]*work{},
		memories: map[key]*memory{}, faults: map[key]*faulty{}}
	for k, n := range figures {
		r.figures[k] = &figure{outcome: outcome{Requests: n, Seconds: 1}, cpu: usage{user: user, system: user}}
	}
	return r
}

func named(t *testing.T, name string) *system {
	for _, s := range systems {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no %q", name)
	return nil
}

func TestRows(t *testing.T) {
	ours, asIs := systems[0], named(t, geventAsIs)
	r := made([]int{7}, map[key]int64{{"echo", ours, 7}: 100_000, {"http", ours, 7}: 10_000, {"http", asIs, 7}: 20}, 500*time.Millisecond)
	few := r.figures[key{"http", asIs, 7}]
	few.cpu = usage{user: 20 * time.Millisecond, system: 10 * time.Millisecond}
	r.faults[key{"echo", ours, 0}] = &faulty{figure: *r.figures[key{"echo", ours, 7}]}
	echo, web, idle, bad := markdown(r.rows("echo")), markdown(r.rows("http")), plain(r.memoryRows()), plain(r.faultRows())
	for _, test := range []struct{ text, want string }{
		{echo, "| connections |  | requests/s | of ours | busy | CPU/request | of it user | p50 |"},
		{echo, "| **7** | **greenlet for Go** | **100,000** | **1.00×** | **100 %** | **10 µs** | **5.0 µs** |"},
		{web, "| 7 | gevent, as it comes | 20 | 0.0020× | – | – |"}, // that is too little time to say
		{web, "| 7 | gevent, without Nagle | cannot |"},
		{bad, "  10 µs      5.0 µs  "},
	} {
		if !strings.Contains(test.text, test.want) {
			t.Errorf("no %q in\n%s", test.want, test.text)
		}
	}
	for _, text := range []string{echo, idle, bad} {
		if strings.Contains(text, "as it comes") || !strings.Contains(text, "without Nagle") {
			t.Errorf("HTTP as it comes is in another table:\n%s", text)
		}
	}
	for _, rows := range [][][]string{r.rows("echo"), r.rows("http"), r.memoryRows(), r.faultRows()} {
		for _, row := range rows {
			if len(row) != len(rows[0]) {
				t.Errorf("the row %q has not the columns %q", row, rows[0])
			}
		}
	}
}

func TestWorkRows(t *testing.T) {
	r := made([]int{1}, nil, 0)
	f := func(n int64, client time.Duration) *figure {
		return &figure{outcome: outcome{Requests: n, Seconds: 2}, client: client}
	}
	r.works[systems[0]] = &work{one: f(1000, 20*time.Millisecond), two: f(1900, 40*time.Millisecond)}
	r.works[systems[1]] = &work{cannot: "no"}
	want := "| **greenlet for Go** | **500** | **950** | **1.90×** | **2.0 %** |\n| goroutines | cannot |  |  |  |\n"
	if got := markdown(r.workRows()); !strings.HasSuffix(got, want) {
		t.Errorf("the table is\n%s", got)
	}
}

// Each line is about the figures that it names, and its verdict is theirs.
func TestPromises(t *testing.T) {
	ours, nagleless, asIs, std := systems[0], named(t, gevent), named(t, geventAsIs), named(t, goroutines)
	r := made([]int{100, 1000}, map[key]int64{
		{"echo", ours, 100}: 1700, {"echo", nagleless, 100}: 1000,
		{"echo", ours, 1000}: 1699, {"echo", nagleless, 1000}: 1000,
		{"echo", std, 100}: 1700, {"echo", std, 1000}: 2000,
		{"http", ours, 100}: 3600, {"http", std, 100}: 3000, {"http", asIs, 100}: 121, {"http", nagleless, 100}: 600,
	}, time.Second)
	r.figures[key{"echo", ours, 100}].cpu.user = 340 * time.Millisecond  // a fifth, for each of 1.7 times the requests
	r.figures[key{"echo", ours, 1000}].cpu.user = 350 * time.Millisecond // a bit more
	r.works[ours] = &work{one: &figure{outcome: outcome{Requests: 10, Seconds: 1}}, two: &figure{outcome: outcome{Requests: 16, Seconds: 1}}}
	r.figures[key{"echo", std, 1000}].cpu = usage{user: time.Second, system: time.Second / 2} // for more requests
	r.memories[key{"echo", ours, 0}], r.memories[key{"echo", std, 0}] = &memory{perConn: 7000}, &memory{perConn: 8000}
	r.memories[key{"http", ours, 0}], r.memories[key{"http", std, 0}] = &memory{perConn: 8001}, &memory{perConn: 8000}
	for i, want := range []string{
		`- Echo with 100 connections, requests/s beside goroutines: 1.00×; at least 1.00× is the aim, which holds.`,
		`- Echo with 100 connections, CPU per request beside goroutines: 0.67×; at most 1.00× is the aim, which holds.`,
		`- Echo with 100 connections, requests/s beside "gevent, without Nagle": 1.70×; at least 1.70× is the aim, which holds.`,
		`- Echo with 100 connections, user CPU per request beside "gevent, without Nagle": 0.20×; at most 0.20× is the aim, which holds.`,
		`- Echo with 1,000 connections, requests/s beside goroutines: 0.85×; at least 1.00× is the aim, which falls short in this run.`,
		`- Echo with 1,000 connections, CPU per request beside goroutines: 1.06×; at most 1.00× is the aim, which falls short in this run.`,
		`- Echo with 1,000 connections, requests/s beside "gevent, without Nagle": 1.70×; at least 1.70× is the aim, which falls short in this run.`,
		`- Echo with 1,000 connections, user CPU per request beside "gevent, without Nagle": 0.21×; at most 0.20× is the aim, which falls short in this run.`,
		`- Memory of an idle connection, Echo, beside goroutines: 0.88×; at most 1.00× is the aim, which holds.`,
		`- Memory of an idle connection, HTTP, beside goroutines: 1.00×; at most 1.00× is the aim, which falls short in this run.`,
		`- HTTP with 100 connections, requests/s beside net/http: 1.20×; at least 1.20× is the aim, which holds.`,
		`- HTTP with 100 connections, requests/s beside "gevent, as it comes": 29.8×; at least 30.0× is the aim, which falls short in this run.`,
		`- HTTP with 100 connections, requests/s beside "gevent, without Nagle", which tells how much of that is Nagle's algorithm: 6.00×.`,
		`- Handlers that compute, requests/s of two hubs beside one: 1.60×; at least 1.70× is the aim, which falls short in this run.`,
	} {
		if got := r.promises()[i]; got != want {
			t.Errorf("it says\n%s\nand not\n%s", got, want)
		}
	}
	r.figures[key{"echo", ours, 1000}].cpu = usage{}
	r.figures[key{"http", asIs, 100}] = &figure{cannot: "it fell over"}
	r.works[ours] = &work{cannot: "it thinks"}
	r.systems = systems[:1]
	for _, l := range r.promises() {
		if !strings.HasSuffix(l, ": not measured in this run.") {
			t.Errorf("of nothing it says: %s", l)
		}
	}
	r.systems = systems
	r.memories[key{"http", std, 0}].cannot = "it was too much"
	for i, measured := range []bool{true, true, true, true, true, false, true, false, true, false, true, false, true, false} {
		if l := r.promises()[i]; strings.HasSuffix(l, ": not measured in this run.") == measured {
			t.Errorf("it says: %s", l)
		}
	}
}

func TestFit(t *testing.T) {
	all := []int{1, 100, 1000, 10_000}
	for files, want := range map[int][]int{
		0: all, 10_200: all, 50_000: all, 10_199: {1, 100, 1000, 9999}, 1200: {1, 100, 1000}, 1024: {1, 100, 824}, 201: {1},
	} {
		got, text, err := fit(all, files)
		if err != nil || !slices.Equal(got, want) || (text == "") != (len(got) == len(all) && got[3] == all[3]) {
			t.Errorf("with %d files: %v, %q, %v", files, got, text, err)
		}
	}
	_, text, _ := fit(all, 1024)
	if want := "a process may open 1,024 files here, so that there were at most 824 connections, and not 10,000"; text != want {
		t.Errorf("it says %q", text)
	}
	if got, _, err := fit(all, 200); err == nil {
		t.Errorf("no connections at all are %v", got)
	}
	if n := openFiles(); n < 0 {
		t.Errorf("a process may open %d files", n)
	}
}
