//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package poll

import (
	"errors"
	"syscall"
	"time"

	"github.com/go-greenlet/greenlet/tasklet"
)

// attempt tries whether a queue does here what a [World] relies on: that edges come again, both ways; that a wake-up comes
// through; that the end of a connection is one. It takes a millisecond or two, and gives up what does not come in patience.
func attempt(patience time.Duration) error {
	done := make(chan error)
	go func() { // which is nobody's
		w := New()
		err := tasklet.Run(func(s *tasklet.Scheduler) error {
			return s.WithTimeout(patience, func(*tasklet.Timeout) error { return attemptIn(s, w) })
		}, tasklet.WithWorld(w))
		done <- errors.Join(err, w.Close())
	}()
	return <-done
}

var errSpurious = errors.New("woken for nothing")

func attemptIn(s *tasklet.Scheduler, w *World) error {
	syscall.ForkLock.RLock()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	near, far := ends[0], ends[1]
	defer syscall.Close(near)
	defer func() {
		if far >= 0 {
			syscall.Close(far)
		}
	}()
	for _, fd := range ends {
		if err := syscall.SetNonblock(fd, true); err != nil {
			return err
		}
	}
	d, err := w.Open(s, near, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	var buf [4096]byte
	for range 2 {
		d.ReadEmpty()
		s.Go(func() error {
			_, err := syscall.Write(far, buf[:1])
			return err
		})
		if err := d.WaitRead(); err != nil {
			return err
		}
		if n, err := syscall.Read(near, buf[:]); n != 1 {
			return errors.Join(errSpurious, err)
		}
	}
	for range 2 {
		for err = nil; err == nil; {
			_, err = syscall.Write(near, buf[:])
		}
		d.WriteFull()
		s.Go(func() error {
			for {
				if n, err := syscall.Read(far, buf[:]); n <= 0 || err != nil {
					return nil
				}
			}
		})
		if err := d.WaitWrite(); err != nil {
			return err
		}
	}
	posted := s.NewLine("a wake-up")
	release := s.Hold()
	go func() {
		defer release()
		time.Sleep(time.Millisecond / 2) // let it wait
		s.Post(func() error {
			posted.WakeAll()
			return nil
		})
	}()
	if err := posted.Wait(); err != nil {
		return err
	}
	d.ReadEmpty()
	s.Go(func() error {
		err := syscall.Close(far)
		far = -1
		return err
	})
	if err := d.WaitRead(); err != nil {
		return err
	}
	if n, err := syscall.Read(near, buf[:]); n != 0 || err != nil {
		return errors.Join(errSpurious, err)
	}
	return nil
}
