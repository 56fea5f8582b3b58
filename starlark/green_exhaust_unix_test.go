//go:build unix && !aix && !solaris && !illumos

package starlark_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"go.starlark.net/starlark"
)

// The limit is the whole process's, so the test runs once more in a process of its own, which runs out of descriptors.
func TestGreen_ServeRecoversFromTooManyOpenFiles(t *testing.T) {
	const child = "GREEN_SERVE_TEST_CHILD"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), child+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Errorf("child: %v\n%s", err, out)
		}
		return
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	free := func(leave int) {
		for _, f := range files[leave:] {
			f.Close()
		}
		files = files[:leave]
	}
	builtin := func(f func()) *starlark.Builtin {
		return starlark.NewBuiltin("f", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
			f()
			return starlark.None, nil
		})
	}
	checkNet(t, `
def answer(conn):
    conn.write("served\n")

l = green.listen("127.0.0.1:0")
server = green.spawn(green.serve, l, answer)
green.sleep()
exhaust()
free_one() # for the client; the server finds none
conn = green.connect(l.address)
green.sleep(0.05)
print(server.ready)
free_all()
print(conn.read_line())
conn.close()
l.close()
print(server.get())
`, starlark.StringDict{
		"exhaust": builtin(func() {
			for {
				f, err := os.Open(os.DevNull)
				if err != nil {
					return
				}
				files = append(files, f)
			}
		}),
		"free_one": builtin(func() { free(len(files) - 1) }),
		"free_all": builtin(func() { free(0) }),
	}, "\nFalse\nserved\nNone\n")
}
