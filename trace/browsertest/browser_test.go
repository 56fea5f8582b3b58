package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A browser shows one page and complains of what goes wrong there.
type browser struct {
	*testing.T
	ctx context.Context
}

// open shows a file in a new browser, or skips the test where there is none.
func open(t *testing.T, file string) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium here, which this test drives")
	}
	profile, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Some process of the browser may still write while it ends.
		for range 100 {
			if err = os.RemoveAll(profile); err == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Log(err)
	})
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(profile), chromedp.WindowSize(1200, 560), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Log(err)
		}
	})
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page failed: %v", e.ExceptionDetails)
		case *runtime.EventConsoleAPICalled:
			t.Errorf("the page wrote to the console: %v", e.Type)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file://") {
				t.Errorf("the page asked for %s", e.Request.URL)
			}
		}
	})
	b := &browser{t, ctx}
	path, err = filepath.Abs(file)
	b.check(err)
	b.run(network.Enable(), chromedp.EmulateViewport(1200, 480), chromedp.Navigate("file:///"+strings.TrimPrefix(filepath.ToSlash(path), "/")))
	b.wait(`greenletTrace.shown()`)
	return b
}

func (b *browser) check(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *browser) run(actions ...chromedp.Action) {
	b.Helper()
	b.check(chromedp.Run(b.ctx, actions...))
}

// wait waits until a condition holds in the page.
func (b *browser) wait(condition string) {
	b.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Poll(condition, nil, chromedp.WithPollingTimeout(30*time.Second))); err != nil {
		var state string
		_ = chromedp.Run(b.ctx, chromedp.Evaluate(`JSON.stringify([greenletTrace.shown(), document.body.innerText])`, &state))
		b.Fatalf("%s never came true: %v\n%s", condition, err, state)
	}
}

// get returns what an expression is in the page.
func get[T any](b *browser, expression string) (v T) {
	b.Helper()
	b.run(chromedp.Evaluate(expression, &v))
	return v
}

// click clicks where an element is. Elements of the tree may stand for another row a frame later, so they cannot be
// named to the driver.
func (b *browser) click(selector string) {
	b.Helper()
	p := get[place](b, fmt.Sprintf(`(() => {
		const r = document.querySelector(%q).getBoundingClientRect();
		return {x: r.left + r.width / 2, y: r.top + r.height / 2};
	})()`, selector))
	b.run(chromedp.MouseClickXY(p.X, p.Y))
}

// screenshot writes what is shown to a file in the folder that the environment variable SCREENSHOTS names, if it is
// set.
func (b *browser) screenshot(name string) {
	b.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	b.run(chromedp.CaptureScreenshot(&png))
	b.check(os.WriteFile(filepath.Join(dir, name), png, 0o666))
}
