package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func find(t *testing.T, name string) *work {
	t.Helper()
	for _, w := range works {
		if w.name == name {
			return w
		}
	}
	t.Fatalf("no work %q", name)
	return nil
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		work, out string
		want      float64
		err       string
	}{
		{"switch", `{"work": "switch", "n": 100, "ns": 4200}`, 42, ""},
		{"memory", `{"work": "memory", "n": 100, "bytes": 300000}` + "\n", 3000, ""},
		{"switch", `{"work": "switch", "n": 100, "cannot": "stack overflow"}`, 0, "stack overflow"},
		{"switch", `{"work": "ring", "n": 100, "ns": 4200}`, 0, "asked for 100 of switch, got 100 of ring"},
		{"switch", `{"work": "switch", "n": 99, "ns": 4200}`, 0, "got 99 of switch"},
		{"switch", `{"work": "switch", "n": 100, "bytes": 4200}`, 0, "no figure"},
		{"switch", `Traceback`, 0, "not a line of JSON"},
		{"switch", ``, 0, "not a line of JSON"},
	} {
		got, err := parse(find(t, c.work), 100, []byte(c.out))
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%q: got %v, %v; want %v, %q", c.out, got, err, c.want, c.err)
		}
	}
}

// canned runs a measurer on peers whose figures are given.
func canned(t *testing.T) *results {
	t.Helper()
	ours := &peer{name: "ours", ours: true, tasks: true, version: "go1", note: "this."}
	python := &peer{name: "Python greenlet", throC: true, version: "3", note: "that."}
	quick := &peer{name: "quick", version: "1", note: "other."}
	noisy := 0.0
	m := measurer{rounds: 5, target: 100 * time.Millisecond, run: func(p *peer, w *work, n int) (float64, error) {
		switch {
		case p == python && w.name == "chain" && n > 1000:
			return 0, errors.New("ends with a segmentation fault")
		case p == quick && w.name == "ring":
			return 0, errors.New("knows no ring")
		case p == python && w.throC:
			return 40_000, nil
		case p == python:
			noisy++
			return 3096 + float64(int(noisy)%5), nil
		case p == quick:
			return 4.8, nil
		}
		return 40, nil
	}}
	r := &results{peers: []*peer{ours, python, quick}, rounds: 5, per: m.target, start: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	for _, w := range works {
		r.add(w, m.measure(w, r.peers, func(*peer) {}))
	}
	return r
}

func TestTable(t *testing.T) {
	r := canned(t)
	want := `                      switch  ring of 100         spawn     depth 400   depth 400 via C            chain of 100,000        parked
ours              40 ns 1.0×   40 ns 1.0×    40 ns 1.0×    40 ns 1.0×                 –                  40 ns 1.0×     40 B 1.0×
Python greenlet  3.1 µs 77×   3.1 µs 77×   3.1 µs 77×   3.1 µs 77×  40 µs 1,000×  3.1 µs 77× (at 1,000)  3,098 B 77×
quick            4.8 ns 0.12×       cannot  4.8 ns 0.12×  4.8 ns 0.12×                 –                4.8 ns 0.12×      5 B 0.12×
`
	squeeze := regexp.MustCompile(` +`)
	if got := plain(r.rows(worksOf(false))); squeeze.ReplaceAllString(got, " ") != squeeze.ReplaceAllString(want, " ") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	lines := strings.Split(plain(r.rows(worksOf(false))), "\n")
	for _, l := range lines[:len(lines)-1] {
		if len([]rune(l)) != len([]rune(lines[0])) {
			t.Errorf("not aligned: %q", l)
		}
	}
	wantSides := "**faster than ours**: quick 0.12×; **slower**: Python greenlet 77×."
	if got := r.sides(find(t, "switch")); got != wantSides {
		t.Errorf("got %q, want %q", got, wantSides)
	}
	wantReasons := "- quick cannot do *ring of 100*: knows no ring.\n" +
		"- Python greenlet cannot do *chain of 100,000*: ends with a segmentation fault; measured with 1,000 instead.\n"
	if got := r.reasons(); got != wantReasons {
		t.Errorf("got %q, want %q", got, wantReasons)
	}
	for _, p := range r.promises() {
		if !strings.Contains(p, "holds") {
			t.Errorf("got %q", p)
		}
	}
}

func TestTableOfTasksHasOnlyThoseWithTasks(t *testing.T) {
	r := canned(t)
	r.peers[2].tasks = true
	ws := worksOf(true)
	for _, w := range ws {
		r.add(w, map[*peer]*figure{r.peers[0]: {value: 100, n: 1}, r.peers[2]: {value: 250, n: 1}})
	}
	rows := r.rows(ws)
	if len(rows) != 3 || rows[1][0] != "ours" || rows[2][0] != "quick" {
		t.Fatalf("got %q", rows)
	}
	for i, w := range ws {
		if rows[0][i+1] != w.title || rows[2][i+1] != "250 ns 2.5×" {
			t.Errorf("%s: got %q over %q", w.name, rows[0][i+1], rows[2][i+1])
		}
	}
}

func TestCitationsAreMarked(t *testing.T) {
	defer func(old []citation) { citations = old }(citations)
	for _, c := range []struct {
		citations []citation
		want      bool
	}{
		{nil, false},
		{[]citation{{"Elsewhere", "a switch", "1 µs", "its manual"}}, true},
	} {
		citations = c.citations
		dir := t.TempDir()
		if err := canned(t).write(dir); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "benchmarks.md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"## Recorded elsewhere", "**not measured here**", "| Elsewhere | a switch | 1 µs | its manual |"} {
			if strings.Contains(string(text), part) != c.want {
				t.Errorf("%d citations: %q on the page: %v", len(c.citations), part, !c.want)
			}
		}
	}
}

