package http

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// chunks is where the reading of a chunked body is. Package net/http/httputil has a reader of chunks, too, which loses
// its place when a deadline passes in the middle of a chunk's first line.
type chunks struct {
	limit  int64 // of the body; 0 if there is none
	total  int64 // of the body, so far
	within bool  // a chunk, or before the end of its line
	last   bool  // the last chunk has come, and not yet all trailers
	excess int64 // bytes that were no data, less those that go with data
}

const (
	maxChunkLine = 4 << 10
	maxExcess    = 16 << 10 // as net/http has it: chunks of one byte with long extensions would keep a server busy
)

// readChunks reads from the chunk at hand, or the next one.
func (b *body) readChunks(p []byte) (n int, err error) {
	k := b.chunks
	for b.left == 0 {
		if k.last {
			return 0, b.endChunks()
		}
		if k.within {
			end, err := b.br.Peek(len(crlf))
			if err != nil {
				return 0, err
			}
			if !bytes.Equal(end, crlf) {
				return 0, b.end(refuse(400, "a chunk that is longer than it says"))
			}
			b.br.Discard(len(crlf))
			k.within = false
		}
		line, err := b.chunkLine()
		if err != nil {
			return 0, err
		}
		size, bad := chunkSize(line)
		k.excess = max(0, k.excess+int64(len(line))-16-2*size)
		if bad == nil && k.excess > maxExcess {
			bad = refuse(400, "chunks with too much that is no data")
		}
		if bad != nil {
			return 0, b.end(bad)
		}
		b.br.Discard(len(line))
		b.left, k.within, k.last = size, true, size == 0
	}
	n, err = b.br.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	k.total += int64(n)
	if over := k.total - k.limit; k.limit > 0 && over > 0 {
		return max(0, n-int(over)), b.end(&http.MaxBytesError{Limit: k.limit})
	}
	return n, err
}

// chunkLine returns the line before a chunk, with its end. It stays in the buffer.
func (b *body) chunkLine() ([]byte, error) {
	for {
		head, _ := b.br.Peek(b.br.Buffered())
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			return head[:i+1], nil
		}
		if len(head) >= min(maxChunkLine, b.br.Size()) {
			return nil, b.end(refuse(400, "a chunk whose first line is too long"))
		}
		if _, err := b.br.Peek(len(head) + 1); err != nil {
			return nil, err
		}
	}
}

// endChunks ends the body when its trailers have come.
func (b *body) endChunks() error {
	err := b.trailer()
	var bad *refusal
	switch {
	case err == nil:
		return b.end(io.EOF)
	case errors.As(err, &bad):
		return b.end(err)
	}
	return err
}

// chunkSize parses the line before a chunk.
func chunkSize(line []byte) (size int64, err *refusal) {
	line, ok := bytes.CutSuffix(line, crlf)
	if !ok {
		return 0, refuse(400, "a chunk whose first line ends without CR")
	}
	digits, extension, extended := bytes.Cut(line, []byte(";"))
	if digits = bytes.TrimRight(digits, " \t"); len(digits) == 0 {
		return 0, refuse(400, "a chunk without a length")
	}
	for _, c := range digits {
		switch {
		case digit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, refuse(400, "a chunk whose length is no number")
		}
		if size >= 1<<58 {
			return 0, refuse(400, "a chunk that is too big")
		}
		size = size<<4 | int64(c)
	}
	if extended && control(extension) {
		return 0, refuse(400, "a control character in the extension of a chunk")
	}
	return size, nil
}
