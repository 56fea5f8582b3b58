package net

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"
)

// A record is an answer of a name server.
type record struct {
	kind uint16
	ttl  uint32
	data []byte
}

// message answers the question of a DNS message with records.
func message(question []byte, records ...record) []byte {
	end := skipName(question, 12) + 4
	msg := append([]byte(nil), question[:end]...)
	binary.BigEndian.PutUint16(msg[2:], 0x8180) // an answer, without an error
	binary.BigEndian.PutUint16(msg[4:], 1)
	binary.BigEndian.PutUint16(msg[6:], uint16(len(records)))
	binary.BigEndian.PutUint16(msg[8:], 0)
	binary.BigEndian.PutUint16(msg[10:], 0)
	for _, r := range records {
		msg = append(msg, 0xc0, 12) // the name of the question
		msg = binary.BigEndian.AppendUint16(msg, r.kind)
		msg = binary.BigEndian.AppendUint16(msg, 1)
		msg = binary.BigEndian.AppendUint32(msg, r.ttl)
		msg = binary.BigEndian.AppendUint16(msg, uint16(len(r.data)))
		msg = append(msg, r.data...)
	}
	return msg
}

// askFor is a question for the address of a name.
func askFor(name string) []byte {
	msg := make([]byte, 12)
	binary.BigEndian.PutUint16(msg[4:], 1)
	for _, label := range strings.Split(name, ".") {
		msg = append(append(msg, byte(len(label))), label...)
	}
	return append(msg, 0, 0, 1, 0, 1)
}

func TestLeastTTL(t *testing.T) {
	a, txt := record{1, 300, []byte{192, 0, 2, 1}}, record{16, 20, []byte("some text")}
	q := askFor("a.example")
	for name, c := range map[string]struct {
		msg   []byte
		least uint32
		ok    bool
	}{
		"nothing":       {nil, 0, false},
		"a question":    {q, 0, false},
		"no answer":     {message(q), 0, false},
		"one":           {message(q, a), 300, true},
		"the least":     {message(q, a, txt, a), 20, true},
		"cut off":       {message(q, a, txt)[:len(message(q, a))+5], 300, true},
		"cut in a name": {q[:15], 0, false},
	} {
		least, ok := leastTTL(c.msg)
		if least != c.least || ok != c.ok {
			t.Errorf("%s: got %d, %v, want %d, %v", name, least, ok, c.least, c.ok)
		}
	}
}

func FuzzLeastTTL(f *testing.F) {
	f.Add(message(askFor("a.example"), record{1, 300, []byte{192, 0, 2, 1}}))
	f.Add(askFor("a.example"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		if least, ok := leastTTL(msg); !ok && least != 0 {
			t.Fatalf("%d without an answer", least)
		}
	})
}

// A name server of the test's own says how long an answer lives; package net, which asks it, does not tell.
func TestOverheard_TheTimeToLiveOfARealConversation(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			at := skipName(buf[:n], 12)
			answers := []record{{1, 300, []byte{192, 0, 2, 1}}, {1, 77, []byte{192, 0, 2, 2}}}
			if buf[at+1] != 1 {
				answers = nil // of other types there are none
			}
			server.WriteTo(message(buf[:n], answers...), from)
		}
	}()
	defer func() {
		server.Close()
		<-done
	}()
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}
	ips, ttl, err := heardLookup(context.Background(), "a.example.", dial)
	if err != nil {
		t.Fatal(err)
	}
	if len(ips) != 2 || ips[0].Unmap().String() != "192.0.2.1" {
		t.Errorf("addresses %v", ips)
	}
	if ttl != 77*time.Second {
		t.Errorf("time to live %v, want 77s", ttl)
	}
}
