package backdoor

import "testing"

func TestAllow(t *testing.T) {
	if err := allow(1000, 1000); err != nil {
		t.Errorf("the owner: %v", err)
	}
	if allow(1001, 1000) == nil || allow(0, 1000) == nil {
		t.Error("somebody else was let in")
	}
}
