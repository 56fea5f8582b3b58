package greenlet_test

import (
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// TestModel performs random programs on the model and on real greenlets, which must agree in every observation: what
// arrives where, as what, in which order, what the tracers see, who is whose parent and in what state.
func TestModel(t *testing.T) {
	mixes := map[string]string{
		"Switches": "SSSSSSSSNNNNTTrrpgPOR",
		"Endings":  "SSSSSSSNNNNNTTTrrrppgg",
		"Parents":  "SSSSSSSNNNNOPPPPPTTrrpRR",
		"Closing":  "SSSSSSSSNNNNCCCCCTTrpgP",
		"Tracing":  "SSSSSSSNNNNTTCrrpgtttu",
		"Looking":  "SSSSSSSNNNNTTCrpgkkkllP",
		"All":      "SSSSSSSSSSSNNNNNNTTTTOPPPRCCCkltturrrppg",
	}
	for name, mix := range mixes {
		t.Run(name, func(t *testing.T) { checkModel(t, mix, 70) })
	}
	t.Run("Dropping", func(t *testing.T) { checkModel(t, "SSSSSSSSSNNNNNDDDDTCrpgPt", 40) })
}

// The letters of a mix.
var letters = map[rune]opcode{'S': opSwitch, 'N': opNew, 'T': opThrow, 'r': opReturn, 'p': opPanic, 'g': opGoexit, 'P': opSetParent,
	'O': opNewNoRun, 'R': opSetRun, 'C': opClose, 'D': opDrop, 't': opTrace, 'u': opUntrace, 'k': opStack, 'l': opAll}

func checkModel(t *testing.T, mix string, length int) {
	ops := []opcode{opNop} // what a failing program shrinks to
	for _, l := range mix {
		ops = append(ops, letters[l])
	}
	number := rapid.IntRange(0, 63)
	raw := rapid.Custom(func(t *rapid.T) rawStep {
		return rawStep{op: rapid.SampledFrom(ops).Draw(t, "op"), a: number.Draw(t, "a"), b: number.Draw(t, "b"),
			c: number.Draw(t, "c"), d: number.Draw(t, "d")}
	})
	programs := rapid.SliceOfN(raw, length/2, length)
	before := runtime.NumGoroutine()
	rounds := 5 // of 100 programs each; -rapid.checks says another number
	if raceEnabled || testing.Short() {
		rounds = 1
	}
	for range rounds {
		rapid.Check(t, func(t *rapid.T) {
			m := runModel(programs.Draw(t, "raw"))
			compare(t, m, runReal(m.program))
		})
	}
	goroutinesBack(t, before)
}
