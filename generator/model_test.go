package generator_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/go-greenlet/greenlet"
	"github.com/go-greenlet/greenlet/generator"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

// A script is a body as data: what it yields, alone and by way of others, what it does with errors, how it ends.
type script struct {
	steps   []step
	onError reaction // the same for all levels
	end     ending
}

// A step yields value, or, if sub is not nil, all that sub yields, which was started before or was not.
type step struct {
	value   int
	sub     []step
	started bool
}

type reaction int

const (
	passOn  reaction = iota // return the error
	goOn                    // forget it
	replace                 // return errB
)

type ending int

const (
	endNil ending = iota
	endError
	endExit
	endPanic
	endGoexit
)

// A real is a generator that follows a script, with what its body saw.
type real struct {
	*gen
	log  []string
	open int // bodies that began and did not end
}

func (r *real) body(s script) func(*yielder) error {
	return func(y *yielder) error {
		r.open++
		defer func() { r.open-- }()
		if err := r.play(y, s.steps, s.onError); err != nil {
			return err
		}
		switch s.end {
		case endError:
			return errA
		case endExit:
			return fmt.Errorf("wrapped: %w", greenlet.ErrExit)
		case endPanic:
			panic("boom")
		case endGoexit:
			runtime.Goexit()
		}
		return nil
	}
}

func (r *real) play(y *yielder, steps []step, onError reaction) error {
	for _, st := range steps {
		var err error
		if st.sub == nil {
			var in string
			in, err = y.Yield(st.value)
			r.log = append(r.log, fmt.Sprint(in, err))
			if err != nil && onError == replace {
				err = errB
			}
		} else {
			inner := r.body(script{steps: st.sub, onError: onError})
			sub := generator.New(func(y *yielder) error {
				if st.started {
					y.Yield(-1)
				}
				return inner(y)
			})
			if st.started {
				sub.Next()
				defer sub.Close()
			}
			err = y.From(sub)
		}
		if err != nil && onError != goOn {
			return err
		}
	}
	return nil
}

// A model says what a generator that follows a script must do, on a flat list.
type model struct {
	script
	flat []item
	pos  int
	log  []string
	begun,
	over bool
	err error
}

// An item is a step without what is in it. end is the item after the innermost started generator that it is in: so
// far a body is unwound, since what delegates to that one has a stack of its own. It is nil if that is the whole.
type item struct {
	step
	end *int
}

func (m *model) flatten(steps []step, end *int) {
	for _, st := range steps {
		m.flat = append(m.flat, item{st, end})
		if st.started {
			inner := new(int)
			m.flatten(st.sub, inner)
			*inner = len(m.flat)
		} else {
			m.flatten(st.sub, end)
		}
	}
}

// result is what a call must come to.
type result struct {
	value   int
	ok      bool
	outcome outcome
}

// run goes on to the next yield or the end.
func (m *model) run(closing bool) result {
	m.begun = true
	for m.pos < len(m.flat) {
		st := m.flat[m.pos]
		switch {
		case !closing && st.sub == nil:
			return result{value: st.value, ok: true}
		case !closing:
			m.pos++
		case st.end == nil:
			return m.ends(nil)
		default:
			m.pos = *st.end
		}
	}
	var r result
	switch m.end {
	case endNil, endExit:
		m.ends(nil)
	case endError:
		m.ends(errA)
	case endPanic:
		m.ends(&greenlet.PanicError{Value: "boom"})
		r.outcome.panicked = "boom"
	case endGoexit:
		m.ends(generator.ErrGoexit)
		r.outcome.goexit = true
	}
	return r
}

func (m *model) ends(err error) result {
	m.over, m.err = true, err
	return result{}
}

