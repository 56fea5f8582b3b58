package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/live"
)

// The page on a server of package net/http, beside the hub. A program asks it for JSON; a browser gets the page.
func ExampleHandler() {
	l, err := net.Listen("tcp", "127.0.0.1:0") // nobody else's: the page names files and lines of the program
	if err != nil {
		fmt.Println(err)
		return
	}
	err = green.Run(func(h *green.Hub) error {
		mux := http.NewServeMux()
		mux.Handle("/debug/hub", live.Handler(h))
		server := &http.Server{Handler: mux}
		go server.Serve(l)
		defer server.Close()

		bell := h.NewEvent()
		h.Go(bell.Wait).SetName("sleeper")
		defer bell.Set()

		s, err := green.Offload(h, func(context.Context) (s green.Snapshot, err error) {
			r, err := http.Get("http://" + l.Addr().String() + "/debug/hub?format=json")
			if err != nil {
				return s, err
			}
			defer r.Body.Close()
			fmt.Println(r.Status)
			return s, json.NewDecoder(r.Body).Decode(&s)
		})
		for _, t := range s.Tasks {
			fmt.Println(t.Label(), "waits for", t.WaitsFor)
		}
		return err
	})
	fmt.Println("ended:", err)
	// Output:
	// 200 OK
	// task 1 "main" waits for an offloaded function
	// task 2 "sleeper" waits for an event
	// ended: <nil>
}

// A plain goroutine asks who waits for what.
func ExampleSnapshot() {
	err := green.Run(func(h *green.Hub) error {
		jobs := green.NewQueue[int](h, 0)
		worker := h.Go(func() error {
			for range jobs.All() {
			}
			return nil
		}).SetName("worker")

		var looked green.SharedEvent
		go func() {
			defer looked.Set()
			s, err := live.Snapshot(context.Background(), h, false)
			if err != nil {
				fmt.Println(err)
				return
			}
			for _, t := range s.Tasks {
				fmt.Println(t.Label(), "waits for", t.WaitsFor)
			}
		}()
		if err := looked.Wait(h); err != nil {
			return err
		}
		jobs.Shutdown()
		return worker.Join()
	})
	fmt.Println("ended:", err)
	// Output:
	// task 1 "main" waits for a shared event
	// task 2 "worker" waits for an item of queue (0 of 0 items)
	// ended: <nil>
}
