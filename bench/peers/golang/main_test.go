package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEverySystemDoesEveryWork(t *testing.T) {
	for system := range systems {
		works := []string{"switch", "ring", "spawn", "depth", "chain", "memory"}
		tasks := []string{"join", "yield", "queue", "rendezvous"}
		switch system {
		case "greenlet":
			works = append(works, tasks...)
		case "green":
			works = tasks
		}
		for _, work := range works {
			var out strings.Builder
			if err := run([]string{system, work, "300"}, &out); err != nil {
				t.Errorf("%s %s: %v", system, work, err)
				continue
			}
			var l line
			if err := json.Unmarshal([]byte(out.String()), &l); err != nil {
				t.Errorf("%s %s: %v", system, work, err)
			}
			if l.Work != work || l.N != 300 || work != "memory" && l.Ns <= 0 {
				t.Errorf("%s %s: got %+v", system, work, l)
			}
		}
	}
}

func TestMisuseIsAnError(t *testing.T) {
	for _, args := range [][]string{nil, {"greenlet", "switch"}, {"fiber", "switch", "1"}, {"greenlet", "swim", "1"}, {"green", "ring", "1"}, {"greenlet", "switch", "x"}} {
		if err := run(args, &strings.Builder{}); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
