package green

// keptRoom is how much room a store keeps however few items it has.
const keptRoom = 1024

// A fifo is a queue in a ring of memory, which grows and shrinks.
type fifo[T any] struct {
	list []T // a power of two long
	head int
	n    int
}

func (f *fifo[T]) len() int { return f.n }
func (f *fifo[T]) peek() T  { return f.list[f.head] }

func (f *fifo[T]) push(v T) {
	if f.n == len(f.list) {
		f.move(max(8, 2*f.n))
	}
	f.list[(f.head+f.n)&(len(f.list)-1)] = v
	f.n++
}

func (f *fifo[T]) pop() T {
	var zero T
	v := f.list[f.head]
	f.list[f.head] = zero
	f.head = (f.head + 1) & (len(f.list) - 1)
	f.n--
	if len(f.list) > keptRoom && f.n < len(f.list)/8 {
		f.move(len(f.list) / 4) // a crowd has gone; let its memory go too
	}
	return v
}

// move moves the items to a ring of the given size.
func (f *fifo[T]) move(size int) {
	list := make([]T, size)
	end := min(f.head+f.n, len(f.list))
	k := copy(list, f.list[f.head:end])
	copy(list[k:], f.list[:f.n-k])
	f.list, f.head = list, 0
}

// A lifo is a stack.
type lifo[T any] struct{ list []T }

func (l *lifo[T]) len() int { return len(l.list) }
func (l *lifo[T]) peek() T  { return l.list[len(l.list)-1] }
func (l *lifo[T]) push(v T) { l.list = append(l.list, v) }

func (l *lifo[T]) pop() T {
	var zero T
	last := len(l.list) - 1
	v := l.list[last]
	l.list[last] = zero
	l.list = shrunk(l.list[:last])
	return v
}

// shrunk returns list in less memory, if that has become too much for it.
func shrunk[T any](list []T) []T {
	if cap(list) > keptRoom && len(list) < cap(list)/8 {
		return append(make([]T, 0, cap(list)/4), list...)
	}
	return list
}
