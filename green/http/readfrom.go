package http

import "io"

// ReadFrom writes what r has until its end. A file is sent by the system itself where it can.
func (w *response) ReadFrom(r io.Reader) (n int64, err error) {
	if !w.c.h.Scheduler().Inside() {
		return io.CopyBuffer(onlyWriter{w}, onlyReader{r}, make([]byte, 32<<10))
	}
	w.takeAside()
	buf := make([]byte, bodyBuffer)
	for !w.begun { // so that the length of a short one is found out, and the type of any
		m, err := r.Read(buf)
		if m > 0 {
			k, err := w.Write(buf[:m])
			n += int64(k)
			if err != nil {
				return n, err
			}
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	direct, ok := w.c.nc.(io.ReaderFrom)
	if !ok || w.chunked || w.head {
		m, err := io.CopyBuffer(onlyWriter{w}, onlyReader{r}, make([]byte, 32<<10))
		return n + m, err
	}
	if err := w.c.waitWritten(); err != nil {
		return n, err
	}
	if w.c.flush() != nil {
		return n, w.c.failed
	}
	w.sent = true
	if w.length >= 0 {
		limited, is := r.(*io.LimitedReader)
		if !is || limited.N > w.length-w.written {
			limited = &io.LimitedReader{R: r, N: w.length - w.written}
		}
		r = limited
	}
	m, err := direct.ReadFrom(r)
	w.written += m
	if err != nil {
		w.c.failed = err
	}
	return n + m, err
}

// An onlyReader hides WriteTo.
type onlyReader struct{ io.Reader }

// An onlyWriter hides ReadFrom.
type onlyWriter struct{ io.Writer }
