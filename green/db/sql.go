package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"iter"

	"github.com/go-greenlet/greenlet/green"
)

// A DB is a database of package database/sql for the tasks of a hub. It is used on the hub's goroutine only. Close it in
// the end.
type DB struct {
	p   *Pool[*sql.Conn]
	sql *sql.DB
}

// New makes a DB of d, of which it uses at most max connections at the same time; d must allow as many, see
// [sql.DB.SetMaxOpenConns]. d belongs to the DB from then on.
func New(h *green.Hub, d *sql.DB, max int) *DB {
	return &DB{sql: d, p: NewPool(h, Options[*sql.Conn]{Dial: d.Conn, Close: (*sql.Conn).Close, Max: max})}
}

// Open is sql.Open and [New]. It does not connect yet.
func Open(h *green.Hub, driver, source string, max int) (*DB, error) {
	d, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	d.SetMaxIdleConns(max)
	return New(h, d, max), nil
}

// Close closes the database when nobody uses it any more: tasks that wait for a connection get [green.ErrResourcesClosed].
// It is shielded from kills and deadlines.
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

// Stats returns the counts of the connections.
func (d *DB) Stats() green.ResourceStats { return d.p.Stats() }

// SQL returns the database of package database/sql.
func (d *DB) SQL() *sql.DB { return d.sql }

// A Querier is what statements can be given to: a [*DB], each on a connection of its own, or a [*Tx].
type Querier interface {
	borrow() (*lease[*sql.Conn], error)
	back(*lease[*sql.Conn])
	on(*sql.Conn) statements
}

// statements is what *sql.Conn and *sql.Tx have in common.
type statements interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (d *DB) borrow() (*lease[*sql.Conn], error) { return d.p.lease() }
func (d *DB) back(l *lease[*sql.Conn])           { l.giveBack() }
func (d *DB) on(c *sql.Conn) statements          { return c }

// tries is how often a statement is tried that never reached the server, as in package database/sql.
const tries = 3

// with calls f on another goroutine with what takes statements.
func with[T any](q Querier, f func(context.Context, statements) (T, error)) (v T, err error) {
	for range tries {
		if v, err = once(q, f); !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return v, err
}

func once[T any](q Querier, f func(context.Context, statements) (T, error)) (v T, err error) {
	l, err := q.borrow()
	if err != nil {
		return v, err
	}
	defer q.back(l)
	v, err = on(l, func(ctx context.Context, c *sql.Conn) (T, error) { return f(ctx, q.on(c)) })
	l.note(err)
	return v, err
}

// note looks at the error of a statement.
func (l *lease[C]) note(err error) {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		l.bad = true
	}
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

// Each is [Query] of which no more than size rows are in memory at a time: the loop gets a row, or the error that ends it.
// Its connection is lent until the loop ends, and in a transaction nothing else can be asked meanwhile.
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
		rows, err := on(l, func(ctx context.Context, c *sql.Conn) (*sql.Rows, error) {
			defer context.AfterFunc(ctx, cancel)()
			return q.on(c).QueryContext(whole, query, args...)
		})
		l.note(err)
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
			batch, err := on(l, func(ctx context.Context, _ *sql.Conn) (batch []T, err error) {
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
			l.note(err)
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