// resume goes on after the pending yield with in, or err.
func (m *model) resume(in string, err error, closing bool) result {
	switch {
	case m.over:
		return result{}
	case !m.begun && err != nil:
		if err == greenlet.ErrExit {
			err = nil
		}
		return m.ends(err)
	case !m.begun:
		return m.run(false)
	}
	m.log = append(m.log, fmt.Sprint(in, err))
	m.pos++
	if err != nil {
		switch m.onError {
		case passOn:
			if err == greenlet.ErrExit {
				err = nil
			}
			return m.ends(err)
		case replace:
			return m.ends(errB)
		}
	}
	return m.run(closing)
}

func drawSteps(t *rapid.T, depth int) []step {
	steps := []step{}
	for range rapid.IntRange(0, 4).Draw(t, "steps") {
		st := step{value: rapid.IntRange(1, 99).Draw(t, "value")}
		if depth > 0 && rapid.IntRange(0, 2).Draw(t, "delegate") == 0 {
			st.sub = drawSteps(t, depth-1)
			st.started = rapid.Bool().Draw(t, "started")
		}
		steps = append(steps, st)
	}
	return steps
}

func TestAnyUseFollowsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := script{
			steps:   drawSteps(t, 3),
			onError: reaction(rapid.IntRange(0, 2).Draw(t, "onError")),
			end:     ending(rapid.IntRange(0, 4).Draw(t, "end")),
		}
		m := &model{script: s}
		m.flatten(s.steps, nil)
		r := &real{}
		r.gen = generator.New(r.body(s))

		// Every call is on a goroutine of its own, so each one hands over.
		act := func(what string, want result, f func() (int, bool)) {
			t.Helper()
			var got result
			got.outcome = call(func() { got.value, got.ok = f() })
			if e, ok := got.outcome.panicked.(*greenlet.PanicError); ok {
				got.outcome.panicked = e.Value
			}
			if got != want {
				t.Fatalf("%s: got %+v, want %+v", what, got, want)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"next": func(*rapid.T) { act("Next", m.resume("", nil, false), r.Next) },
			"send": func(t *rapid.T) {
				if !m.begun && !m.over {
					t.Skip("nothing to send to")
				}
				in := rapid.StringN(1, 3, -1).Draw(t, "in")
				act("Send", m.resume(in, nil, false), func() (int, bool) { return r.Send(in) })
			},
			"throw": func(t *rapid.T) {
				err := rapid.SampledFrom([]error{errA, greenlet.ErrExit}).Draw(t, "err")
				act("Throw", m.resume("", err, false), func() (int, bool) { return r.Throw(err) })
			},
			"close": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "really") != 0 {
					t.Skip("later")
				}
				m.resume("", greenlet.ErrExit, true)
				act("Close", result{}, func() (int, bool) { r.Close(); return 0, false })
			},
			"loop": func(t *rapid.T) {
				limit := rapid.IntRange(1, 10).Draw(t, "limit")
				var want, got []int
				w := m.resume("", nil, false)
				for w.ok {
					want = append(want, w.value)
					if len(want) == limit {
						w = m.resume("", greenlet.ErrExit, true)
						break
					}
					w = m.resume("", nil, false)
				}
				act("All", w, func() (int, bool) {
					for v := range r.All() {
						if got = append(got, v); len(got) == limit {
							break
						}
					}
					return 0, false
				})
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("All: got %v, want %v", got, want)
				}
			},
			"": func(t *rapid.T) { // after each
				err := r.Err()
				if p := (*greenlet.PanicError)(nil); errors.As(m.err, &p) {
					if !isPanic(err, p.Value) {
						t.Fatalf("Err: got %v, want a panic", err)
					}
				} else if err != m.err {
					t.Fatalf("Err: got %v, want %v", err, m.err)
				}
				if fmt.Sprint(r.log) != fmt.Sprint(m.log) {
					t.Fatalf("the body saw %q, want %q", r.log, m.log)
				}
				if m.over && r.open != 0 {
					t.Fatalf("%d bodies left", r.open)
				}
			},
		})
		r.Close()
		if r.open != 0 {
			t.Fatalf("%d bodies left after Close", r.open)
		}
	})
	goleak.VerifyNone(t)
}
