package net

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
)

// frameHeader is the size of the length before a frame.
const frameHeader = 4

// ReadFrame reads a frame, as [WriteFrame] writes it, and returns its contents, which are valid until the next call on
// r. A frame of more than limit bytes is [ErrTooLong], and stays unread. At the end of the stream it returns io.EOF,
// within a frame io.ErrUnexpectedEOF.
func (r *Reader) ReadFrame(limit int) ([]byte, error) {
	if err := r.need(frameHeader); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(r.buf[r.a:])
	if uint64(size) > uint64(max(0, limit)) || uint64(size) > math.MaxInt-frameHeader {
		return nil, ErrTooLong
	}
	if err := r.need(frameHeader + int(size)); err != nil {
		return nil, err
	}
	return r.take(frameHeader + int(size))[frameHeader:], nil
}

// WriteFrame writes p as one frame: its length in four bytes, the most significant first, and then p. On a [*Conn] it
// is one call to the system. After an error a part of the frame may have been sent, so that no other can follow.
func WriteFrame(w io.Writer, p []byte) error {
	if uint64(len(p)) > math.MaxUint32 {
		return errors.New("green/net: a frame of more than 4 GB")
	}
	head := make([]byte, frameHeader, frameHeader+min(len(p), minBuffer))
	binary.BigEndian.PutUint32(head, uint32(len(p)))
	if c, ok := w.(*Conn); ok {
		_, err := c.WriteBuffers(&net.Buffers{head, p})
		return err
	}
	if len(p) <= minBuffer { // one record, one packet
		_, err := w.Write(append(head, p...))
		return err
	}
	_, err := w.Write(head)
	if err == nil {
		_, err = w.Write(p)
	}
	return err
}