func TestSizeTakesTheTimeItIsGiven(t *testing.T) {
	for _, one := range []float64{5, 100, 40_000, 1e9} {
		m := measurer{target: 100 * time.Millisecond, run: func(*peer, *work, int) (float64, error) { return one, nil }}
		f, _ := m.size(&peer{}, find(t, "switch"))
		if want := max(200, int(1e8/one)); f.n < want-2 || f.n > want || f.n%2 != 0 {
			t.Errorf("%v ns each: %d of them, want %d", one, f.n, want)
		}
	}
}

func TestPageHasAllOfIt(t *testing.T) {
	dir := t.TempDir()
	if err := canned(t).write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "benchmarks.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"make bench-peers", "| **ours** |", "knows no ring", "2026-01-02", "median of 5 runs", "holds"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	images := regexp.MustCompile(`\((images/.*\.svg)\)`).FindAllStringSubmatch(string(text), -1)
	if len(images) != len(works)-1 {
		t.Errorf("%d charts, want %d", len(images), len(works)-1)
	}
	for _, image := range images {
		svg, err := os.Open(filepath.Join(dir, image[1]))
		if err != nil {
			t.Fatal(err)
		}
		defer svg.Close()
		var texts strings.Builder
		for d := xml.NewDecoder(svg); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", image[1], err)
			}
			if c, ok := token.(xml.CharData); ok {
				texts.Write(c)
			}
		}
		if !strings.Contains(texts.String(), "ours") || !strings.Contains(texts.String(), "1.0×") {
			t.Errorf("%s doesn't show ours", image[1])
		}
	}
}

// TestInstalledPeersSpeakTheProtocol runs every work a few times on whatever is installed.
func TestInstalledPeersSpeakTheProtocol(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	dir := t.TempDir()
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			here := *p
			if err := here.find(&here, dir); err != nil {
				if p.ours {
					t.Fatal(err)
				}
				t.Skipf("not installed (Debian package %s): %v", p.pkg, err)
			}
			if here.version == "" {
				t.Error("no version")
			}
			for _, w := range works {
				if !w.applies(&here) {
					continue
				}
				// Two hundred, so that the memory of some is more than the process had to spare.
				if _, err := execute(&here, w, 200); err != nil {
					t.Logf("%s: cannot: %v", w.name, err)
					if w.name == "switch" || w.name == "ring" || w.name == "spawn" || w.name == "depth" || w.tasks {
						t.Fail()
					}
				}
			}
		})
	}
}
