package green

// A priority is a heap of items. Equal ones leave in the order in which they came.
type priority[T any] struct {
	compare func(a, b T) int
	list    []ranked[T]
	seq     uint64
}

type ranked[T any] struct {
	val T
	seq uint64
}

func (h *priority[T]) len() int { return len(h.list) }
func (h *priority[T]) peek() T  { return h.list[0].val }

func (h *priority[T]) before(a, b *ranked[T]) bool {
	c := h.compare(a.val, b.val)
	return c < 0 || c == 0 && a.seq < b.seq
}

func (h *priority[T]) push(v T) {
	h.seq++
	it := ranked[T]{v, h.seq}
	i := len(h.list)
	h.list = append(h.list, it)
	for i > 0 {
		up := (i - 1) / 2
		if !h.before(&it, &h.list[up]) {
			break
		}
		h.list[i] = h.list[up]
		i = up
	}
	h.list[i] = it
}

func (h *priority[T]) pop() T {
	v := h.list[0].val
	last := len(h.list) - 1
	it := h.list[last]
	h.list[last] = ranked[T]{}
	h.list = shrunk(h.list[:last])
	if last == 0 {
		return v
	}
	i := 0
	for {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && h.before(&h.list[c+1], &h.list[c]) {
			c++
		}
		if !h.before(&h.list[c], &it) {
			break
		}
		h.list[i] = h.list[c]
		i = c
	}
	h.list[i] = it
	return v
}
