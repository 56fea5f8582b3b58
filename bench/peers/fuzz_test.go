package main

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse lets a peer's program print anything, to both of its outputs. A figure is a number to reckon with, a reason
// is one line of text, as the list on the page wants it, and a line as the protocol has it means what it says.
func FuzzParse(f *testing.F) {
	f.Add(`{"work": "switch", "n": 100, "ns": 4200}`, "", 100, int64(4200))
	f.Add(`{"work": "memory", "n": 100, "bytes": 300000}`+"\n", "", 100, int64(300000))
	f.Add(`{"work": "switch", "n": 100, "cannot": "stack overflow"}`, "stack overflow", 100, int64(0))
	f.Add(`{"work": "ring", "n": 1, "ns": -1}{}`, "a\nb\r\nc\n", 1, int64(-1))
	f.Add(`{"work": "a\n- b", "n": 1e400}`, " \t", 1, int64(math.MinInt64))
	f.Add("Traceback (most recent call last):\n  File\nRecursionError: \xff\n", "\u2028", 200, int64(1))
	f.Fuzz(func(t *testing.T, out, cannot string, n int, amount int64) {
		n = max(n, 1)
		for _, w := range []*work{find(t, "switch"), find(t, "memory")} {
			if v, err := parse(w, n, []byte(out)); err != nil {
				checkReason(t, err)
			} else if !(v > 0) || math.IsInf(v, 0) {
				t.Errorf("%q is %v of %s", out, v, w.name)
			}

			l := line{Work: w.name, N: n, Ns: amount, Cannot: cannot}
			if w.bytes {
				l.Ns, l.Bytes = -amount, amount
			}
			text, err := json.Marshal(l)
			if err != nil {
				t.Fatal(err)
			}
			v, err := parse(w, n, text)
			can := cannot == "" && amount > 0
			if err != nil {
				checkReason(t, err)
			}
			if (err == nil) != can {
				t.Errorf("%s: %v", text, err)
			} else if can && v != float64(amount)/float64(n) {
				t.Errorf("%s: %v for one", text, v)
			}
		}
		checkReason(t, reason(context.Background(), errors.New("exit status 1"), out))
	})
}

// checkReason says whether err is fit for the list of what peers cannot do.
func checkReason(t *testing.T, err error) {
	t.Helper()
	w := works[0]
	p := &peer{name: "peer"}
	r := &results{peers: []*peer{p}}
	r.add(w, map[*peer]*figure{p: {cannot: err.Error()}})
	want := "- peer cannot do *" + w.title + "*: "
	got := r.reasons()
	reason := strings.TrimSuffix(strings.TrimPrefix(got, want), ".\n")
	if !strings.HasPrefix(got, want) || strings.TrimSpace(reason) == "" || strings.ContainsAny(reason, "\r\n") || !utf8.ValidString(got) {
		t.Errorf("the reason %q is listed as %q", err, got)
	}
}
