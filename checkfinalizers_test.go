package greenlet_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Go's own check for cleanups that keep alive what they wait for finds nothing here: it would end the process.
func TestContract_C87_CheckFinalizers(t *testing.T) {
	const child = "GREENLET_TEST_CHECKFINALIZERS"
	if os.Getenv(child) != "" {
		t.Skip("it runs this test")
	}
	if testing.Short() || raceEnabled {
		t.Skip("runs other tests again")
	}
	cmd := exec.Command(os.Args[0], "-test.short", "-test.run=^TestContract_C(7[5-9]|8[0-24-9]|9[01])_")
	cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=checkfinalizers=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%.4000s", err, out)
	}
	if !strings.Contains(string(out), "checkfinalizers:") {
		t.Errorf("this Go does not know checkfinalizers; it said\n%.1000s", out)
	}
}
