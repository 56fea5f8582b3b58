package green

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
)

// A Mailbox holds messages, values of any types, for tasks that receive them by type. A message is handed at once to
// the task that waits longest for one of its type; else it stays until somebody asks for it. It belongs to one hub:
// another goroutine sends by [Hub.Post].
type Mailbox struct {
	_      noCopy
	h      *Hub
	task   *Task  // whose it is, or nil
	actor  *Actor // that of task, if that is one
	list   []any
	lines  lineup[*wanted]
	closed bool
}

// A wanted is what a task waits for, and then the message.
type wanted struct {
	what string
	fits func(any) bool
	msg  any
}

// NewMailbox makes an empty mailbox.
func NewMailbox(h *Hub) *Mailbox {
	h.Check()
	m := &Mailbox{h: h}
	m.lines = lineup[*wanted]{h: h, what: "a message in", of: m, back: func(w *wanted) {
		if w.msg != nil && !m.closed {
			m.list = slices.Insert(m.list, 0, w.msg)
		}
	}}
	return m
}

// Mailbox returns the mailbox of t, which is made when somebody first asks for it, and closed when t ends.
func (t *Task) Mailbox() *Mailbox {
	t.h.Check()
	if t.box == nil {
		t.own().box = NewMailbox(t.h)
		t.box.task = t
		if t.state == ended {
			t.box.close()
		}
	}
	return t.box
}

// String says whose mailbox it is, and what the tasks wait for that wait.
func (m *Mailbox) String() string {
	m.h.Check()
	var types []string
	for p := m.lines.head; p != nil; p = p.next {
		if p.line.Len() > 0 && !slices.Contains(types, p.val.what) {
			types = append(types, p.val.what)
		}
	}
	s := "a mailbox"
	if m.task != nil {
		s = "the mailbox of " + m.task.String()
	}
	if len(types) == 0 {
		return s
	}
	return fmt.Sprintf("%s (of the type %s)", s, strings.Join(types, ", "))
}

// Send leaves msg in the mailbox. It never waits. It fails with [ErrClosed] after Close. A nil message panics: it has
// no type.
func (m *Mailbox) Send(msg any) error {
	m.h.Check()
	if msg == nil {
		panic("green: Send of nil, which has no type to be received by")
	}
	if m.closed {
		return ErrClosed
	}
	m.lines.first() // drops those that were killed and had no turn since
	for p := m.lines.head; p != nil; p = p.next {
		if p.line.Len() > 0 && p.val.fits(msg) {
			p.val.msg = msg
			m.lines.wake(p)
			return nil
		}
	}
	m.list = append(m.list, msg)
	return nil
}

// ReceiveIf takes the oldest message out of the mailbox for which fits is true, and waits while there is none. The
// others stay. It fails with [ErrClosed] if the mailbox is closed, or with what ended the waiting. fits must not
// block.
func (m *Mailbox) ReceiveIf(fits func(msg any) bool) (any, error) {
	return m.receive(&wanted{what: "any", fits: fits})
}

func (m *Mailbox) receive(w *wanted) (any, error) {
	m.h.Check()
	if i := slices.IndexFunc(m.list, w.fits); i >= 0 {
		msg := m.list[i]
		m.list = slices.Delete(m.list, i, i+1)
		return msg, nil
	}
	if m.closed {
		return nil, ErrClosed
	}
	w, err := m.lines.wait(w)
	if err != nil {
		return nil, err
	}
	return w.msg, nil
}

// Receive takes the oldest message of the type T out of the mailbox, as [Mailbox.ReceiveIf] does. If T is an
// interface, any message that has it will do; [any] takes whatever comes first.
func Receive[T any](m *Mailbox) (T, error) {
	msg, err := m.receive(&wanted{what: reflect.TypeFor[T]().String(), fits: func(msg any) bool {
		_, ok := msg.(T)
		return ok
	}})
	if err != nil {
		var zero T
		return zero, err
	}
	return msg.(T), nil
}

// Messages receives messages of the type T until the mailbox is closed. Another error comes last, with a zero T.
func Messages[T any](m *Mailbox) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := Receive[T](m)
			if err == ErrClosed {
				return
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Len returns how many messages are in the mailbox.
func (m *Mailbox) Len() int {
	m.h.Check()
	return len(m.list)
}

// Close closes the mailbox: nothing can be sent any more, those that wait in Receive fail with [ErrClosed], and the
// messages are lost. Who waits for the answer to one fails with ErrClosed, too.
func (m *Mailbox) Close() {
	m.h.Check()
	m.close()
}

func (m *Mailbox) close() {
	if m == nil || m.closed {
		return
	}
	m.closed = true
	for _, msg := range m.list {
		if r, ok := msg.(interface{ refuse(error) bool }); ok {
			r.refuse(ErrClosed)
		}
	}
	m.list = nil
	m.lines.fail(ErrClosed)
}

// A Request is a message that is waited for with an answer: see [Ask].
type Request[Q, R any] struct {
	Question Q
	answer   *Result[R]
}

// Reply answers the request, and says whether it was the first answer.
func (r *Request[Q, R]) Reply(v R) (first bool) { return r.answer.Set(v) }

// Fail answers the request with an error.
func (r *Request[Q, R]) Fail(err error) (first bool) { return r.answer.Fail(err) }

func (r *Request[Q, R]) refuse(err error) bool { return r.answer.Fail(err) }

// Ask sends a *Request[Q, R] with the question q and waits for the answer. It fails with what the receiver gave to
// [Request.Fail], with [ErrClosed] if the mailbox is or gets closed with the request in it, or with what ended the
// waiting: an answer then comes in vain. The types of question and answer must be what the receiver waits for:
//
//	n, err := green.Ask[string, int](box, "how many?")       // here
//	r, err := green.Receive[*green.Request[string, int]](box) // and there
//	r.Reply(3)
func Ask[Q, R any](m *Mailbox, q Q) (R, error) {
	r := &Request[Q, R]{q, NewResult[R](m.h)}
	if m.actor != nil && m.actor.answers[reflect.TypeFor[*Request[Q, R]]()] {
		r.answer.line = m.h.s.NewLineOf("an answer from", (*answering)(m)).OneWaker()
	} else {
		r.answer.line = m.h.s.NewLineOf("an answer from", m)
	}
	if err := m.Send(r); err != nil {
		var zero R
		return zero, err
	}
	return r.answer.Get()
}
