package db_test

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// The Examples of this file are compiled and not run: they need a PostgreSQL. TestSQL uses the same functions on a real one,
// where that is installed.

const url = "postgres://localhost/shop"

// At most four connections, for any number of tasks. Nobody waits longer than five seconds.
func ExampleOpen() {
	err := green.Run(func(h *green.Hub) error {
		d, err := db.Open(h, "pgx", url, 4)
		if err != nil {
			return err
		}
		defer d.Close()
		return h.WithTimeout(5*time.Second, func(*green.Timeout) error {
			n, err := db.QueryRow(d, db.Column[int], "select count(*) from customers")
			fmt.Println(n, "customers")
			return err
		})
	})
	if err != nil {
		fmt.Println(err)
	}
}

// A transaction is committed when its function returns nil, and rolled back when that returns an error or panics, or the
// task is killed or late.
func ExampleDB_Tx() {
	transfer := func(d *db.DB, from, to, amount int) error {
		return d.Tx(&sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *db.Tx) error {
			const move = "update accounts set amount = amount + $2 where id = $1"
			if _, err := db.Exec(tx, move, from, -amount); err != nil {
				return err
			}
			_, err := db.Exec(tx, move, to, amount)
			return err
		})
	}
	err := green.Run(func(h *green.Hub) error {
		d, err := db.Open(h, "pgx", url, 4)
		if err != nil {
			return err
		}
		defer d.Close()
		return transfer(d, 1, 2, 100)
	})
	if err != nil {
		fmt.Println(err)
	}
}

// A result that is too big to keep: no more than a hundred rows are in memory. The function that scans a row runs on another
// goroutine, the loop in the task.
func ExampleEach() {
	type customer struct {
		id   int
		name string
	}
	scan := func(rows *sql.Rows) (c customer, err error) {
		err = rows.Scan(&c.id, &c.name)
		return c, err
	}
	err := green.Run(func(h *green.Hub) error {
		d, err := db.Open(h, "pgx", url, 4)
		if err != nil {
			return err
		}
		defer d.Close()
		for c, err := range db.Each(d, 100, scan, "select id, name from customers where age > $1", 18) {
			if err != nil {
				return err
			}
			fmt.Println(c.id, c.name)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
}
