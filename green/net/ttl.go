package net

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"
)

// hostsAge is how long answers are kept that did not come from a name server: from the hosts file, say.
const hostsAge = 5 * time.Second

// systemLookup is package net's look-up. That applies the system's rules but keeps the age of the answers to itself, so
// the conversation with the name servers is listened to.
func systemLookup(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	if runtime.GOOS == "windows" { // whose rules Go's own resolver does not know: not even localhost is in its hosts file
		ips, err := (&net.Resolver{}).LookupNetIP(ctx, "ip", host)
		return ips, hostsAge, err
	}
	return heardLookup(ctx, host, (&net.Dialer{}).DialContext)
}

// heardLookup is systemLookup with the function that connects to the name servers.
func heardLookup(
	ctx context.Context, host string, dial func(ctx context.Context, network, address string) (net.Conn, error),
) ([]netip.Addr, time.Duration, error) {
	var least atomic.Int64
	least.Store(-1)
	r := &net.Resolver{
		PreferGo: true,
		Dial: func(dialCtx context.Context, network, address string) (net.Conn, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			c, err := dial(dialCtx, network, address)
			if err != nil {
				return nil, err
			}
			stream := network[:3] == "tcp"
			l := &overheard{Conn: c, stream: stream, least: &least}
			// Package net waits for a name server that says nothing, with a socket, long after nobody wants to know.
			l.stop = context.AfterFunc(ctx, func() { c.Close() })
			if p, ok := c.(net.PacketConn); ok && !stream {
				return overheardPackets{l, p}, nil // the resolver tells UDP from TCP by this interface
			}
			return l, nil
		},
	}
	ips, err := r.LookupNetIP(ctx, "ip", host)
	ttl := time.Duration(least.Load()) * time.Second
	if least.Load() < 0 {
		ttl = hostsAge
	}
	return ips, ttl, err
}

// overheard is a connection to a name server. Of what comes it heeds what package net takes
// for an answer.
type overheard struct {
	net.Conn
	stream bool
	least  *atomic.Int64 // of the seconds seen
	stop   func() bool   // forgets to close it when the look-up is canceled
	query  []byte        // the last one
	part   []byte        // of a message that a stream has not brought whole yet, with its length in front
}

func (c *overheard) Close() error {
	c.stop()
	return c.Conn.Close()
}

type overheardPackets struct {
	*overheard
	net.PacketConn
}

func (c overheardPackets) Close() error                       { return c.overheard.Close() }
func (c overheardPackets) LocalAddr() net.Addr                { return c.Conn.LocalAddr() }
func (c overheardPackets) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(t) }
func (c overheardPackets) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(t) }
func (c overheardPackets) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }

func (c *overheard) Write(p []byte) (int, error) {
	c.query = bytes.Clone(p)
	if c.stream && len(p) > 2 {
		c.query = c.query[2:]
	}
	return c.Conn.Write(p)
}

func (c *overheard) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.stream {
		c.heard(p[:max(0, n)])
		return n, err
	}
	c.part = append(c.part, p[:max(0, n)]...)
	for len(c.part) >= 2 {
		end := 2 + int(binary.BigEndian.Uint16(c.part))
		if len(c.part) < end {
			break
		}
		c.heard(c.part[2:end])
		c.part = c.part[end:]
	}
	return n, err
}

// heard notes the ages in msg, if that answers the query. One that was cut off comes again by a stream.
func (c *overheard) heard(msg []byte) {
	const response, truncated = 0x80, 0x02 // bits of the third byte
	if !answers(msg, c.query) || msg[2]&response == 0 || msg[2]&truncated != 0 {
		return
	}
	ttl, ok := leastTTL(msg)
	if !ok {
		return
	}
	for old := c.least.Load(); old < 0 || int64(ttl) < old; old = c.least.Load() {
		if c.least.CompareAndSwap(old, int64(ttl)) {
			break
		}
	}
}

// header is how long that of a DNS message is.
const header = 12

// answers reports whether msg has the number and the question of query. What has not is forged, or comes late.
func answers(msg, query []byte) bool {
	if len(msg) < header || len(query) < header || !bytes.Equal(msg[:2], query[:2]) || !bytes.Equal(msg[4:6], query[4:6]) {
		return false
	}
	end := skipName(query, header) + 4
	return end <= len(query) && end <= len(msg) && bytes.EqualFold(query[header:end], msg[header:end])
}

// leastTTL returns the shortest time to live of the answers in a DNS message, and whether it has any.
func leastTTL(msg []byte) (least uint32, ok bool) {
	if len(msg) < header {
		return 0, false
	}
	questions, answers := binary.BigEndian.Uint16(msg[4:]), binary.BigEndian.Uint16(msg[6:])
	at := header
	for range questions {
		if at = skipName(msg, at) + 4; at > len(msg) {
			return 0, false
		}
	}
	for range answers {
		at = skipName(msg, at)
		if at+10 > len(msg) {
			return least, ok
		}
		ttl := binary.BigEndian.Uint32(msg[at+4:])
		if ttl > math.MaxInt32 {
			ttl = 0 // RFC 2181, section 8
		}
		if !ok || ttl < least {
			least, ok = ttl, true
		}
		at += 10 + int(binary.BigEndian.Uint16(msg[at+8:]))
	}
	return least, ok
}

// skipName returns where the name at at ends, or more than len(msg).
func skipName(msg []byte, at int) int {
	for at < len(msg) {
		switch n := int(msg[at]); {
		case n == 0:
			return at + 1
		case n >= 0xc0:
			return at + 2 // a pointer is the end
		default:
			at += 1 + n
		}
	}
	return len(msg) + 1
}
