package db

import (
	"context"
	"database/sql"

	"github.com/go-greenlet/greenlet/green"
)

// A Tx is a transaction. It is used in the function that [DB.Tx] calls.
type Tx struct {
	l  *lease[place]
	tx *sql.Tx
}

func (t *Tx) borrow() (*lease[place], error) {
	if t.l == nil {
		return nil, sql.ErrTxDone
	}
	return t.l, nil
}
func (t *Tx) back(*lease[place]) {}
func (t *Tx) to() statements     { return t.tx }

// Tx calls f with a transaction, and commits it when f has returned nil. Else, and if f panics or the task is killed or
// late, the transaction is rolled back, shielded. If the task is killed or late in the commit itself, whether that took
// place is unknown. Only the beginning is given to another connection if one is dead: f is called once. o may be nil.
func (d *DB) Tx(o *sql.TxOptions, f func(*Tx) error) (err error) {
	l, err := d.p.lease()
	if err != nil {
		return err
	}
	defer l.giveBack()
	whole, cancel := context.WithCancel(context.Background()) // the context of a call ends with the call
	defer cancel()
	tx, err := on(l, func(ctx context.Context, _ place) (*sql.Tx, error) {
		defer context.AfterFunc(ctx, cancel)()
		return d.sql.BeginTx(whole, o)
	})
	if err != nil {
		return err
	}
	t := &Tx{l, tx}
	committed := false
	defer func() {
		t.l = nil
		if committed {
			return
		}
		d.p.h.Shield(func() error { return rollback(d.p.h, l, tx, cancel) })
	}()
	if err := f(t); err != nil {
		return err
	}
	_, err = on(l, func(context.Context, place) (struct{}, error) { return struct{}{}, tx.Commit() })
	committed = err == nil
	return err
}

// rollback undoes a transaction.
func rollback(h *green.Hub, l *lease[place], tx *sql.Tx, cancel func()) error {
	if l.bad {
		cancel() // package database/sql rolls it back when the statement that may still run has returned
		return nil
	}
	return aside(h, tx.Rollback)
}
