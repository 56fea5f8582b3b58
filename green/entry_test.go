package green_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/internal/entrytest"
	"github.com/go-greenlet/greenlet/tasklet"
)

func TestEveryMethod_RefusesOtherGoroutines(t *testing.T) {
	made := entrytest.Line(1)
	err := green.Run(func(h *green.Hub) error {
		p := green.NewPool(h, 1)
		m := h.NewMutex()
		resources := green.NewResourcePool(h, green.ResourceOptions[int]{Max: 1, Create: func() (int, error) { return 1, nil }})
		resource, err := resources.Get()
		if err != nil {
			return err
		}
		signals := h.NewSignals(os.Interrupt)
		job := green.Spawn(h, func() (int, error) { return 1, nil })
		actor := green.NewActor(h)
		dag := green.NewDAG[string, int](h, 1)
		feed := green.FromSeq(h, func(func(int) bool) {}, 1)
		box := green.NewMailbox(h)
		var request *green.Request[int, int]
		h.Go(func() error { _, err := green.Ask[int, int](box, 1); return err })
		if request, err = green.Receive[*green.Request[int, int]](box); err != nil {
			return err
		}
		return h.Group(func(g *green.Group) error {
			return h.Supervise(green.Restarts{}, func(sup *green.Supervisor) error {
				entrytest.Table{
					Package: "green",
					Made:    made,
					Values: []any{
						h, h.Main(), job, g, sup, p, m, h.NewRLock(), h.NewRWMutex(), h.NewEvent(), h.NewLatch(0), h.NewBarrier(1),
						h.NewSemaphore(1), h.NewCappedSemaphore(1, 1), green.NewCond(m), h.NewTimer(time.Hour), h.Shutdown(), signals,
						green.NewQueue[int](h, 1), green.NewResult[int](h), resources, resource, actor, box, request, dag,
						feed, green.NewPile[int](p), green.NewLocal[int](), h.Trace(), h.Var(),
						&green.SharedEvent{}, &green.SharedResult[int]{}, green.NewSharedSemaphore(0),
					},
					Funcs: map[string]any{
						"Callback": green.Callback[int], "GetWithin": green.GetWithin[int], "Map": green.Map[int, int],
						"MapSeq": green.MapSeq[int, int], "MapUnordered": green.MapUnordered[int, int],
						"Messages": green.Messages[int], "Offload": green.Offload[int], "Receive": green.Receive[int],
						"Ask": green.Ask[int, int], "Answer": green.Answer[int, int], "Handle": green.Handle[int],
						"ToChan": green.ToChan[int], "NewActor": green.NewActor, "NewCond": green.NewCond,
						"NewDAG": green.NewDAG[int, int], "FromChan": green.FromChan[int], "FromSeq": green.FromSeq[int],
						"NewMailbox": green.NewMailbox, "NewPile": green.NewPile[int], "NewPool": green.NewPool,
						"NewQueue": green.NewQueue[int], "NewResult": green.NewResult[int],
						"NewResourcePool": green.NewResourcePool[int], "Spawn": green.Spawn[int],
						"SpawnAfter": green.SpawnAfter[int], "SpawnIn": green.SpawnIn[int], "After": green.After, "At": green.At,
						"Every": green.Every, "Loop": green.Loop, "Rate": green.Rate,
					},
					Args: []any{
						h, p, m, resource, actor, box, job, job.Tasklet(), os.Signal(os.Interrupt), time.Hour, context.Canceled, 1, h.Main(),
						green.ResourceOptions[int]{Max: 1, Create: func() (int, error) { return 1, nil }},
					},
					Anywhere: map[string]string{
						"Hub.Main": entrytest.Constant, "Hub.Scheduler": entrytest.Constant, "Task.Hub": entrytest.Constant,
						"Barrier.Parties": entrytest.Constant,
						"Actor.Mailbox":   entrytest.Constant, "Actor.Task": entrytest.Constant,
						"Supervisor.Group": entrytest.Constant, "Resource.Created": entrytest.Constant,
						"Hub.Post": "for other goroutines", "Hub.Hold": "for other goroutines", "Hub.Inspect": "for other goroutines",
						"SharedEvent.Set": "for other goroutines", "SharedEvent.IsSet": "for other goroutines",
						"SharedEvent.Clear": "for other goroutines", "SharedEvent.WaitContext": "for other goroutines",
						"SharedResult.Set": "for other goroutines", "SharedResult.Poll": "for other goroutines",
						"SharedResult.GetContext":    "for other goroutines",
						"SharedSemaphore.TryAcquire": "for other goroutines", "SharedSemaphore.Release": "for other goroutines",
						"SharedSemaphore.AcquireContext": "for other goroutines",
						"Var.String":                     "for other goroutines", "Hub.Var": entrytest.Constant,
						"Callback":            "returns ErrOutside, as it says",
						"Hub.SampleLatencyAt": "of a test", "Hub.WatchMemoryAt": "of a test",
					},
				}.Run(t)
				request.Reply(1)
				signals.Close()
				actor.Stop()
				resources.Close()
				return nil
			})
		})
	}, green.WithWorld(tasklet.NewClock(time.Unix(0, 0))))
	expect(t, "Run", err, nil)
}
