package main

import (
	"bytes"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// drive exchanges lines on all connections for d. On each the next line is sent when the last one has come back.
//
// It is one loop over epoll and does as little as it can for each line: a client of goroutines has more to do than the
// servers, which then would all be as fast as the client.
func drive(conns []net.Conn, d time.Duration) outcome {
	var l loop
	if err := l.take(conns); err != nil {
		return outcome{Errors: int64(len(conns))}
	}
	defer l.close()
	began := time.Now()
	l.end = began.Add(d)
	l.run(began)
	o := outcome{Requests: l.times.n, Errors: l.failed, Seconds: time.Since(began).Seconds()}
	o.P50, o.P99, o.P999 = l.times.quantile(0.5), l.times.quantile(0.99), l.times.quantile(0.999)
	return o
}

// A loop is what a client does with all its connections.
type loop struct {
	epoll  int
	talks  []talk
	live   int // how many of them go on
	end    time.Time
	times  histogram
	failed int64
}

// A talk is a connection, and where on it the exchange of a line stands.
type talk struct {
	file           *os.File // nil when it is over
	fd             int
	at             time.Time // when it was sent
	sent, received int
	buf            [64]byte
}

// take takes the connections over from Go's own poller, which would be told of each event, too.
func (l *loop) take(conns []net.Conn) (err error) {
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return err
	}
	l.talks = make([]talk, len(conns))
	for i, c := range conns {
		file, err := c.(*net.TCPConn).File()
		if err != nil {
			l.close()
			return err
		}
		c.Close()
		fd := int(file.Fd())
		l.talks[i] = talk{file: file, fd: fd}
		l.live++
		const edge = 1 << 31
		e := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLOUT | edge, Fd: int32(i)}
		if err := syscall.SetNonblock(fd, true); err != nil {
			l.close()
			return err
		}
		if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &e); err != nil {
			l.close()
			return err
		}
	}
	return nil
}

func (l *loop) close() {
	for i := range l.talks {
		if c := &l.talks[i]; c.file != nil {
			l.drop(c)
		}
	}
	syscall.Close(l.epoll)
}

// run goes on until the last line has come back that was sent before the end.
func (l *loop) run(now time.Time) {
	for i := range l.talks {
		l.talks[i].at = now
		l.progress(&l.talks[i])
	}
	var events [256]syscall.EpollEvent
	for l.live > 0 {
		n, err := l.wait(events[:], max(0, time.Until(l.end.Add(patience))))
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil || n == 0:
			l.failed += int64(l.live)
			return
		}
		for i := range n {
			if c := &l.talks[events[i].Fd]; c.file != nil {
				l.progress(c)
			}
		}
	}
}

// progress goes on with c until it would have to wait.
func (l *loop) progress(c *talk) {
	for {
		if c.sent < len(message) {
			n, err := call(syscall.SYS_SENDTO, c.fd, message[c.sent:])
			if err == syscall.EINTR {
				continue
			}
			if err != 0 {
				l.fail(c, err)
				return
			}
			if c.sent += n; c.sent == len(message) {
				return // the answer is not there yet
			}
			continue
		}
		n, err := call(syscall.SYS_RECVFROM, c.fd, c.buf[c.received:])
		if err == syscall.EINTR {
			continue
		}
		if err != 0 || n == 0 {
			l.fail(c, err)
			return
		}
		if c.received += n; c.received < len(c.buf) {
			continue
		}
		if !bytes.Equal(c.buf[:], message) {
			l.fail(c, 0)
			return
		}
		now := time.Now()
		l.times.add(now.Sub(c.at))
		if !now.Before(l.end) {
			l.drop(c)
			return
		}
		c.at, c.sent, c.received = now, 0, 0
	}
}

// fail gives up c, unless it is only not ready.
func (l *loop) fail(c *talk, err syscall.Errno) {
	if err == syscall.EAGAIN {
		return
	}
	l.failed++
	l.drop(c)
}

func (l *loop) drop(c *talk) {
	l.live--
	c.file.Close()
	c.file = nil
}

// wait asks first, and only if there is nothing it waits, which Go's scheduler has to know of.
func (l *loop) wait(events []syscall.EpollEvent, d time.Duration) (int, error) {
	n, _, err := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(&events[0])),
		uintptr(len(events)), 0, 0, 0)
	if err == 0 && n > 0 {
		return int(n), nil
	}
	return syscall.EpollWait(l.epoll, events, int(d.Milliseconds()))
}

// call sends or receives on fd, which is non-blocking, without telling Go's scheduler.
func call(trap uintptr, fd int, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), 0, 0, 0)
	return int(n), errno
}
