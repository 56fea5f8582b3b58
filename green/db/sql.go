package db

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/go-greenlet/greenlet/green"
)

// A DB is a database of package database/sql for the tasks of a hub. It is used on the hub's goroutine only. Close it
// in the end.
//
// The connections are kept by the [sql.DB]: each statement, transaction and loop over [Each] takes one of it and gives
// it back. So its rules hold. Its limits of age and of idleness are kept, the driver resets a connection and reports
// whether it is valid before it is used again, and a statement that finds a connection dead is given to another one:
// twice to one that was idle, and at last to a new one. A restart of the database fails no statement that begins
// afterwards, if the driver says driver.ErrBadConn as it should. The DB adds places, for which tasks wait in order.
type DB struct {
	p   *Pool[place]
	sql *sql.DB
}

// A place is the right to use one connection of a sql.DB.
type place struct{}

// New makes a DB of d, of which it uses at most max connections at the same time; d must allow as many, see
// [sql.DB.SetMaxOpenConns]. d belongs to the DB from then on. New has it keep max idle connections, where package
// database/sql would keep two: call [sql.DB.SetMaxIdleConns] afterwards to have fewer.
func New(h *green.Hub, d *sql.DB, max int) *DB {
	d.SetMaxIdleConns(max)
	dial := func(context.Context) (place, error) { return place{}, nil }
	return &DB{sql: d, p: NewPool(h, Options[place]{Dial: dial, Max: max})}
}

// Open is sql.Open and [New]. It does not connect yet.
func Open(h *green.Hub, driver, source string, max int) (*DB, error) {
	h.Check()
	d, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	return New(h, d, max), nil
}

// Close closes the database when nobody uses it any more: tasks that wait for a connection get
// [green.ErrResourcesClosed]. It is shielded from kills and deadlines.
func (d *DB) Close() error {
	d.p.Close()
	return d.p.h.Shield(func() error { return aside(d.p.h, d.sql.Close) })
}

// aside calls f on another goroutine, or here if Run is ending.
func aside(h *green.Hub, f func() error) error {
	_, err := green.Offload(h, func(context.Context) (struct{}, error) { return struct{}{}, f() })
	if errors.Is(err, green.ErrClosed) {
		return f()
	}
	return err
}

// Stats returns the counts of the places: Open less Idle are in use, and Waiting is how many tasks wait for one. What
// there is of connections, [sql.DB.Stats] of [DB.SQL] says.
func (d *DB) Stats() green.ResourceStats { return d.p.Stats() }

// SQL returns the database of package database/sql, for its settings: [sql.DB.SetConnMaxLifetime] and the like. Its
// statements would block the hub.
func (d *DB) SQL() *sql.DB { return d.sql }

// A Querier is what statements can be given to: a [*DB], each on a connection of its own, or a [*Tx].
type Querier interface {
	borrow() (*lease[place], error)
	back(*lease[place])
	to() statements
}

// statements is what *sql.DB and *sql.Tx have in common.
type statements interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (d *DB) borrow() (*lease[place], error) { return d.p.lease() }
func (d *DB) back(l *lease[place])           { l.giveBack() }
func (d *DB) to() statements                 { return d.sql }

// with calls f on another goroutine with what takes statements.
func with[T any](q Querier, f func(context.Context, statements) (T, error)) (v T, err error) {
	l, err := q.borrow()
	if err != nil {
		return v, err
	}
	defer q.back(l)
	return on(l, func(ctx context.Context, _ place) (T, error) { return f(ctx, q.to()) })
}

// Exec runs a statement that returns no rows.
func Exec(q Querier, query string, args ...any) (sql.Result, error) {
	return with(q, func(ctx context.Context, s statements) (sql.Result, error) { return s.ExecContext(ctx, query, args...) })
}

// Column scans a row of one column.
func Column[T any](rows *sql.Rows) (v T, err error) {
	err = rows.Scan(&v)
	return v, err
}

// Query runs a query and returns its rows, which scan makes of what it is given: [Column], say. scan runs on another
// goroutine.
func Query[T any](q Querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	return with(q, func(ctx context.Context, s statements) (all []T, err error) {
		rows, err := s.QueryContext(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, rows.Err()
	})
}

// QueryRow is [Query] of one row: the first. If there is none, it returns sql.ErrNoRows.
func QueryRow[T any](q Querier, scan func(*sql.Rows) (T, error), query string, args ...any) (T, error) {
	return with(q, func(ctx context.Context, s statements) (v T, err error) {
		rows, err := s.QueryContext(ctx, query, args...)
		if err != nil {
			return v, err
		}
		defer rows.Close()
		if !rows.Next() {
			if err = rows.Err(); err == nil {
				err = sql.ErrNoRows
			}
			return v, err
		}
		if v, err = scan(rows); err != nil {
			return v, err
		}
		return v, rows.Close()
	})
}

// Each is [Query] of which no more than size rows are in memory at a time: the loop gets a row, or the error that
// ends it. Its connection is lent until the loop ends, and in a transaction nothing else can be asked meanwhile.
func Each[T any](q Querier, size int, scan func(*sql.Rows) (T, error), query string, args ...any) iter.Seq2[T, error] {
	if size <= 0 {
		panic("db: Each of fewer than one row at a time")
	}
	return func(yield func(T, error) bool) {
		var zero T
		l, err := q.borrow()
		if err != nil {
			yield(zero, err)
			return
		}
		defer q.back(l)
		whole, cancel := context.WithCancel(context.Background()) // the context of a call ends with the call
		defer cancel()
		rows, err := on(l, func(ctx context.Context, _ place) (*sql.Rows, error) {
			defer context.AfterFunc(ctx, cancel)()
			return q.to().QueryContext(whole, query, args...)
		})
		if err != nil {
			yield(zero, err)
			return
		}
		defer func() {
			cancel()   // first: closing may otherwise read all the rest
			if l.bad { // package database/sql closes them when the call has returned
				return
			}
			l.p.h.Shield(func() error { return aside(l.p.h, rows.Close) })
		}()
		for {
			batch, err := on(l, func(ctx context.Context, _ place) (batch []T, err error) {
				defer context.AfterFunc(ctx, cancel)()
				for len(batch) < size && rows.Next() {
					v, err := scan(rows)
					if err != nil {
						return batch, err
					}
					batch = append(batch, v)
				}
				return batch, rows.Err()
			})
			for _, v := range batch {
				if !yield(v, nil) {
					return
				}
			}
			if err != nil {
				yield(zero, err)
			}
			if err != nil || len(batch) < size {
				return
			}
		}
	}
}
