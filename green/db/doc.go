// Package db lets the tasks of a hub use what knows goroutines only: database/sql with any driver, a client of Redis,
// and the like. The calls run on other goroutines, by [green.Offload]; the connections come from a
// [green.ResourcePool], in which tasks wait for one, first come, first served. The task that calls is blocked, and
// nobody else.
//
// # Any client
//
// A [Pool] holds connections of any kind, and [Do] calls a function with one:
//
//	n, err := db.Do(pool, func(ctx context.Context, c *redis.Client) (int64, error) {
//		return c.Incr(ctx, "visits").Result()
//	})
//
// The function must not use what belongs to the hub, which other tasks use meanwhile.
//
// # SQL
//
// [New] makes a [DB] of a *sql.DB. A function scans a row; it runs on the other goroutine, too:
//
//	names, err := db.Query(d, db.Column[string], "select name from users where age > $1", 18)
//
// [Each] is for results that are too many to keep, and [DB.Tx] for transactions.
//
// # Kills and deadlines
//
// A task that is killed, or whose deadline passes, leaves at once. The context of its call ends then, for which drivers
// interrupt what they do; Abort of [Options] is for clients that pay no heed to it. A [Pool] closes the connection when
// the call has returned, and makes another one in its place when it is needed; of a [DB]'s, package database/sql takes
// care. Whether the server has done what it was told is unknown then. A call that never returns keeps Run from
// returning.
//
// # Limits
//
// No more calls run at the same time than [green.OffloadLimit] says, which is 16 at first, whatever the Max of the
// pool. A hand-over to another goroutine and back takes some microseconds: little beside a query.
package db
