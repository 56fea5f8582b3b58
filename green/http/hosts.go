package http

import (
	"context"
	"net"
	"net/http/httptrace"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// A host is what a transport knows of one. The transport forgets it when it has no connection and nobody waits for
// one.
type host struct {
	key  hostKey
	idle []*persistent // the one that was used last at the end
	n    int           // connections, those that are being made included
	room *tasklet.Line
}

// get returns a connection for one request.
func (t *Transport) get(ctx context.Context, trace *httptrace.ClientTrace, key hostKey) (*persistent, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(key.addr)
	}
	t.expire()
	g := t.hosts[key]
	if g == nil {
		g = &host{key: key, room: t.h.Scheduler().NewLine("a connection to " + key.addr)}
		t.hosts[key] = g
	}
	var p *persistent
	err := t.within(ctx, func() (err error) {
		p, err = t.find(g, trace)
		return err
	})
	if err != nil {
		t.forget(g)
		return nil, err
	}
	if trace != nil && trace.GotConn != nil {
		info := httptrace.GotConnInfo{Conn: p.nc, Reused: p.again, WasIdle: p.again}
		if p.again {
			info.IdleTime = t.h.Now().Sub(p.since)
		}
		trace.GotConn(info)
	}
	return p, nil
}

// find takes an idle connection, or makes one as soon as there may be one more.
func (t *Transport) find(g *host, trace *httptrace.ClientTrace) (p *persistent, err error) {
	for {
		if p = t.take(g); p != nil {
			return p, nil
		}
		if t.MaxPerHost <= 0 || g.n < t.MaxPerHost {
			break
		}
		err := g.room.WaitHanded(func() {
			g.room.Wake() // another task's panic is raised here: somebody else takes the place
		})
		if err != nil {
			return nil, err
		}
	}
	g.n++
	t.hosts[g.key] = g // while this task waited, the transport may have forgotten it
	defer func() {
		if p == nil { // by an error, or by a panic that is raised in a wait
			t.gone(g)
		}
	}()
	nc, err := t.connect(g.key, trace)
	if err != nil {
		return nil, err
	}
	return newPersistent(t, g, nc), nil
}

func (t *Transport) connect(key hostKey, trace *httptrace.ClientTrace) (net.Conn, error) {
	if trace == nil {
		trace = &httptrace.ClientTrace{}
	}
	c := &connecting{h: t.h, key: key, dial: t.Dial, dialer: t.Dialer, config: t.TLSConfig, trace: trace}
	return c.connect()
}

// within calls f, whose operations fail when ctx ends.
func (t *Transport) within(ctx context.Context, f func() error) error {
	if ctx.Done() == nil {
		return f()
	}
	scope := t.h.Scheduler().StartScope()
	defer scope.Stop()
	defer t.h.WhenDone(ctx, func() { scope.Expire(context.Cause(ctx)) })()
	return f()
}

// take returns an idle connection that seems to be alive, or nil.
func (t *Transport) take(g *host) *persistent {
	for len(g.idle) > 0 {
		p := g.idle[len(g.idle)-1]
		t.unlist(p)
		if t.h.Now().Sub(p.since) < t.idleTimeout() && p.br.Buffered() == 0 && alive(p.nc) {
			p.again = true
			return p
		}
		p.close()
	}
	return nil
}

func (t *Transport) idleTimeout() time.Duration {
	if t.IdleTimeout > 0 {
		return t.IdleTimeout
	}
	return 90 * time.Second
}

// put keeps p for the next request, and reports whether it does.
func (t *Transport) put(p *persistent) bool {
	g := p.host
	perHost, all := t.MaxIdlePerHost, t.MaxIdle
	if perHost == 0 {
		perHost = 16
	}
	if all == 0 {
		all = 100
	}
	if g.room.Len() == 0 && len(g.idle) >= perHost {
		p.close()
		return false
	}
	t.expire()
	p.since = t.h.Now()
	g.idle = append(g.idle, p)
	t.idle.push(p)
	g.room.Wake()
	for all > 0 && t.idle.n > all {
		t.drop(t.idle.oldest)
	}
	t.sweep.start(t)
	return true
}

