package main

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// pings are sent so often that what is between server and browser does not take the connection for idle. A browser
// that has not answered by the next one is gone.
const pings = 30 * time.Second

// maxUnread is how much of what a member has not read may wait in the system.
const maxUnread = 64 << 10

// breath is how long somebody waits who talks too fast.
const breath = time.Millisecond

//go:embed chat
var chatFiles embed.FS

// A chatWeb is the web part of a chat.
type chatWeb struct {
	*web
	hall *hall
}

// newChat makes the server of greenlet serve chat.
func newChat(s *server) beginner {
	return func(h *green.Hub) part {
		c := &chatWeb{web: s.web(h), hall: &hall{h: h, rooms: map[string]*room{}}}
		files, err := fs.Sub(chatFiles, "chat")
		if err != nil {
			panic(err) // the folder is part of the program
		}
		mux := http.NewServeMux()
		mux.Handle("GET /", secured(http.FileServerFS(files)))
		mux.HandleFunc("GET /ws", c.socket)
		c.http.Handler = c.counted(forHosts(s.o.hosts, mux))
		return c
	}
}

// secured lets the page use nothing but what comes from here.
func secured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		h.ServeHTTP(w, r)
	})
}

// drain makes everybody leave, which ends their connections, and then is that of any web.
func (c *chatWeb) drain(grace time.Duration) error {
	c.ending.Set()
	c.hall.close()
	return c.web.drain(grace)
}

// socket serves the connection of one member.
func (c *chatWeb) socket(w http.ResponseWriter, r *http.Request) {
	ws, err := greenhttp.Upgrade(w, r)
	if err != nil {
		return // Upgrade has answered
	}
	ws.Limit = 4*maxText + 1024 // of JSON in UTF-8
	if socket, is := ws.NetConn().(syscall.Conn); is {
		boundSending(socket, maxUnread)
	}
	query := r.URL.Query()
	m, err := c.hall.join(query.Get("room"), query.Get("name"), func() { ws.NetConn().Close() })
	if err != nil {
		send(ws, note{Kind: "refused", Text: err.Error()}) // if it fails, nobody is there to hear it
		ws.Close(greenhttp.CloseNormal, "")
		return
	}
	if c.ending.IsSet() {
		m.out.Shutdown()
	}
	defer ws.Close(greenhttp.CloseNormal, "")
	defer m.leave()
	writer := c.h.Go(func() error {
		c.write(ws, m)
		return nil
	})
	defer writer.Stop()
	c.read(ws, m)
}

// write sends what m is to hear, until m goes or the connection fails.
func (c *chatWeb) write(ws *greenhttp.WebSocket, m *member) {
	alive := true
	ws.OnPong = func([]byte) { alive = true }
	for {
		n, err := m.out.GetTimeout(pings)
		ws.NetConn().SetWriteDeadline(c.h.Now().Add(2 * pings)) // beyond the next time that it is set
		switch {
		case err == nil:
			err = send(ws, n)
		case isTimeout(err) && alive:
			alive = false
			err = ws.Ping(nil)
		}
		if err != nil {
			ws.Close(greenhttp.CloseGoing, "")
			return
		}
	}
}

// read hears what m says, until the connection ends.
func (c *chatWeb) read(ws *greenhttp.WebSocket, m *member) {
	for {
		_, text, err := ws.ReadMessage()
		if err != nil {
			return
		}
		var n note
		if json.Unmarshal(text, &n) != nil || n.Kind != "say" {
			ws.Close(greenhttp.CloseInvalid, "not a message of this chat")
			return
		}
		m.say(n.Text, c.h.Now())
		// Who talks faster than they listen has to wait, so as not to drown the others.
		for m.out.Len() > maxBehind/2 && !m.out.Closed() {
			if c.h.Sleep(breath) != nil {
				return
			}
		}
	}
}

// send sends n.
func send(ws *greenhttp.WebSocket, n note) error {
	return ws.WriteMessage(greenhttp.Text, n.encode())
}
