package trace

import (
	"iter"

	"github.com/go-greenlet/greenlet"
)

// A record is one event as it is kept. V is what is kept of a value: itself, or its text.
type record[V any] struct {
	when     int64 // nanoseconds since the recorder began
	from, to uint64
	val      V
	err      error
	kind     greenlet.Kind
	start    bool // to starts with this
	end      bool // from ended with this
}

func (x *record[V]) fill(when int64, kind greenlet.Kind, from, to uint64, start, end bool) {
	x.when, x.from, x.to = when, from, to
	x.kind, x.start, x.end = kind, start, end
}

const chunkSize = 1 << 10

// A log is a sequence of records in chunks, so that growing never moves what is there. One with a limit forgets the
// oldest chunk when it has no need of it.
type log[V any] struct {
	tail    *[chunkSize]record[V] // the last of chunks
	used    int                   // of tail
	chunks  []*[chunkSize]record[V]
	first   int // where in chunks, which is a ring, the oldest one is
	dropped uint64
	last    int // the limit; 0 or less: none
}

// next returns the place for another record.
func (l *log[V]) next() *record[V] {
	if l.used == chunkSize || l.tail == nil {
		l.grow()
	}
	l.used++
	return &l.tail[l.used-1]
}

func (l *log[V]) grow() {
	l.used = 0
	if l.last > 0 && len(l.chunks) > (l.last+chunkSize-1)/chunkSize {
		l.tail = l.chunks[l.first]
		clear(l.tail[:]) // so that nothing is held for longer than promised
		l.first = (l.first + 1) % len(l.chunks)
		l.dropped += chunkSize
		return
	}
	l.tail = new([chunkSize]record[V])
	l.chunks = append(l.chunks, l.tail)
}

// size returns how many records there are, those beyond the limit included.
func (l *log[V]) size() int {
	if l.tail == nil {
		return 0
	}
	return (len(l.chunks)-1)*chunkSize + l.used
}

// excess returns how many of the oldest records are beyond the limit.
func (l *log[V]) excess() int {
	if l.last <= 0 {
		return 0
	}
	return max(0, l.size()-l.last)
}

// all yields the records within the limit, oldest first.
func (l *log[V]) all() iter.Seq[*record[V]] {
	return func(yield func(*record[V]) bool) {
		for i, size := l.excess(), l.size(); i < size; i++ {
			c := l.chunks[(l.first+i/chunkSize)%len(l.chunks)]
			if !yield(&c[i%chunkSize]) {
				return
			}
		}
	}
}
