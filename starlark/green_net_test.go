package starlark_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	greenlets "github.com/go-greenlet/greenlet/starlark"
	"go.starlark.net/starlark"
)

// runNet runs script with the network, and returns what it printed.
func runNet(script string, names starlark.StringDict, opts ...greenlets.Option) (string, error) {
	var out strings.Builder
	thread := &starlark.Thread{
		Print: func(_ *starlark.Thread, line string) { out.WriteString(line + "\n") },
	}
	err := greenlets.Run(thread, func(t *greenlets.Tree) error {
		all := t.Predeclared()
		for name, v := range names {
			all[name] = v
		}
		_, err := starlark.ExecFileOptions(greenlets.FileOptions(), thread, "test.star", script, all)
		return err
	}, opts...)
	return out.String(), err
}

func checkNet(t *testing.T, script string, names starlark.StringDict, want string) {
	t.Helper()
	got, err := runNet(script, names, greenlets.Network())
	if err != nil {
		t.Fatalf("%s%s", got, greenlets.Traceback(err))
	}
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("it printed\n%s\nand should have printed\n%s", got, want)
	}
}

func TestGreen_Network(t *testing.T) {
	t.Run("a server and its clients in one script", func(t *testing.T) {
		checkNet(t, `
def shout(conn):
    for _ in range(100):
        line = conn.read_line()
        if line == None:
            return
        conn.write(line.upper() + "\n")

l = green.listen("127.0.0.1:0")
server = green.spawn(green.serve, l, shout)

def client(*words):
    conn = green.connect(l.address)
    got = []
    for w in words:
        conn.write(w + "\r\n")
        got.append(conn.read_line())
    conn.close()
    conn.close()
    return got, bool(conn)

a, b = green.spawn(client, "one", "two"), green.spawn(client, "three")
print(a.get(), b.get(), bool(l), type(l))
l.close()
print(server.get(), bool(l))
`, nil, "\n([\"ONE\", \"TWO\"], False) ([\"THREE\"], False) True listener\nNone False\n")
	})
	t.Run("bytes and accept", func(t *testing.T) {
		checkNet(t, `
l = green.listen("127.0.0.1:0")
def serve():
    conn = l.accept()
    print(conn.local == l.address, type(conn))
    conn.write(b"\x00\xff")
    conn.close()
green.spawn(serve)
conn = green.connect(l.address)
print([conn.read(1), conn.read(), conn.read()], conn.remote == l.address)
print(green.catch(conn.read, 0)[1])
print(green.catch(conn.write, 1)[1])
l.close()
print(green.catch(l.accept)[1])
`, nil, "\nTrue connection\n[b\"\\x00\", b\"\\xff\", b\"\"] True\nread() takes a size from 1 to 1048576\n"+
			"write() takes a string or bytes (got type int)\nit is closed\n")
	})
	t.Run("time and kills end waiting", func(t *testing.T) {
		checkNet(t, `
l = green.listen("127.0.0.1:0")
print(green.catch(l.accept, timeout=0.001)[1])
conn = green.connect(l.address)
print(green.catch(conn.read_line, timeout=0.001)[1])
print(green.catch(green.timeout, 0.001, conn.read)[1])
t = green.spawn(conn.read)
green.sleep()
t.kill()
print(t.ready, t.exception)
`, nil, "\nTimeout(0.001)\nTimeout(0.001)\nTimeout(0.001)\nTrue GreenletExit\n")
	})
}

func TestGreen_HTTPGet(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("X-Answer", "42")
			io.WriteString(w, "hello")
		case "/away":
			http.Redirect(w, r, "/", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	checkNet(t, `
r = green.http_get(url + "/away", timeout=60)
print(r.status, r.body, r.headers["X-Answer"])
jobs = [green.spawn(green.http_get, url + "/none") for _ in range(3)]
print([j.get().status for j in jobs])
`, starlark.StringDict{"url": starlark.String(s.URL)}, "\n200 hello 42\n[404, 404, 404]\n")
}

func TestGreen_NetworkFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // now nobody listens there
	names := starlark.StringDict{"nobody": starlark.String(l.Addr().String())}
	got, err := runNet(`
print("refused" in green.catch(green.connect, nobody)[1])
print("refused" in green.catch(green.http_get, "http://" + nobody)[1])
print(green.catch(green.serve, 1, print)[1])
def fail(conn): green.raise_("no more")
l = green.listen("127.0.0.1:0")
green.spawn(green.serve, l, fail)
conn = green.connect(l.address)
print(conn.read_line())
l.close()
`, names, greenlets.Network())
	if want := "True\nTrue\nserve() takes an address or a listener (got type int)\nNone\n"; got != want {
		t.Errorf("it printed\n%s\nand should have printed\n%s", got, want)
	}
	if err == nil || !strings.Contains(err.Error(), "no more") {
		t.Errorf("what a handler raised is lost: %v", err)
	}
}

// Without the option a script has no network.
func TestGreen_NoNetwork(t *testing.T) {
	for name, call := range map[string]string{
		"connect": `"127.0.0.1:1"`, "listen": `"127.0.0.1:0"`, "serve": `"127.0.0.1:0", print`, "http_get": `"http://127.0.0.1:1/"`,
	} {
		_, err := runNet("green."+name+"("+call+")", nil)
		if want := name + "() is not allowed: the host gives its scripts no network"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
