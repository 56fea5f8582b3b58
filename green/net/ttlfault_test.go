package net

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// The ages of answers are those of the answers that are used: also of those that come by TCP, and not of forged ones.
// What has the top bit set is 0, as RFC 2181 has it.
func TestOverheard_AgesOfOddAnswers(t *testing.T) {
	one := func(ttl uint32) record { return record{1, ttl, []byte{192, 0, 2, 1}} }
	packet := map[byte]func(query []byte) [][]byte{
		't': func(query []byte) [][]byte { // cut off
			m := message(query, one(1))
			m[2] |= 0x02
			return [][]byte{m}
		},
		'w': func(query []byte) [][]byte { // with a wrong number
			forged := message(query, one(0))
			forged[0]++
			return [][]byte{forged, message(query, one(300))}
		},
		'q': func(query []byte) [][]byte { // to another question
			forged := message(query, one(0))
			forged[13]++
			return [][]byte{forged, message(query, one(300))}
		},
		'b': func(query []byte) [][]byte { return [][]byte{message(query, one(1<<31|5))} },
	}
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streams, err := net.Listen("tcp", server.LocalAddr().String())
	if err != nil {
		t.Skip("no port for both: ", err)
	}
	done := make(chan struct{}, 2)
	go func() {
		defer func() { done <- struct{}{} }()
		buf := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			replies := packet[buf[13]](buf[:n])
			if buf[skipName(buf[:n], 12)+1] != 1 {
				replies = [][]byte{message(buf[:n])}
			}
			for _, m := range replies {
				server.WriteTo(m, from)
			}
		}
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		for {
			c, err := streams.Accept()
			if err != nil {
				return
			}
			var size [2]byte
			io.ReadFull(c, size[:])
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			io.ReadFull(c, query)
			m := message(query, one(7))
			m = append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...)
			for _, b := range m { // in pieces
				c.Write([]byte{b})
			}
			c.Close()
		}
	}()
	defer func() {
		server.Close()
		streams.Close()
		<-done
		<-done
	}()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server.LocalAddr().String())
	}
	for name, want := range map[string]time.Duration{
		"truncated.test.": 7 * time.Second, "wrong.test.": 300 * time.Second, "question.test.": 300 * time.Second, "bit.test.": 0,
	} {
		ips, ttl, err := heardLookup(context.Background(), name, dial)
		if err != nil || len(ips) != 1 || ttl != want {
			t.Errorf("%s: %v for %v, %v; want %v", name, ips, ttl, err, want)
		}
	}
}

// A resolver that is asked for ever new names keeps a bounded number of them, the last ones.
func TestResolver_KeepsABoundedNumberOfNames(t *testing.T) {
	asked := 0
	r := &Resolver{Lookup: func(context.Context, string) ([]netip.Addr, time.Duration, error) {
		asked++
		return []netip.Addr{netip.IPv6Loopback()}, time.Hour, nil
	}}
	err := green.Run(func(h *green.Hub) error {
		look := func(i int) {
			if _, err := r.LookupNetIP(h, "ip", fmt.Sprintf("name%d.test", i)); err != nil {
				t.Error(err)
			}
		}
		for i := range 2 * maxNames {
			look(i)
		}
		if len(r.names) != maxNames || r.order.Len() != maxNames {
			t.Errorf("%d names, %d in order", len(r.names), r.order.Len())
		}
		look(2*maxNames - 1)
		look(maxNames)
		if asked != 2*maxNames {
			t.Errorf("%d look-ups of %d names", asked, 2*maxNames)
		}
		look(0)
		if asked != 2*maxNames+1 {
			t.Error("the first name was kept")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
