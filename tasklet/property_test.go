package tasklet_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/tasklet"
	"pgregory.net/rapid"
)

// TestModel performs random programs on the model and on a real scheduler, which must agree in every observation: who
// runs, what each operation returned, the ring and the channels after each step, everybody's state.
func TestModel(t *testing.T) {
	mixes := map[string]string{
		"Ring":     "GGGGNNSSSSSSSIIIRRRuuuwwwPPPrBBmyY.",
		"Channels": "GGGGSSSS>>>>>>><<<<<<<EqqpaS.P",
		"Closing":  "GGGGSSSS>>>>><<<<<EqcCCcJS.P",
		"Buffers":  "GGGGSSSS>>>>>>>><<<<<EqqpacCkS.",
		"Throwing": "GGGGNSSSS>>><<<PTTTLLLLKKkkBIRJlmSrz..!",
		"Births":   "GGNNNNSSSSBBBBBIIIuTTLLLkkJRhe.....",
		"Sleepers": "GGGGzzzzzzzZZLLLkRRRISSrrttX.",
		"Time":     "GGGGSSSSzzzzZZ>><<lmtttteexxXXhLkJrP..",
		"Shields":  "GGGGSSSSz>><<lmhhhhheeettLLTkKXrP.!",
		"Runs":     "GGGGySSSrrrrrPPPIuw>><<TLz..!!.",
		"Traps":    "GGGNSSSSW>><<<bPluwTLkrzWWbb.",
		"Spawns":   "yyyYYYYSSSSS>>><<<P.!r",
		"All":      "GGGGGGNNyYYBIRuwSSSSSSSSPPrr>>>>>><<<<<<EqqpacCTLLKkzzzZtteexXhJJbWWlmM...!",
	}
	for name, mix := range mixes {
		t.Run(name, func(t *testing.T) { checkModel(t, mix, 70) })
	}
}

func checkModel(t *testing.T, mix string, length int) {
	ops := []mop{mNop} // what a failing program shrinks to
	for _, l := range mix {
		ops = append(ops, mop(l))
	}
	number := rapid.IntRange(0, 63)
	raw := rapid.Custom(func(t *rapid.T) mraw {
		return mraw{op: rapid.SampledFrom(ops).Draw(t, "op"), a: number.Draw(t, "a"), b: number.Draw(t, "b"),
			c: number.Draw(t, "c"), d: number.Draw(t, "d")}
	})
	config := rapid.Custom(func(t *rapid.T) mconfig {
		c := mconfig{quiet: number.Draw(t, "quiet")%4 == 3, callbacks: number.Draw(t, "callbacks")%4 == 3}
		c.handler, c.policy = max(0, number.Draw(t, "handler")%6-3), max(0, number.Draw(t, "policy")-40)
		return c
	})
	programs := rapid.SliceOfN(raw, length/2, length)
	noLeak(t)
	rounds := 5 // of 100 programs each; -rapid.checks says another number
	if raceEnabled() || testing.Short() {
		rounds = 1
	}
	for range rounds {
		rapid.Check(t, func(t *rapid.T) {
			m := runModel(config.Draw(t, "config"), programs.Draw(t, "raw"))
			compareModel(t, m, runReal(m))
		})
	}
}

// compareModel fails t where the logs part, with what led there.
func compareModel(t *rapid.T, m *mworld, r *mreal) {
	if slices.Equal(m.log, r.log) {
		return
	}
	i := 0
	for i < len(m.log) && i < len(r.log) && m.log[i] == r.log[i] {
		i++
	}
	line := func(log []string) string {
		if i < len(log) {
			return log[i]
		}
		return "nothing more"
	}
	var program strings.Builder
	for _, s := range m.program {
		program.WriteString(s.String() + "\n")
	}
	t.Fatalf("%+v; the program\n%s\nwent like this\n%s\n\nmodel: %s\nreal:  %s", m.mconfig, program.String(),
		strings.Join(m.log[:i], "\n"), line(m.log), line(r.log))
}

// A tasklet that a policy has seen is never another one later: the policy may keep it.
func TestPolicy_KeepsTasklets(t *testing.T) {
	seen := map[*tasklet.Tasklet]uint64{}
	policy := func(runnable []*tasklet.Tasklet) int {
		for _, r := range runnable {
			if id, known := seen[r]; known && id != r.ID() {
				t.Errorf("tasklet %d is %d now", id, r.ID())
			}
			seen[r] = r.ID()
		}
		return 0
	}
	if err := tasklet.Run(func(s *tasklet.Scheduler) error {
		for range 10 {
			s.Spawn(func() error { return nil })
			if err := s.Run(); err != nil {
				return err
			}
		}
		return nil
	}, tasklet.WithPolicy(policy)); err != nil {
		t.Error(err)
	}
	if len(seen) < 10 {
		t.Errorf("the policy has seen %d tasklets", len(seen))
	}
}
