package greenlet_test

import (
	"bytes"
	"context"
	"errors"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet"
)

// names are the function names of the innermost frames of the stacks of list.
func innermost(list []greenlet.Info) string {
	var b strings.Builder
	for _, i := range list {
		at := "nowhere"
		if len(i.Stack) > 0 {
			at = i.Stack[0].Function[strings.LastIndex(i.Stack[0].Function, ".")+1:]
		}
		b.WriteString(i.String() + " at " + at + "; ")
	}
	return b.String()
}

func TestContract_C93_Inspect(t *testing.T) {
	main := newTree(t)
	g := main.New(func(int) (int, error) { return inmost(main, 3) })
	g.Switch(0)

	list, err := main.Inspect(t.Context())
	equal(t, "own goroutine", err, nil)
	equal(t, "own goroutine", len(list), 2)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	apart(func() {
		_, err := g.Inspect(ctx)
		equal(t, "context", err, context.Canceled)
	})

	// The tree switches until the question has been answered: it need not know that there is one.
	answered := make(chan string)
	go func() {
		list, err := main.Inspect(context.Background())
		answered <- innermost(list) + errString(err)
	}()
	var got string
	for got == "" {
		select {
		case got = <-answered:
		default:
			main.Switch(1)
			g.Switch(1)
			if g.Dead() {
				g = main.New(func(int) (int, error) { return inmost(main, 3) })
				g.Switch(0)
			}
		}
	}
	if !strings.Contains(got, "main greenlet 1") || !strings.HasSuffix(got, "no error") {
		t.Errorf("from another goroutine: %s", got)
	}
	main.Close()
	_, err = g.Inspect(t.Context())
	equal(t, "closed", err, greenlet.ErrClosed)
}

func errString(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func TestContract_C93_ClosedMeanwhile(t *testing.T) {
	main := newTree(t)
	errs := make(chan error)
	for range 3 {
		go func() {
			_, err := main.Inspect(context.Background())
			errs <- err
		}()
	}
	main.Close()
	for range 3 {
		equal(t, "Inspect", <-errs, greenlet.ErrClosed)
	}
}

func TestContract_C94_Stacks(t *testing.T) {
	main := newTree(t)
	ran := 0
	for range 2 {
		g := main.New(func(int) (int, error) {
			v, err := inmost(main, 3)
			ran++
			return v, err
		})
		g.SetName("deep")
		g.Switch(0)
	}
	list, err := main.Inspect(t.Context())
	equal(t, "error", err, nil)
	equal(t, "parked", innermost(list[1:]), `greenlet 2 "deep" (suspended) at inmost; greenlet 3 "deep" (suspended) at inmost; `)
	if at := list[0].Stack[0].Function; !strings.HasSuffix(at, "TestContract_C94_Stacks") {
		t.Errorf("main is at %s", at)
	}
	equal(t, "ran", ran, 0)
	equal(t, "goes on", main.SlowPath(), false)
}

func TestContract_C95_Record(t *testing.T) {
	main := newTree(t, greenlet.Record())
	g := main.New(parks(main))
	g.SetName("worker")
	g.Switch(1)
	g.Switch(1)
	main.New(identity).Switch(1) // one that runs through
	var infos []greenlet.Info
	for i := range main.All() {
		infos = append(infos, i)
	}
	equal(t, "listed", len(infos), 2)
	m, w := infos[0], infos[1]
	equal(t, "main's switches", m.Switches, 3)
	equal(t, "switches", w.Switches, 2)
	equal(t, "name", w.Name, "worker")
	for _, i := range infos {
		if len(i.Created) == 0 || !strings.HasSuffix(i.Created[0].Function, "TestContract_C95_Record") && i.ID != 1 {
			t.Errorf("%v was created at %+v", i, i.Created)
		}
		if i.For < 0 || i.For > time.Hour {
			t.Errorf("%v is so for %v", i, i.For)
		}
	}
}

func TestContract_C95_Off(t *testing.T) {
	main := newTree(t)
	g := main.New(parks(main))
	g.Switch(1)
	for i := range main.All() {
		if i.Created != nil || i.Switches != 0 || i.For != 0 {
			t.Errorf("%v has %+v", i, i)
		}
	}
	equal(t, "slow path", main.SlowPath(), false)
}

func TestContract_C96_Labels(t *testing.T) {
	main := newTree(t, greenlet.Record())
	g := main.New(parks(main))
	g.SetName("parser")
	g.Switch(1)
	later := main.New(parks(main))
	later.Switch(1)
	later.SetName("renamed")
	later.Switch(1)
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"greenlet":"greenlet 2 \"parser\""`, `"greenlet":"greenlet 3 \"renamed\""`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no label %s in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "main greenlet") {
		t.Error("main's goroutine is labelled")
	}
}

func TestContract_C97_OnLeak(t *testing.T) {
	var leaked []greenlet.Info
	var states string
	leak := greenlet.OnLeak(func(list []greenlet.Info) {
		leaked = list
		for _, i := range list {
			states += i.State.String() + " "
		}
	})
	main := greenlet.Main[int](leak)
	main.New(identity).Switch(1)
	main.New(nil)
	equal(t, "clean", errString(main.Close())+innermost(leaked), "no error")

	main = greenlet.Main[int](leak)
	g := main.New(func(v int) (int, error) {
		if _, err := inmost(main, 1); !errors.Is(err, greenlet.ErrExit) {
			t.Errorf("ended by %v", err)
		}
		return v, nil
	})
	g.Switch(1)
	main.Close()
	equal(t, "leaked", innermost(leaked), "greenlet 2 (suspended) at inmost; ")
	equal(t, "then", states, "suspended ")
}

func TestContract_C98_WriteDump(t *testing.T) {
	main := newTree(t, greenlet.Record())
	g := main.New(func(int) (int, error) { return inmost(main, 1) })
	g.SetName("parked")
	g.Switch(0)
	list, err := main.Inspect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list[0], list[1] = list[1], list[0]
	var b strings.Builder
	equal(t, "error", greenlet.WriteDump(&b, list), nil)
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	equal(t, "lines", len(lines), 3)
	equal(t, "header", strings.Join(strings.Fields(lines[0]), " "), "ID NAME STATE FOR SWITCHES PARENT AT CREATED AT")
	for i, parts := range [][]string{{"1 ", "running", " 1 "}, {"2 ", "parked", "suspended", "inmost", "TestContract_C98_WriteDump"}} {
		for _, part := range parts {
			if !strings.Contains(lines[i+1], part) {
				t.Errorf("no %q in line %q", part, lines[i+1])
			}
		}
	}
	equal(t, "a writer that fails", errString(greenlet.WriteDump(broken{}, list)), "broken")
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }
