package docs_test

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
)

// stacklessTests has the files of Stackless's tests, with the number of groups that conformance.md puts theirs in.
var stacklessTests = map[string]int{
	"test_channel.py":                     7,
	"test_chan_cb.py":                     2,
	"test_sched_cb.py":                    3,
	"test_exception.py":                   3,
	"test_watchdog.py":                    12,
	"test_miscell.py":                     15,
	"test_thread.py":                      2,
	"test_pickle.py":                      1,
	"test_shutdown.py":                    2,
	"test_defects.py":                     2,
	"test_generator.py":                   1,
	"test_outside.py":                     1,
	"test_transfer_errors.py":             1,
	"test_tstate.py":                      2,
	"test_tracing.py":                     1,
	"test_weakref.py":                     1,
	"test_capi.py":                        1,
	"test_slp_embed.py":                   1,
	"test_tpflags_have_stackless_call.py": 1,
}

var (
	stacklessHeading = regexp.MustCompile(`^### (test_\w+\.py)$`)
	stacklessRow     = regexp.MustCompile(`^\| ([^|]+) \| ([^|]+) \|$`)
	stacklessNamed   = regexp.MustCompile("`((?:tasklet|starlark)\\.Test[^`/]*)(?:/([^`]*))?`")
)

// TestStacklessTable checks that conformance.md has every file of Stackless's tests, and that the tests it names exist.
func TestStacklessTable(t *testing.T) {
	ours := ourTests(t, "../starlark", "starlark.")
	maps.Copy(ours, ourTests(t, "../tasklet", "tasklet."))
	text, err := os.ReadFile("conformance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Stackless's tests\n")
	if !found {
		t.Fatal("conformance.md lacks the section on Stackless's tests")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]int{}
	file := ""
	for _, line := range strings.Split(section, "\n") {
		if m := stacklessHeading.FindStringSubmatch(line); m != nil {
			file = m[1]
			continue
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| what it tests |") {
			continue
		}
		m := stacklessRow.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a row of a table: %s", line)
			continue
		}
		rows[file]++
		for _, n := range stacklessNamed.FindAllStringSubmatch(m[2], -1) {
			if d, ok := ours[n[1]]; !ok {
				t.Errorf("%s, %s: there is no test %s", file, m[1], n[1])
			} else if n[2] != "" && !d.texts[n[2]] {
				t.Errorf("%s, %s: the test %s has no part %q", file, m[1], n[1], n[2])
			}
		}
		if strings.Contains(m[2], "Test") && !stacklessNamed.MatchString(m[2]) {
			t.Errorf("%s, %s: a test without its package: %s", file, m[1], m[2])
		}
	}
	if !maps.Equal(rows, stacklessTests) {
		t.Errorf("rows by file: %v, want %v", rows, stacklessTests)
	}
}
