package http_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
	greennet "github.com/go-greenlet/greenlet/green/net"
)

// A server whose handlers hand things to each other by a queue of the hub, and a client of it. The handlers are of net/http,
// and while one waits, others are served.
func Example() {
	err := green.Run(func(h *green.Hub) error {
		jobs := green.NewQueue[string](h, 10)
		mux := http.NewServeMux()
		mux.HandleFunc("PUT /jobs/{name}", func(w http.ResponseWriter, r *http.Request) {
			if err := jobs.Put(r.PathValue("name")); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			}
		})
		mux.HandleFunc("GET /next", func(w http.ResponseWriter, r *http.Request) {
			name, err := jobs.Get() // blocks this connection's task, and nobody else
			if err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			io.WriteString(w, name)
		})

		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &greenhttp.Server{Handler: mux, MaxBodyBytes: 1 << 20}
		h.Go(func() error {
			if err := s.Serve(h, l); err != http.ErrServerClosed {
				return err
			}
			return nil
		})

		base := "http://" + l.Addr().String()
		client := greenhttp.NewClient(h) // one for the hub: it keeps connections
		ask := func(method, path string) (string, error) {
			r, err := http.NewRequest(method, base+path, nil)
			if err != nil {
				return "", err
			}
			answer, err := client.Do(r)
			if err != nil {
				return "", err
			}
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			return string(text), err
		}
		worker := green.Spawn(h, func() (string, error) { return ask("GET", "/next") })
		if _, err := ask("PUT", "/jobs/laundry"); err != nil {
			return err
		}
		job, err := worker.Get()
		fmt.Println("the next job:", job)
		client.CloseIdleConnections()
		return errors.Join(err, s.Shutdown(time.Minute))
	})
	fmt.Println("ended:", err)
	// Output:
	// the next job: laundry
	// ended: <nil>
}

// A request ends at the deadline of the task, whatever the server does.
func ExampleNewClient() {
	err := green.Run(func(h *green.Hub) error {
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &greenhttp.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			h.Sleep(time.Hour)
		})}
		h.Go(func() error {
			s.Serve(h, l)
			return nil
		})

		client := greenhttp.NewClient(h)
		inTime, err := h.Within(10*time.Millisecond, func() error {
			r, err := client.Get("http://" + l.Addr().String())
			if err != nil {
				return err
			}
			return r.Body.Close()
		})
		fmt.Println("in time:", inTime)
		return errors.Join(err, s.Close()) // which kills the handler
	})
	fmt.Println("ended:", err)
	// Output:
	// in time: false
	// ended: <nil>
}

// A server that sends every message back, and a client of it.
func ExampleUpgrade() {
	echo := func(w http.ResponseWriter, r *http.Request) {
		ws, err := greenhttp.Upgrade(w, r)
		if err != nil {
			return // the client has been told
		}
		defer ws.Close(greenhttp.CloseNormal, "")
		for {
			kind, message, err := ws.ReadMessage()
			if end := new(greenhttp.CloseError); errors.As(err, &end) {
				fmt.Println("the client says:", end.Code, end.Reason)
			}
			if err != nil {
				return
			}
			if err := ws.WriteMessage(kind, message); err != nil {
				return
			}
		}
	}
	err := green.Run(func(h *green.Hub) error {
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &greenhttp.Server{Handler: http.HandlerFunc(echo)}
		h.Go(func() error {
			s.Serve(h, l)
			return nil
		})

		ws, err := greenhttp.DialWebSocket(h, "ws://"+l.Addr().String())
		if err != nil {
			return err
		}
		if err := ws.WriteMessage(greenhttp.Text, []byte("hello")); err != nil {
			return err
		}
		_, message, err := ws.ReadMessage()
		fmt.Printf("%s\n", message)
		return errors.Join(err, ws.Close(greenhttp.CloseNormal, "bye"), s.Shutdown(time.Minute))
	})
	fmt.Println("ended:", err)
	// Output:
	// hello
	// the client says: 1000 bye
	// ended: <nil>
}

// A server that counts down in server-sent events, and a client that reads them.
func ExampleNewEventStream() {
	err := green.Run(func(h *green.Hub) error {
		countdown := func(w http.ResponseWriter, r *http.Request) {
			events, err := greenhttp.NewEventStream(w)
			if err != nil {
				return
			}
			for i := 3; i > 0; i-- {
				if err := events.Send(greenhttp.Event{Name: "tick", Data: strconv.Itoa(i)}); err != nil {
					return // the client has gone
				}
				if err := h.Sleep(time.Millisecond); err != nil {
					return
				}
			}
			events.Send(greenhttp.Event{Name: "end", Data: "lift-off"})
		}
		l, err := greennet.Listen(h, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &greenhttp.Server{Handler: http.HandlerFunc(countdown)}
		h.Go(func() error {
			s.Serve(h, l)
			return nil
		})

		client := greenhttp.NewClient(h)
		r, err := client.Get("http://" + l.Addr().String())
		if err != nil {
			return err
		}
		defer r.Body.Close()
		for events := greenhttp.NewEventReader(r.Body); ; {
			e, err := events.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			fmt.Println(e.Name, e.Data)
		}
		client.CloseIdleConnections()
		return s.Shutdown(time.Minute)
	})
	fmt.Println("ended:", err)
	// Output:
	// tick 3
	// tick 2
	// tick 1
	// end lift-off
	// ended: <nil>
}
