// Postgres shows tasks that share a few connections to a PostgreSQL database: transfers between accounts, in transactions,
// of which none is lost. It connects to where the environment's DATABASE_URL says, or starts a server of its own if one is
// installed.
package main

import (
	"database/sql"
	"fmt"
	"io"
	"os"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/db"
	"github.com/go-greenlet/greenlet/green/db/internal/server"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

func main() { os.Exit(start()) }

// start returns the program's status.
func start() int {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		s, err := server.Postgres()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer s.Stop()
		url = "host=" + s.Dir + " user=postgres"
	}
	if err := run(os.Stdout, url); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

const accounts = 5

func run(w io.Writer, url string) error {
	return green.Run(func(h *green.Hub) (err error) {
		d, err := db.Open(h, "pgx", url, 4)
		if err != nil {
			return err
		}
		defer d.Close()
		setup := []string{
			"create temporary table if not exists nothing ()", // the server answers
			"drop table if exists greenlet_accounts",
			"create table greenlet_accounts (id int primary key, amount int not null)",
			"insert into greenlet_accounts select n, 100 from generate_series(1, 5) n",
		}
		for _, query := range setup {
			if _, err := db.Exec(d, query); err != nil {
				return err
			}
		}
		defer db.Exec(d, "drop table greenlet_accounts")

		// Fifty tasks on four connections. Each moves something in a ring, so that in the end every account has what it had.
		err = h.Group(func(g *green.Group) error {
			for i := range 50 {
				g.Go(func() error { return transfer(d, i%accounts+1, (i+1)%accounts+1, 10) })
			}
			return nil
		})
		if err != nil {
			return err
		}
		for row, err := range db.Each(d, 2, account, "select id, amount from greenlet_accounts order by id") {
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "account %d has %d\n", row.id, row.amount)
		}
		fmt.Fprintln(w, "connections:", d.Stats().Created)
		return nil
	})
}

func transfer(d *db.DB, from, to, amount int) error {
	return d.Tx(nil, func(tx *db.Tx) error {
		// Locks are taken in the order of the accounts, so that no two transactions wait for each other.
		const lock = "select id from greenlet_accounts where id in ($1, $2) order by id for update"
		if _, err := db.Query(tx, db.Column[int], lock, from, to); err != nil {
			return err
		}
		const move = "update greenlet_accounts set amount = amount + $2 where id = $1"
		if _, err := db.Exec(tx, move, from, -amount); err != nil {
			return err
		}
		_, err := db.Exec(tx, move, to, amount)
		return err
	})
}

type entry struct{ id, amount int }

func account(rows *sql.Rows) (e entry, err error) {
	err = rows.Scan(&e.id, &e.amount)
	return e, err
}
