package green

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/go-greenlet/greenlet/tasklet"
)

// ErrNoReply is what [Ask] returns if an actor has ended, or its handler failed, without an answer.
var ErrNoReply = errors.New("green: the actor did not reply")

// An Actor is a task with a mailbox that deals with one message after the other, each by the handler for its type.
// What its handlers share needs no lock, even if they block.
type Actor struct {
	task     *Task
	box      *Mailbox
	handlers map[reflect.Type]func(any) error
	answers  map[reflect.Type]bool // the messages that the actor's task alone answers
}

// stopMessage is the last message of an actor.
type stopMessage struct{}

// NewActor makes a task in in that deals with the messages sent to the actor, by the handlers that [Handle] and
// [Answer] give it; give them before the caller gives way. The actor ends when a handler returns an error, which is
// then the task's; by Stop; or when it is killed. A message for which there is no handler is an error too. Until then
// it is a task that is waited for, by what it belongs to.
func NewActor(in Spawner) *Actor {
	a := &Actor{handlers: map[reflect.Type]func(any) error{
		reflect.TypeFor[stopMessage](): func(any) error { return ErrKilled },
	}}
	a.task = spawn(in.spawner(), func() error {
		for {
			msg, err := Receive[any](a.box)
			if err == nil {
				err = a.handle(msg)
			}
			if err != nil {
				return err
			}
		}
	})
	a.box = a.task.Mailbox()
	a.box.actor = a
	return a
}

func (a *Actor) handle(msg any) error {
	if r, ok := msg.(interface{ refuse(error) bool }); ok {
		defer r.refuse(ErrNoReply) // which does nothing after an answer
	}
	f := a.handlers[reflect.TypeOf(msg)]
	if f == nil {
		return fmt.Errorf("green: an actor got a %T, and has no handler for that", msg)
	}
	return f(msg)
}

// Handle makes f deal with the messages of the type T that the actor gets. A T that is an interface panics: messages
// have the types of values.
func Handle[T any](a *Actor, f func(T) error) {
	on(a, func(msg any) error { return f(msg.(T)) }, reflect.TypeFor[T]())
}

// Answer makes f answer the questions that [Actor] a is asked by [Ask] with these types. An error of f is the answer,
// and not the end of the actor. Actors that ask each other in a circle are found when the hub has nothing else to do:
// one of the questions fails with a [*tasklet.DeadlockError].
func Answer[Q, R any](a *Actor, f func(Q) (R, error)) {
	on(a, func(msg any) error {
		r := msg.(*Request[Q, R])
		if v, err := f(r.Question); err != nil {
			r.Fail(err)
		} else {
			r.Reply(v)
		}
		return nil
	}, reflect.TypeFor[*Request[Q, R]]())
	if a.answers == nil {
		a.answers = map[reflect.Type]bool{}
	}
	a.answers[reflect.TypeFor[*Request[Q, R]]()] = true
}

// An answering is a Mailbox whose actor lets those go on who have asked.
type answering Mailbox

func (m *answering) String() string          { return (*Mailbox)(m).String() }
func (m *answering) Waker() *tasklet.Tasklet { return m.task.t }

func on(a *Actor, f func(any) error, t reflect.Type) {
	a.box.h.Check()
	if t.Kind() == reflect.Interface {
		panic("green: a handler for an interface, which no message has as its type")
	}
	a.handlers[t] = f
	delete(a.answers, t)
}

// Send sends msg to the actor. It never waits. It fails with [ErrClosed] if the actor has ended.
func (a *Actor) Send(msg any) error { return a.box.Send(msg) }

// Mailbox returns where the actor gets its messages: what [Ask] takes.
func (a *Actor) Mailbox() *Mailbox { return a.box }

// Task returns the actor's task, to be joined or killed.
func (a *Actor) Task() *Task { return a.task }

// Stop makes the actor end, without an error, when it has dealt with what was sent until now. It does not wait. One
// that has ended already stays so.
func (a *Actor) Stop() {
	if !a.box.closed {
		a.box.Send(stopMessage{})
	}
}