// unlist takes p from the idle connections.
func (t *Transport) unlist(p *persistent) {
	t.idle.remove(p)
	g := p.host
	for i, q := range g.idle {
		if q == p {
			copy(g.idle[i:], g.idle[i+1:])
			g.idle[len(g.idle)-1] = nil
			g.idle = g.idle[:len(g.idle)-1]
			return
		}
	}
}

// drop closes a connection that is idle.
func (t *Transport) drop(p *persistent) {
	t.unlist(p)
	p.close()
}

// expire closes the connections that have been idle for too long.
func (t *Transport) expire() {
	if t.idle.n == 0 {
		return
	}
	now := t.h.Now()
	for p := t.idle.oldest; p != nil && now.Sub(p.since) >= t.idleTimeout(); p = t.idle.oldest {
		t.drop(p)
	}
}

// gone notes the end of a connection.
func (t *Transport) gone(g *host) {
	g.n--
	g.room.Wake()
	t.forget(g)
}

// forget drops a host that has no connection, unless a task waits for one or is about to make one.
func (t *Transport) forget(g *host) {
	if g.n == 0 && g.room.Len() == 0 && t.hosts[g.key] == g {
		delete(t.hosts, g.key)
	}
}

// CloseIdleConnections closes the connections that no request uses. Connections that are left when [green.Run] ends
// are closed by that.
func (t *Transport) CloseIdleConnections() {
	t.h.Check()
	for t.idle.oldest != nil {
		t.drop(t.idle.oldest)
	}
}

// An idleList has the idle connections of all hosts, in the order in which they became idle.
type idleList struct {
	oldest, newest *persistent
	n              int
}

func (l *idleList) push(p *persistent) {
	p.older, p.newer = l.newest, nil
	if l.newest == nil {
		l.oldest = p
	} else {
		l.newest.newer = p
	}
	l.newest = p
	l.n++
}

func (l *idleList) remove(p *persistent) {
	if p.older == nil {
		l.oldest = p.newer
	} else {
		p.older.newer = p.newer
	}
	if p.newer == nil {
		l.newest = p.older
	} else {
		p.newer.older = p.older
	}
	p.older, p.newer = nil, nil
	l.n--
}

// sweepEvery is how often idle connections are looked at, to see whether the server has closed them.
const sweepEvery = 5 * time.Second

// A sweeper closes idle connections whose time is over, or whose server has gone. It waits by a timer of the
// system's, which posts, and not by one of the hub's: that would count as something to wait for, put off reports of
// deadlocks, and delay the end of the hub. While connections are only used and put back, it costs nothing but that
// timer, every 5 seconds.
type sweeper struct {
	timer  *time.Timer
	set    bool
	forget func() // the hook that stops the timer at the end of the hub
}

// start sees to it that a sweep comes. t has an idle connection.
func (s *sweeper) start(t *Transport) {
	if s.set {
		return
	}
	if _, virtual := t.h.Scheduler().World().(*tasklet.Clock); virtual {
		return // whose programs run in the same order every time
	}
	s.set = true
	left := t.idleTimeout() - t.h.Now().Sub(t.idle.oldest.since)
	d := min(max(left, time.Millisecond), sweepEvery)
	if s.timer != nil {
		s.timer.Reset(d)
		return
	}
	s.timer = time.AfterFunc(d, func() { t.h.Scheduler().Post(t.sweepIdle) })
	timer := s.timer
	s.forget = t.h.OnEnd(func() { timer.Stop() })
}

// sweepIdle looks at all idle connections.
func (t *Transport) sweepIdle() error {
	t.expire()
	for p, next := t.idle.oldest, (*persistent)(nil); p != nil; p = next {
		next = p.newer
		if p.br.Buffered() > 0 || !alive(p.nc) {
			t.unlist(p)
			t.h.SpawnRaw(func() error { // closing may block, and the list change meanwhile
				p.close()
				return nil
			})
		}
	}
	s := &t.sweep
	s.set = false
	if t.idle.n > 0 {
		s.start(t)
		return nil
	}
	s.forget() // so that a transport that nobody uses any more can be collected
	s.timer, s.forget = nil, nil
	return nil
}
