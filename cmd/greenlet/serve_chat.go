package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-greenlet/greenlet/green"
)

// Limits of a chat, which has no other memory than the machine's.
const (
	maxRooms   = 1000
	maxHistory = 100      // messages that a room remembers
	maxPast    = 64 << 10 // bytes of these, as they are sent: who comes gets all at once
	maxName    = 32       // characters of a name, of a person or a room
	maxText    = 2000     // characters of a message
	maxBehind  = 256      // messages that a member may be behind before it is taken for gone
)

// A note is what goes over a connection of the chat, as JSON.
type note struct {
	Kind  string   `json:"kind"`            // to the server say; from it welcome, said, joined, left or refused
	Name  string   `json:"name,omitempty"`  // of whom it is about
	Text  string   `json:"text,omitempty"`  // what was said, or why it was refused
	At    string   `json:"at,omitempty"`    // when it was said
	Names []string `json:"names,omitempty"` // who is there, for a welcome
	Past  []note   `json:"past,omitempty"`  // what was said before, for a welcome
}

// encode is n as it is sent. Nothing is escaped but what JSON wants to be: it is never part of a page.
func (n note) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(n); err != nil {
		panic(err) // there is nothing in a note that cannot be encoded
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// A hall has the rooms of a chat. It belongs to one hub.
type hall struct {
	h     *green.Hub
	rooms map[string]*room
}

// A room is where what one says is heard by all.
type room struct {
	name    string
	members []*member // in the order in which they came
	past    []note
	sizes   []int // of what is in past, as it is sent
	size    int   // their sum
}

// A member is somebody in a room.
type member struct {
	name string
	room *room
	out  *green.Queue[note] // what is to be sent; shut down when the member is to go
	cut  func()             // ends the connection, whatever it is at
}

var (
	errNameTaken = errors.New("that name is taken in this room")
	errBadName   = errors.New("a name has 1 to 32 characters that can be seen")
	errFull      = errors.New("there are too many rooms")
	errTooLong   = errors.New("that is too long: a message has at most 2000 characters")
)

// join brings somebody into a room, who hears of who is there and what was said. cut ends the connection at once.
func (l *hall) join(roomName, name string, cut func()) (*member, error) {
	roomName, name = tidyName(roomName), tidyName(name)
	if !validName(roomName) || !validName(name) {
		return nil, errBadName
	}
	r := l.rooms[roomName]
	if r == nil {
		if len(l.rooms) >= maxRooms && !l.forgetOne() {
			return nil, errFull
		}
		r = &room{name: roomName}
		l.rooms[roomName] = r
	}
	for _, m := range r.members {
		if strings.EqualFold(m.name, name) {
			return nil, errNameTaken
		}
	}
	r.tell(note{Kind: "joined", Name: name})
	m := &member{name: name, room: r, cut: cut, out: green.NewQueue[note](l.h, maxBehind)}
	r.members = append(r.members, m)
	welcome := note{Kind: "welcome", Name: name, Text: roomName, Past: r.past}
	for _, m := range r.members {
		welcome.Names = append(welcome.Names, m.name)
	}
	m.out.TryPut(welcome)
	return m, nil
}

// forgetOne forgets an empty room, and says whether there was one.
func (l *hall) forgetOne() bool {
	for name, r := range l.rooms {
		if len(r.members) == 0 {
			delete(l.rooms, name)
			return true
		}
	}
	return false
}

// leave takes m out of its room. Done already, nothing happens.
func (m *member) leave() {
	r := m.room
	for i, other := range r.members {
		if other == m {
			r.members = append(r.members[:i:i], r.members[i+1:]...)
			m.out.Shutdown()
			r.tell(note{Kind: "left", Name: m.name})
			return
		}
	}
}

// say makes m say something to the room, at the time now. What is refused only m hears of.
func (m *member) say(text string, now time.Time) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd"))
	switch {
	case text == "":
	case utf8.RuneCountInString(text) > maxText:
		m.out.TryPut(note{Kind: "refused", Text: errTooLong.Error()})
	default:
		n := note{Kind: "said", Name: m.name, Text: text, At: now.UTC().Format(time.RFC3339)}
		r := m.room
		r.remember(n)
		r.tell(n)
	}
}

// remember adds n to what was said before, and forgets the oldest if that is too much.
func (r *room) remember(n note) {
	size := len(n.encode()) + 1
	r.past, r.sizes = append(r.past, n), append(r.sizes, size)
	drop := 0
	for r.size += size; len(r.past)-drop > maxHistory || r.size > maxPast; drop++ {
		r.size -= r.sizes[drop]
	}
	if drop > 0 { // welcomes that are under way have the old ones
		r.past = append(r.past[:0:0], r.past[drop:]...)
		r.sizes = append(r.sizes[:0:0], r.sizes[drop:]...)
	}
}

// tell sends n to all. The connection of who is too far behind ends; waiting would hold up the others.
func (r *room) tell(n note) {
	for _, m := range r.members {
		if !m.out.Closed() && !m.out.TryPut(n) {
			m.out.Shutdown()
			m.cut()
		}
	}
}

// close makes everybody go.
func (l *hall) close() {
	for _, r := range l.rooms {
		for _, m := range r.members {
			m.out.Shutdown()
		}
	}
}

// tidyName makes one space of several.
func tidyName(s string) string { return strings.Join(strings.Fields(s), " ") }

// validName says whether s can be the name of somebody or something.
func validName(s string) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= 1 && n <= maxName && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
