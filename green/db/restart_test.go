package db_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
)

// A fake is a database whose connections die when it is restarted.
type fake struct {
	epoch                        atomic.Int64
	opened, closed, reset, valid atomic.Int64
	meet                         func() // called by each statement
}

func (f *fake) Connect(context.Context) (driver.Conn, error) {
	f.opened.Add(1)
	return &fakeConn{f, f.epoch.Load()}, nil
}
func (f *fake) Driver() driver.Driver { return nil }

type fakeConn struct {
	f     *fake
	epoch int64
}

// dead says driver.ErrBadConn if the database was restarted since.
func (c *fakeConn) dead() error {
	if c.epoch != c.f.epoch.Load() {
		return driver.ErrBadConn
	}
	if c.f.meet != nil {
		c.f.meet()
	}
	return nil
}

func (c *fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not in this driver") }
func (c *fakeConn) Close() error                        { c.f.closed.Add(1); return nil }
func (c *fakeConn) Begin() (driver.Tx, error)           { return c, c.dead() }
func (c *fakeConn) Commit() error                       { return c.dead() }
func (c *fakeConn) Rollback() error                     { return c.dead() }
func (c *fakeConn) ResetSession(context.Context) error  { c.f.reset.Add(1); return nil }
func (c *fakeConn) IsValid() bool                       { c.f.valid.Add(1); return true }

func (c *fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.ResultNoRows, c.dead()
}

func (c *fakeConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	if err := c.dead(); err != nil {
		return nil, err
	}
	return &fakeRows{}, nil
}

type fakeRows struct{ n int64 }

func (r *fakeRows) Columns() []string { return []string{"n"} }
func (r *fakeRows) Close() error      { return nil }
func (r *fakeRows) Next(to []driver.Value) error {
	if r.n == 3 {
		return io.EOF
	}
	r.n++
	to[0] = r.n
	return nil
}

// fill makes n idle connections: n statements, none of which ends before all have begun.
func fill(h *green.Hub, f *fake, d *db.DB, n int) error {
	var left atomic.Int64
	left.Store(int64(n))
	all := make(chan struct{})
	f.meet = func() {
		if left.Add(-1) == 0 {
			close(all)
		}
		<-all
	}
	err := h.Group(func(g *green.Group) error {
		for range n {
			g.Go(func() error { _, err := db.Exec(d, "x"); return err })
		}
		return nil
	})
	f.meet = nil
	return err
}

// After a restart of the database, every idle connection is dead, and no statement fails by that.
func TestRestart_FailsNoStatement(t *testing.T) {
	one := func(d *db.DB) map[string]func() error {
		return map[string]func() error{
			"Exec":     func() error { _, err := db.Exec(d, "x"); return err },
			"Query":    func() error { _, err := db.Query(d, db.Column[int], "x"); return err },
			"QueryRow": func() error { _, err := db.QueryRow(d, db.Column[int], "x"); return err },
			"Each": func() error {
				for _, err := range db.Each(d, 1, db.Column[int], "x") {
					if err != nil {
						return err
					}
				}
				return nil
			},
			"Tx": func() error { return d.Tx(nil, func(tx *db.Tx) error { _, err := db.Exec(tx, "x"); return err }) },
		}
	}
	for name := range one(nil) {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			mustRun(t, func(h *green.Hub) error {
				const n = 8
				d := db.New(h, sql.OpenDB(f), n)
				if err := fill(h, f, d, n); err != nil {
					return err
				}
				expect(t, "idle connections", d.SQL().Stats().Idle, n)
				f.epoch.Add(1)
				for i := range n {
					if err := one(d)[name](); err != nil {
						t.Errorf("statement %d after the restart: %v", i, err)
					}
				}
				expect(t, "places in use", d.Stats().Open-d.Stats().Idle, 0)
				return d.Close()
			})
			expect(t, "connections left", f.opened.Load()-f.closed.Load(), 0)
		})
	}
}

// The connections that wait for a statement are package database/sql's: its limits hold, and the driver is asked.
func TestDB_KeepsTheRulesOfDatabaseSQL(t *testing.T) {
	for name, limit := range map[string]func(*sql.DB){
		"SetConnMaxLifetime": func(d *sql.DB) { d.SetConnMaxLifetime(time.Nanosecond) },
		"SetMaxIdleConns":    func(d *sql.DB) { d.SetMaxIdleConns(-1) },
	} {
		t.Run(name, func(t *testing.T) {
			f := &fake{}
			mustRun(t, func(h *green.Hub) error {
				d := db.New(h, sql.OpenDB(f), 2)
				limit(d.SQL())
				for range 3 {
					if _, err := db.Exec(d, "x"); err != nil {
						return err
					}
					if err := h.Sleep(time.Millisecond); err != nil { // more than a nanosecond
						return err
					}
				}
				expect(t, "connections", f.opened.Load(), 3)
				return d.Close()
			})
		})
	}
	f := &fake{}
	mustRun(t, func(h *green.Hub) error {
		d := db.New(h, sql.OpenDB(f), 2)
		for range 3 {
			if _, err := db.Exec(d, "x"); err != nil {
				return err
			}
		}
		expect(t, "connections", f.opened.Load(), 1)
		expect(t, "calls of ResetSession", f.reset.Load(), 2)
		expect(t, "calls of IsValid", f.valid.Load(), 3)
		return d.Close()
	})
}

// An idle connection is closed at the limit of idleness without anybody asking for it.
func TestDB_ClosesIdleConnections(t *testing.T) {
	f := &fake{}
	mustRun(t, func(h *green.Hub) error {
		d := db.New(h, sql.OpenDB(f), 2)
		d.SQL().SetConnMaxIdleTime(time.Nanosecond)
		if _, err := db.Exec(d, "x"); err != nil {
			return err
		}
		inTime, err := h.Within(time.Minute, func() error {
			for f.closed.Load() == 0 {
				if err := h.Sleep(time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
		expect(t, "closed within a minute", inTime, true)
		return errors.Join(err, d.Close())
	})
}

// New keeps as many idle connections as there may be, so that tasks do not connect again and again.
func TestNew_KeepsIdleConnections(t *testing.T) {
	f := &fake{}
	mustRun(t, func(h *green.Hub) error {
		const n = 6
		d := db.New(h, sql.OpenDB(f), n)
		for range 3 {
			if err := fill(h, f, d, n); err != nil {
				return err
			}
		}
		expect(t, "connections", f.opened.Load(), n)
		return d.Close()
	})
}

// A transaction whose connection dies in it fails, and its function is called once.
func TestRestart_InATransaction(t *testing.T) {
	f := &fake{}
	mustRun(t, func(h *green.Hub) error {
		d := db.New(h, sql.OpenDB(f), 2)
		calls := 0
		err := d.Tx(nil, func(tx *db.Tx) error {
			calls++
			f.epoch.Add(1)
			_, err := db.Exec(tx, "x")
			return err
		})
		expectIs(t, "the transaction", err, driver.ErrBadConn)
		expect(t, "calls", calls, 1)
		if _, err := db.Exec(d, "x"); err != nil {
			return err
		}
		expect(t, "places in use", d.Stats().Open-d.Stats().Idle, 0)
		return d.Close()
	})
	expect(t, "connections left", f.opened.Load()-f.closed.Load(), 0)
}
