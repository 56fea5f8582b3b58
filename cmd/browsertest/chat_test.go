package browsertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// serve runs the chat and returns its address and what ends it.
func serve(t *testing.T, dir, addr string) (url string, stop func()) {
	t.Helper()
	exe := filepath.Join(dir, "greenlet.exe")
	if _, err := os.Stat(exe); err != nil {
		build := exec.Command("go", "build", "-o", exe, "./cmd/greenlet")
		build.Dir = "../.."
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	cmd := exec.Command(exe, "serve", "chat", "--addr", addr)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		if runtime.GOOS == "windows" || cmd.Process.Signal(os.Interrupt) != nil {
			cmd.Process.Kill()
			cmd.Wait()
		} else if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	url = regexp.MustCompile(`http://[^/]+/`).FindString(line)
	if url == "" {
		t.Fatalf("it printed %q, %v", line, err)
	}
	return url, stop
}

// findBrowser returns the path of a browser, or skips the test where there is none.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium here, which this test drives")
	return ""
}

// launch starts a browser.
func launch(t *testing.T) context.Context {
	t.Helper()
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
		chromedp.ExecPath(findBrowser(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// A user has a browser with the chat's page.
type user struct {
	*testing.T
	ctx context.Context
}

// visits opens the page in a browser of its own: a tab that is not in front does not get on. The page may ask for nothing but
// what is the server's, and not fail.
func visits(t *testing.T, url string) *user {
	t.Helper()
	ctx := launch(t)
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *cdp.EventExceptionThrown:
			t.Errorf("the page failed: %v", e.ExceptionDetails)
		case *cdp.EventConsoleAPICalled:
			t.Errorf("the page wrote to the console: %v", e.Type)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, url) && !strings.HasPrefix(e.Request.URL, "data:") {
				t.Errorf("the page asked for %s", e.Request.URL)
			}
		}
	})
	u := &user{t, ctx}
	u.do(network.Enable(), chromedp.Navigate(url), chromedp.WaitVisible("#name"))
	return u
}

func (u *user) do(actions ...chromedp.Action) {
	u.Helper()
	if err := chromedp.Run(u.ctx, actions...); err != nil {
		u.Fatal(err)
	}
}

// enters fills in the form.
func (u *user) enters(name, room string) {
	u.Helper()
	u.do(chromedp.SetValue("#name", name), chromedp.SetValue("#room", room), chromedp.Click("#door button"))
}

// says types a message.
func (u *user) says(text string) {
	u.Helper()
	u.do(chromedp.SendKeys("#text", text+"\r"))
}

// sees waits until a condition holds in the page.
func (u *user) sees(condition string, args ...any) {
	u.Helper()
	condition = fmt.Sprintf(condition, args...)
	err := chromedp.Run(u.ctx, chromedp.Poll(condition, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(20*time.Second)))
	if err != nil {
		var text string
		_ = chromedp.Run(u.ctx, chromedp.Evaluate(`document.body.innerText`, &text))
		u.Fatalf("%s never came true: %v\n%s", condition, err, text)
	}
}

// hears waits for a message, as it is shown: who said it, and what.
func (u *user) hears(name, text string) {
	u.Helper()
	u.sees(`[...document.querySelectorAll('#log li')].some(l => l.querySelector('b')?.textContent === %q && l.lastChild.textContent === %q)`,
		name, text)
}

func TestTwoUsers(t *testing.T) {
	findBrowser(t)
	dir := t.TempDir()
	url, stop := serve(t, dir, "127.0.0.1:0")
	ann, bob := visits(t, url), visits(t, url)

	ann.enters("Ann", "kitchen")
	ann.sees(`!document.getElementById('inside').hidden && document.title === 'kitchen'`)
	ann.says("Is there tea?")
	ann.hears("Ann", "Is there tea?")

	// A name that is taken is refused at the door; with another one the page shows what was said before.
	bob.enters("ann", "kitchen")
	bob.sees(`document.getElementById('why').textContent === 'that name is taken in this room'`)
	bob.enters("Bob", "kitchen")
	bob.hears("Ann", "Is there tea?")
	ann.sees(`document.getElementById('names').textContent === 'Ann, Bob'`)
	bob.sees(`document.getElementById('names').textContent === 'Ann, Bob'`)

	// They talk, and what they say is text, whatever it looks like.
	bob.says("Yes: Earl Grey ☕")
	ann.hears("Bob", "Yes: Earl Grey ☕")
	const evil = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`
	ann.says(evil)
	bob.hears("Ann", evil)
	bob.sees(`document.title === 'kitchen' && document.querySelectorAll('#log img, #log script').length === 0`)

	// When the server ends and another one comes in its place, the pages come back by themselves.
	stop()
	for _, u := range []*user{ann, bob} {
		u.sees(`document.getElementById('log').innerText.includes('trying again')`)
	}
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	serve(t, dir, addr)
	for _, u := range []*user{ann, bob} { // what was said is gone with the first server
		u.sees(`!document.getElementById('log').innerText.includes('trying again')`)
		u.sees(`document.getElementById('names').textContent.split(', ').sort().join() === 'Ann,Bob'`)
	}
	bob.says("Back again")
	ann.hears("Bob", "Back again")

	// Going to another page is leaving.
	bob.do(chromedp.Navigate("about:blank"))
	ann.sees(`document.getElementById('names').textContent === 'Ann'`)
	ann.sees(`document.getElementById('log').innerText.includes('Bob has left.')`)
}
