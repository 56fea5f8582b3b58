package green_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// Messages are received by type, in their order, and the others stay.
func TestMailbox_ByType(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := green.NewMailbox(h)
		for _, v := range []any{"a", 1, "b", 2, io.EOF} {
			m.Send(v)
		}
		n, _ := green.Receive[int](m)
		s, _ := green.Receive[string](m)
		e, _ := green.Receive[error](m)
		any1, _ := green.Receive[any](m)
		two, err := m.ReceiveIf(func(v any) bool { return v == 2 })
		equal(t, "messages", []any{n, s, e, any1, two, err}, []any{1, "a", io.EOF, "b", 2, nil})
		expect(t, "left", m.Len(), 0)
		expectPanic(t, "nil", func() { m.Send(nil) })
		return nil
	})
}

// A message goes to the one that waits longest for its type, and not to one that was killed.
func TestMailbox_Waiting(t *testing.T) {
	var d diary
	mustRun(t, func(h *green.Hub) error {
		m := green.NewMailbox(h)
		dead := h.Go(func() error { _, err := green.Receive[int](m); return err })
		h.Go(func() error { v, _ := green.Receive[string](m); d.say("string:%v", v); return nil })
		h.Go(func() error { v, _ := green.Receive[int](m); d.say("first:%v", v); return nil })
		h.Go(func() error { v, _ := green.Receive[int](m); d.say("second:%v", v); return nil })
		h.Yield()
		if s := m.String(); !strings.Contains(s, "int") || !strings.Contains(s, "string") {
			t.Errorf("String: %q", s)
		}
		dead.Stop()
		m.Send(1)
		m.Send(2)
		m.Send("x")
		return nil
	})
	d.expect(t, "first:1 second:2 string:x")
}

func TestMailbox_OfATask(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		var got []string
		r := h.Go(func() error {
			for s, err := range green.Messages[string](h.Current().Mailbox()) {
				if err != nil || s == "end" {
					return err
				}
				got = append(got, s)
			}
			return nil
		})
		r.Mailbox().Send("one")
		r.Mailbox().Send("two")
		r.Mailbox().Send("end")
		r.Join()
		expect(t, "got", strings.Join(got, " "), "one two")
		expectIs(t, "Send to one that has ended", r.Mailbox().Send("late"), green.ErrClosed)
		return nil
	})
}

func TestMailbox_Ask(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		m := green.NewMailbox(h)
		oops := errors.New("oops")
		server := h.Go(func() error {
			for r, err := range green.Messages[*green.Request[string, int]](m) {
				if err != nil {
					return err
				}
				if r.Question == "" {
					r.Fail(oops)
				} else {
					r.Reply(len(r.Question))
				}
			}
			return nil
		})
		n, err := green.Ask[string, int](m, "four")
		equal(t, "answer", []any{n, err}, []any{4, nil})
		_, err = green.Ask[string, int](m, "")
		expectIs(t, "failure", err, oops)
		err = h.WithTimeout(time.Second, func(*green.Timeout) error { _, err := green.Ask[int, int](m, 1); return err })
		expectIs(t, "the wrong type", err, green.ErrTimeout)
		lost := h.Go(func() error {
			_, err := green.Ask[int, int](m, 1)
			expectIs(t, "closed", err, green.ErrClosed)
			return nil
		})
		h.Yield()
		m.Close()
		lost.Join()
		return server.Join()
	})
}

type deposit int
type balance struct{}

func account(in green.Spawner) *green.Actor {
	a := green.NewActor(in)
	sum := 0
	green.Handle(a, func(d deposit) error {
		if d < 0 {
			return errors.New("overdrawn")
		}
		sum += int(d)
		return nil
	})
	green.Answer(a, func(balance) (int, error) { return sum, nil })
	return a
}

func TestActor(t *testing.T) {
	mustRun(t, func(h *green.Hub) error {
		a := account(h)
		a.Send(deposit(3))
		a.Send(deposit(4))
		n, err := green.Ask[balance, int](a.Mailbox(), balance{})
		equal(t, "balance", []any{n, err}, []any{7, nil})
		a.Send(deposit(5))
		a.Stop()
		a.Task().Join()
		expect(t, "ended", a.Task().Err(), green.ErrKilled)
		expectIs(t, "Send", a.Send(deposit(1)), green.ErrClosed)
		return nil
	})
}

// An error of a handler is the end of the actor, and those that ask it hear of that.
func TestActor_Fails(t *testing.T) {
	err := run(func(h *green.Hub) error {
		a := account(h)
		a.Send(deposit(-1))
		_, err := green.Ask[balance, int](a.Mailbox(), balance{})
		expectIs(t, "Ask", err, green.ErrClosed)
		b := account(h)
		_, err = green.Ask[string, int](b.Mailbox(), "unknown")
		expectIs(t, "Ask", err, green.ErrNoReply)
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "overdrawn") || !strings.Contains(err.Error(), "no handler") {
		t.Errorf("Run: %v", err)
	}
}
