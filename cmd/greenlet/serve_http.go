package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// maxSleep is the longest that a request may make itself last.
const maxSleep = time.Minute

// maxWork is how often a request may have a block of workBlock bytes hashed. Its hub does nothing else meanwhile.
const maxWork, workBlock = 10_000, 4 << 10

// A web is the part of an HTTP server that one hub runs.
type web struct {
	h       *green.Hub
	s       *server
	http    *greenhttp.Server
	ending  *green.Event // set when the server ends
	patient time.Time    // until when it then waits
	started time.Time
}

// newWeb makes the server of greenlet serve http.
func newWeb(s *server) beginner {
	return func(h *green.Hub) part {
		w := s.web(h)
		w.http.Handler = w.counted(w.routes())
		return w
	}
}

// web makes a web without a handler.
func (s *server) web(h *green.Hub) *web {
	s.unit = "request"
	return &web{h: h, s: s, ending: h.NewEvent(), started: h.Now(), http: &greenhttp.Server{
		IdleTimeout:       s.o.idle,
		ReadHeaderTimeout: s.o.patience(),
		OnError:           func(_ *http.Request, err error) { s.onError(nil, err) },
	}}
}

func (w *web) serve(c stream) error {
	w.http.ServeConn(w.h, c)
	return nil
}

func (w *web) drain(grace time.Duration) error {
	w.patient = w.h.Now().Add(grace)
	w.ending.Set()
	w.http.Shutdown(grace) // those that it kills have been counted
	return nil
}

// counted counts the requests that h has answered, and those that it had no time for.
func (w *web) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		defer func() {
			if !w.patient.IsZero() && !w.h.Now().Before(w.patient) {
				w.s.cut.Add(1)
			}
		}()
		h.ServeHTTP(rw, r)
		w.s.answers.Add(1)
	})
}

// routes are what greenlet serve http answers.
func (w *web) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.hello)
	mux.HandleFunc("/echo", w.echo)
	mux.HandleFunc("GET /sleep/{time}", w.sleep)
	mux.HandleFunc("GET /work/{times}", w.work)
	mux.HandleFunc("GET /events", w.events)
	mux.HandleFunc("GET /stats", w.stats)
	return mux
}

const helloText = "Hello from a greenlet.\n\nTry /echo, /sleep/1s, /work/100, /events and /stats.\n"

func (w *web) hello(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(rw, helloText)
}

// echo answers with the body of the request, while that comes.
func (w *web) echo(rw http.ResponseWriter, r *http.Request) {
	http.NewResponseController(rw).EnableFullDuplex() // this server always can
	// Whatever a body says that it is, a browser is not to take it for a page of this server.
	rw.Header().Set("Content-Type", "application/octet-stream")
	if _, err := io.Copy(rw, &upload{w, http.NewResponseController(rw), r.Body}); err != nil {
		panic(http.ErrAbortHandler) // else what was sent would look whole
	}
}

// An upload is the body of a request that may take any time, as long as something happens.
type upload struct {
	w    *web
	on   *http.ResponseController
	body io.Reader
}

func (u *upload) Read(p []byte) (int, error) {
	if d := u.w.s.o.idle; d > 0 {
		by := u.w.h.Now().Add(d)
		u.on.SetReadDeadline(by)
		u.on.SetWriteDeadline(by.Add(d)) // of what is read now
	}
	return u.body.Read(p)
}

// sleep answers with two lines, the second of which comes later.
func (w *web) sleep(rw http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.PathValue("time"))
	if err != nil || d < 0 || d > maxSleep {
		http.Error(rw, fmt.Sprintf("say how long, as 1s, up to %v", maxSleep), http.StatusBadRequest)
		return
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(rw, "sleeping\n")
	http.NewResponseController(rw).Flush()
	if err := w.h.Sleep(d); err != nil {
		panic(http.ErrAbortHandler)
	}
	io.WriteString(rw, "awake\n")
}

// work computes without a pause, as a handler in a hub better doesn't: it shows what that does to the others, and how far more hubs
// help. Each hash goes into the block of the next one, so that all must be done.
func (w *web) work(rw http.ResponseWriter, r *http.Request) {
	times, err := strconv.Atoi(r.PathValue("times"))
	if err != nil || times < 1 || times > maxWork {
		http.Error(rw, fmt.Sprintf("say how often, from 1 to %d", maxWork), http.StatusBadRequest)
		return
	}
	var block [workBlock]byte
	for range times {
		sum := sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(rw, "%x\n", block[:sha256.Size])
}

// events sends an event a second until the client has gone or the server ends.
func (w *web) events(rw http.ResponseWriter, r *http.Request) {
	stream, err := greenhttp.NewEventStream(rw)
	for i := 1; err == nil; i++ {
		err = stream.Send(greenhttp.Event{ID: strconv.Itoa(i), Name: "tick", Data: w.h.Now().Format(time.RFC3339)})
		if err == nil && !isTimeout(w.ending.WaitTimeout(time.Second)) {
			return
		}
	}
}

// isTimeout says whether err is that of a deadline.
func isTimeout(err error) bool { return errors.Is(err, green.ErrTimeout) }

// stats answers with what the server has done.
func (w *web) stats(rw http.ResponseWriter, _ *http.Request) {
	stats := w.s.cluster.Stats()
	rw.Header().Set("Content-Type", "application/json")
	json.NewEncoder(rw).Encode(map[string]any{
		"hubs":     w.s.hubs(),
		"accepted": stats.Accepted.Load(),
		"active":   stats.Active.Load(),
		"requests": w.s.answers.Load(),
		"seconds":  int(w.h.Now().Sub(w.started).Seconds()),
	})
}
