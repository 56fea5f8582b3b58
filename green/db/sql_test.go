package db_test

import (
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"github.com/go-greenlet/greenlet/green/db/internal/server"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// TestSQL runs against a real PostgreSQL.
func TestSQL(t *testing.T) {
	s, err := server.Postgres()
	if errors.Is(err, server.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	for _, x := range []struct {
		name string
		f    func(*testing.T, *green.Hub, *db.DB) error
	}{
		{"statements", statements}, {"each", each}, {"transactions", transactions}, {"kill and deadline", killed},
		{"broken", broken},
	} {
		t.Run(x.name, func(t *testing.T) {
			mustRun(t, func(h *green.Hub) error {
				d, err := db.Open(h, "pgx", "host="+s.Dir+" user=postgres", 2)
				if err != nil {
					return err
				}
				for _, q := range []string{"drop table if exists t", "create table t (n int)"} {
					if _, err := db.Exec(d, q); err != nil {
						return err
					}
				}
				return errors.Join(x.f(t, h, d), d.Close())
			})
		})
	}
}

func count(q db.Querier) (int, error) {
	return db.QueryRow(q, db.Column[int], "select count(*) from t")
}

func statements(t *testing.T, h *green.Hub, d *db.DB) error {
	others := 0
	ticker := h.Go(func() error {
		for {
			others++
			if err := h.Sleep(time.Millisecond); err != nil {
				return err
			}
		}
	})
	r, err := db.Exec(d, "insert into t select generate_series(1, 5)")
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	expect(t, "affected", n, 5)
	if err != nil {
		return err
	}
	all, err := db.Query(d, db.Column[int], "select n from t where n > $1 order by n", 2)
	expect(t, "rows", slices.Equal(all, []int{3, 4, 5}), true)
	if err != nil {
		return err
	}
	_, err = db.QueryRow(d, db.Column[int], "select n from t where n > 100")
	expectIs(t, "no row", err, sql.ErrNoRows)
	if _, err := db.Exec(d, "nonsense"); err == nil {
		t.Error("nonsense succeeded")
	}
	if _, err := db.Query(d, db.Column[int], "select 'x'"); err == nil {
		t.Error("scanned a text as a number")
	}
	if _, err := db.Query(d, db.Column[int], "select 1/(3-n) from t order by n"); err == nil {
		t.Error("an error between the rows was lost")
	}
	if _, err := db.Exec(d, "select pg_sleep(0.05)"); err != nil {
		return err
	}
	ticker.Kill()
	if others < 2 {
		t.Error("the others stood still")
	}
	st := d.Stats()
	expect(t, "connections", st.Created, 1)
	expect(t, "idle", st.Idle, 1)
	return nil
}

func each(t *testing.T, h *green.Hub, d *db.DB) error {
	for _, size := range []int{1, 3, 10, 20} {
		sum := 0
		for n, err := range db.Each(d, size, db.Column[int], "select generate_series(1, 10)") {
			if err != nil {
				return err
			}
			sum += n
		}
		expect(t, "sum", sum, 55)
	}
	for n, err := range db.Each(d, 5, db.Column[int], "select generate_series(1, 100000000)") {
		if err != nil {
			return err
		}
		if n == 7 {
			break
		}
	}
	for _, err := range db.Each(d, 5, db.Column[int], "nonsense") {
		if err == nil {
			t.Error("nonsense succeeded")
		}
	}
	var last error
	err := h.WithTimeout(50*time.Millisecond, func(*green.Timeout) error {
		for _, err := range db.Each(d, 1, db.Column[int], "select n from generate_series(1, 3) n, pg_sleep(1000)") {
			last = err
		}
		return nil
	})
	expectIs(t, "late", last, green.ErrTimeout)
	if err != nil {
		return err
	}
	_, err = count(d)
	expect(t, "lent", d.Stats().Open-d.Stats().Idle, 0)
	return err
}

func transactions(t *testing.T, h *green.Hub, d *db.DB) error {
	insert := func(tx *db.Tx) error { _, err := db.Exec(tx, "insert into t values (1)"); return err }
	if err := d.Tx(nil, insert); err != nil {
		return err
	}
	oops := errors.New("oops")
	var old *db.Tx
	err := d.Tx(&sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *db.Tx) error {
		old = tx
		if err := insert(tx); err != nil {
			return err
		}
		n, err := count(tx)
		expect(t, "inside", n, 2)
		if err != nil {
			return err
		}
		for _, err := range db.Each(tx, 1, db.Column[int], "select n from t") {
			if err != nil {
				return err
			}
		}
		return oops
	})
	expectIs(t, "Tx", err, oops)
	_, err = count(old)
	expectIs(t, "afterwards", err, sql.ErrTxDone)
	func() {
		defer func() { expect(t, "a panic", recover(), any("away")) }()
		d.Tx(nil, func(tx *db.Tx) error {
			insert(tx)
			panic("away")
		})
	}()
	err = h.WithTimeout(50*time.Millisecond, func(*green.Timeout) error {
		return d.Tx(nil, func(tx *db.Tx) error {
			if err := insert(tx); err != nil {
				return err
			}
			_, err := db.Exec(tx, "select pg_sleep(1000)")
			return err
		})
	})
	expectIs(t, "late in a statement", err, green.ErrTimeout)
	err = h.WithTimeout(50*time.Millisecond, func(*green.Timeout) error {
		return d.Tx(nil, func(tx *db.Tx) error {
			if err := insert(tx); err != nil {
				return err
			}
			return h.Sleep(time.Hour)
		})
	})
	expectIs(t, "late between statements", err, green.ErrTimeout)
	n, err := count(d)
	expect(t, "only the first is there", n, 1)
	return err
}

func killed(t *testing.T, h *green.Hub, d *db.DB) error {
	sleep := func() error { _, err := db.Exec(d, "select pg_sleep(1000)"); return err }
	a, b := h.Go(sleep), h.Go(sleep)
	if err := h.Sleep(50 * time.Millisecond); err != nil {
		return err
	}
	err := h.WithTimeout(5*time.Millisecond, func(*green.Timeout) error { return sleep() })
	expectIs(t, "one that waits for a connection", err, green.ErrTimeout)
	a.Kill()
	b.Kill()
	expectIs(t, "killed", a.Err(), green.ErrKilled)
	n, err := db.QueryRow(d, db.Column[int], "select 1")
	expect(t, "afterwards", n, 1)
	return err
}

// A connection that the server has closed meanwhile is replaced before a statement fails by it.
func broken(t *testing.T, h *green.Hub, d *db.DB) error {
	pid := func(q db.Querier) (int, error) { return db.QueryRow(q, db.Column[int], "select pg_backend_pid()") }
	first, err := pid(d)
	if err != nil {
		return err
	}
	err = d.Tx(nil, func(*db.Tx) error { // which has the first connection, so that this is the second one
		_, err := db.Exec(d, "select pg_terminate_backend($1)", first)
		return err
	})
	if err == nil {
		t.Error("a transaction on a broken connection was committed")
	}
	second, err := pid(d)
	if err == nil && second == first {
		t.Error("the same connection again")
	}
	return err
}
