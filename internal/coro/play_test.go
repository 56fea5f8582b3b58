package coro

import (
	"runtime"
	"slices"

	"github.com/go-greenlet/greenlet/internal/owner"
)

// play performs ops, each done by whoever runs, and then ends every flow. It is called at home.
func (tr *troupe) play(ops []int) {
	for len(ops) > 0 {
		tr.step(&ops)
	}
	for len(tr.waiting) > 0 {
		tr.move(0)
	}
}

// step does one operation. It says how the current flow ends, if it does.
func (tr *troupe) step(ops *[]int) (end int) {
	if len(*ops) == 0 {
		return 1
	}
	op := (*ops)[0]
	*ops = (*ops)[1:]
	arg := op / 8
	switch op % 8 {
	case 0, 1, 2:
		tr.move(arg)
	case 3, 4:
		if len(tr.waiting) < 12 {
			tr.spawn(ops, arg)
		}
	case 5:
		if n := len(tr.waiting); n > 0 {
			f := tr.waiting[arg%n]
			where := uintptr(0)
			tr.pool.Visit(f, func() { where = owner.Current() })
			if where != f.Data.g {
				tr.t.Errorf("a visitor on the wrong goroutine")
			}
		}
	default:
		return 1 + arg%6
	}
	return 0
}

// move switches from whoever runs to one of those that wait.
func (tr *troupe) move(n int) {
	if len(tr.waiting) == 0 {
		return
	}
	me := tr.cur
	f := tr.unwait(n)
	tr.waiting = append(tr.waiting, me)
	tr.to(f)
}

func (tr *troupe) unwait(n int) *flow {
	i := n % len(tr.waiting)
	f := tr.waiting[i]
	tr.waiting = slices.Delete(tr.waiting, i, i+1)
	return f
}

func (tr *troupe) spawn(ops *[]int, arg int) {
	tr.waiting = append(tr.waiting, tr.cur)
	tr.do(func(f *flow) { tr.act(f, ops, arg) })
}

// act is a flow's job.
func (tr *troupe) act(f *flow, ops *[]int, arg int) {
	defer func() {
		// Whoever goes on is not decided before the deferred calls, which may switch, too.
		if arg%3 == 0 {
			tr.move(arg)
		}
		tr.next = tr.unwait(len(tr.waiting) - 1)
	}()
	for {
		switch tr.step(ops) {
		case 0:
			continue
		case 1, 2:
			return
		case 3:
			f.Data.once = true
			return
		case 4:
			panic("boom")
		case 5:
			runtime.Goexit()
		case 6:
			defer panic("late")
			runtime.Goexit()
		}
	}
}
