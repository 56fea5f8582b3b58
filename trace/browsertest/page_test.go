package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/trace"
)

// The picture of the tutorial shows each greenlet as a track, and every switch.
func TestTutorial(t *testing.T) {
	dir := t.TempDir()
	html, chrome := filepath.Join(dir, "out.html"), filepath.Join(dir, "out.json")
	for _, file := range []string{html, chrome} {
		c := exec.Command("go", "run", "./cmd/greenlet", "run", "--trace", file, "examples/scripts/tutorial.star")
		c.Dir = "../.."
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	threads, flows := readChrome(t, chrome)
	b := open(t, html)

	if n := get[int](b, `greenletTrace.events`); n != flows || n == 0 {
		t.Errorf("the page has %d switches and throws, the other format %d", n, flows)
	}
	items := get[[]string](b, `Array.from(document.querySelectorAll('[role=treeitem]'), e => e.innerText)`)
	if len(items) != len(threads) || len(items) != 2 {
		t.Errorf("the page has the tracks %q, the other format %q", items, threads)
	}
	for i, item := range items {
		if !strings.Contains(item, threads[i]) {
			t.Errorf("track %d is %q, not %q", i, item, threads[i])
		}
	}
	if text := get[string](b, `document.getElementById('summary').innerText`); !strings.HasPrefix(text, fmt.Sprintf("%d switches and 0 throws between 2 greenlets", flows)) {
		t.Errorf("the summary is %q", text)
	}
	// Slice 0 is before the first switch.
	if n := get[int](b, `greenletTrace.shown().slices`); n != flows+1 {
		t.Errorf("the first picture shows %d slices, not %d", n, flows+1)
	}

	// What arrived somewhere is shown where the pointer is, and kept by a click.
	const key = 2 // the second switch goes back to main; the third brings the first key
	p := b.zoomTo(key + 1)
	b.run(chromedp.MouseEvent(input.MouseMoved, p.X, p.Y))
	b.wait(`!document.getElementById('tip').hidden`)
	if text := get[string](b, `document.getElementById('tip').innerText`); !strings.Contains(text, `value: "a"`) || !strings.Contains(text, "switch from main greenlet 1") {
		t.Errorf("the tip is %q", text)
	}
	b.run(chromedp.MouseClickXY(p.X, p.Y))
	b.wait(fmt.Sprintf(`greenletTrace.state.slice === %d`, key+1))
	b.wait(`document.getElementById('details').innerText.includes('value: "a"')`)
	b.run(chromedp.KeyEvent(kb.ArrowRight))
	b.wait(fmt.Sprintf(`greenletTrace.state.slice === %d`, key+2))
	b.run(chromedp.KeyEvent("0"))
	b.wait(fmt.Sprintf(`(greenletTrace.shown() || {}).slices === %d`, flows+1))

	// The result of the dialogue is found where it arrives: in main.
	b.run(chromedp.KeyEvent("/"))
	b.wait(`document.activeElement.id === 'query'`)
	// The driver types the slash although the page declined it.
	b.run(chromedp.Evaluate(`document.getElementById('query').select()`, nil), chromedp.KeyEvent("50"))
	b.wait(`document.getElementById('found').innerText === '1 slice'`)
	b.run(chromedp.KeyEvent(kb.Enter))
	b.wait(`document.getElementById('found').innerText === '1 of 1'`)
	if text := get[string](b, `document.getElementById('details').innerText`); !strings.Contains(text, "value: 50") || !strings.Contains(text, "which died") {
		t.Errorf("the details of the match are %q", text)
	}
	b.click("#next")
	b.wait(`document.getElementById('found').innerText === '1 of 1'`)

	b.run(chromedp.KeyEvent(kb.Escape))
	b.wait(`document.getElementById('found').innerText === '' && document.activeElement.id === 'line'`)

	// A child can be hidden, and comes back when something in it is selected.
	b.click(".knob")
	b.wait(`document.querySelectorAll('[role=treeitem]').length === 1`)
	b.run(chromedp.SendKeys("#query", "dialogue\r"))
	b.wait(`document.querySelectorAll('[role=treeitem]').length === 2`)
	b.wait(`document.querySelectorAll('.row.found').length === 1`)
}

// The example that the documentation shows.
func TestScreenshot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.html")
	c := exec.Command("go", "run", "./cmd/greenlet", "run", "--trace", file, "trace/browsertest/testdata/tour.star")
	c.Dir = "../.."
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := open(t, file)
	k := get[int](b, `greenletTrace.find('no such word').slices[0]`)
	// What comes before the first switch, reading the script, is most of the time.
	b.run(chromedp.Evaluate(`greenletTrace.view(greenletTrace.tracks[1].born - 5e3, greenletTrace.over)`, nil))
	b.wait(`greenletTrace.shown()`)
	p := get[place](b, fmt.Sprintf(`greenletTrace.place(%d)`, k))
	b.run(chromedp.MouseEvent(input.MouseMoved, p.X, p.Y))
	b.wait(`document.getElementById('tip').innerText.includes('error: no such word')`)
	b.screenshot("trace.png")
}

// place is where something is in the window.
type place struct{ X, Y float64 }

// zoomTo shows the part of the time line with slice k in the middle, by the wheel, and returns where the slice is.
func (b *browser) zoomTo(k int) place {
	b.Helper()
	where := fmt.Sprintf(`greenletTrace.place(%d)`, k)
	for range 40 {
		p := get[place](b, where)
		if get[bool](b, fmt.Sprintf(`greenletTrace.width(%d) > 40`, k)) {
			return p
		}
		low := get[float64](b, `greenletTrace.state.low`)
		b.run(chromedp.MouseEvent(input.MouseWheel, p.X, p.Y, func(m *input.DispatchMouseEventParams) *input.DispatchMouseEventParams {
			return m.WithDeltaX(0).WithDeltaY(-300)
		}))
		b.wait(fmt.Sprintf(`greenletTrace.state.low !== %v && greenletTrace.shown()`, low))
	}
	b.Fatalf("slice %d does not grow", k)
	return place{}
}

// readChrome returns the names of the threads in a file of the trace event format, and how many arrows there are.
func readChrome(t *testing.T, file string) (threads []string, flows int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		TraceEvents []struct {
			Name, Ph string
			Args     struct{ Name string }
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, e := range all.TraceEvents {
		switch {
		case e.Ph == "s":
			flows++
		case e.Name == "thread_name":
			threads = append(threads, e.Args.Name)
		}
	}
	return threads, flows
}

// A million events can be looked at: moved, zoomed and searched, each within a time that nobody minds.
func TestMillion(t *testing.T) {
	file := filepath.Join(t.TempDir(), "million.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	err = greenlet.Run(func(main *greenlet.Greenlet[int]) error {
		var workers []*greenlet.Greenlet[int]
		for range 100 {
			workers = append(workers, main.New(func(v int) (int, error) {
				for {
					v, _ = main.Switch(v)
				}
			}))
		}
		r := trace.Attach(main)
		for i := range 500_000 {
			workers[i%100].Switch(i)
		}
		r.Stop()
		return r.WriteHTML(f)
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	b := open(t, file)
	if n := get[int](b, `greenletTrace.events`); n != 1_000_000 {
		t.Fatalf("the page has %d events", n)
	}
	t.Logf("loading took %.0f ms", get[float64](b, `performance.now()`))
	t.Logf("a frame with everything takes %.1f ms", get[float64](b, `greenletTrace.frame()`))
	b.run(chromedp.SendKeys("#query", "499999"))
	b.wait(`document.getElementById('found').innerText === '2 slices'`)
	b.run(chromedp.KeyEvent(kb.Enter))
	b.wait(`greenletTrace.state.slice === 999999`)
	b.wait(`greenletTrace.shown() && greenletTrace.width(999999) > 3`)
	t.Logf("a frame zoomed in takes %.1f ms", get[float64](b, `greenletTrace.frame()`))
}

// What scripts and people write cannot leave its place in the page.
func TestHostileTexts(t *testing.T) {
	const evil = `</script><script>document.title = "broken"</script><!--<script>` + "\u2028\x00\xff"
	file := filepath.Join(t.TempDir(), "evil.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	err = greenlet.Run(func(main *greenlet.Greenlet[string]) error {
		r := trace.Attach(main, trace.Format(func(v any) string { return v.(string) }))
		g := main.New(func(string) (string, error) { return "", fmt.Errorf("error: %s", evil) })
		g.SetName(evil)
		g.Switch(evil)
		r.Stop()
		return r.WriteHTML(f)
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	b := open(t, file)
	if title := get[string](b, `document.title`); title != "Trace of greenlets" {
		t.Errorf("the title is %q", title)
	}
	if n := get[int](b, `document.querySelectorAll('script').length`); n > 10 {
		t.Errorf("there are %d scripts", n)
	}
	b.run(chromedp.SendKeys("#query", "</script>"))
	b.wait(`document.getElementById('found').innerText === '2 slices'`)
}
