package green

import "time"

// After makes a task in in that starts after d: see [Spawn]. Until then it costs no stack, and [Task.Cancel] takes it back.
// It counts as a task from now on: what it belongs to waits for it.
func After(in Spawner, d time.Duration, f func() error) *Task {
	t := &Task{body: function(f)}
	t.startAfter(in.spawner(), d)
	return t
}

// At is [After] with the time of the start, in the time of the hub's world.
func At(in Spawner, at time.Time, f func() error) *Task {
	return After(in, at.Sub(in.spawner().hub().Now()), f)
}

// SpawnAfter is [Spawn] of a job that starts after d, as [After] does.
func SpawnAfter[T any](in Spawner, d time.Duration, f func() (T, error)) *Job[T] {
	j := newJob(f)
	j.startAfter(in.spawner(), d)
	return j
}

// Every makes a task in in that calls f after d, and again d after f has returned, and so on. When f returns an error, that
// is the end of the task and its error: return [ErrKilled] to end it without one. What it belongs to waits for it;
// [Task.Stop] ends it.
func Every(in Spawner, d time.Duration, f func() error) *Task {
	h := in.spawner().hub()
	return After(in, d, func() error {
		for {
			if err := f(); err != nil {
				return err
			}
			if err := h.Sleep(d); err != nil {
				return err
			}
		}
	})
}

// Rate makes a task in in that calls f n times in every per, the first time at once. It keeps the pace over the long run:
// if f takes longer than its share, the next calls follow one another, with a [Hub.Yield] between them, until the time is
// made up for. f gets the time at which its call was due. It ends as [Every] does. An n that is not positive panics.
func Rate(in Spawner, n int, per time.Duration, f func(due time.Time) error) *Task {
	if n <= 0 || per <= 0 {
		panic("green: Rate of nothing; it takes a positive number in a positive time")
	}
	h := in.spawner().hub()
	return spawn(in.spawner(), func() error {
		begin := h.Now()
		for rounds := time.Duration(0); ; rounds++ {
			for i := range n {
				due := begin.Add(rounds*per + per/time.Duration(n)*time.Duration(i))
				if err := h.Sleep(due.Sub(h.Now())); err != nil {
					return err
				}
				if err := f(due); err != nil {
					return err
				}
			}
		}
	})
}

// Loop makes a task in in that calls f again and again, with a [Hub.Yield] after each. It ends as [Every] does.
func Loop(in Spawner, f func() error) *Task {
	return Every(in, 0, f)
}

// startAfter puts t into the ring after d.
func (t *Task) startAfter(o owner, d time.Duration) {
	if !t.prepare(o) {
		return
	}
	if d <= 0 {
		t.t.Insert()
		return
	}
	t.own().alarm = t.h.s.NewAlarm(func() {
		if t.state == pending { // else somebody has inserted the tasklet before
			t.t.Insert()
		}
	})
	t.alarm.Set(d)
}
