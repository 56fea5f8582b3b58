package tasklet

// A timer is a place in the heap of timers.
type timer struct {
	when int64
	seq  uint64 // equal times fire in the order in which they were set
	pos  int    // in the heap, plus 1; 0 if it is not set
	fire func(*timer)
	of   any
}

// A heap has the timers in order of their time. A node has four children: half the depth of two.
type heap struct {
	list []*timer
	seq  uint64
}

func (a *timer) before(b *timer) bool {
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}

// set makes t fire at when. It may be set already.
func (h *heap) set(t *timer, when int64) {
	h.seq++
	t.when, t.seq = when, h.seq
	if t.pos != 0 {
		h.down(h.up(t.pos - 1))
		return
	}
	h.list = append(h.list, t)
	h.up(len(h.list) - 1)
}

// unset takes t back, if it is set.
func (h *heap) unset(t *timer) {
	if t.pos == 0 {
		return
	}
	i, last := t.pos-1, len(h.list)-1
	t.pos = 0
	moved := h.list[last]
	h.list[last] = nil
	h.list = h.list[:last]
	if i < last {
		h.list[i] = moved
		moved.pos = i + 1
		h.down(h.up(i))
	}
	if cap(h.list) > 1024 && len(h.list) < cap(h.list)/4 {
		h.list = append(make([]*timer, 0, cap(h.list)/2), h.list...) // a crowd has gone; let its memory go too
	}
}

// clear takes all timers back.
func (h *heap) clear() {
	for _, t := range h.list {
		t.pos = 0
	}
	h.list = nil
}

// first returns the timer that fires first, or nil.
func (h *heap) first() *timer {
	if len(h.list) == 0 {
		return nil
	}
	return h.list[0]
}

func (h *heap) up(i int) int {
	t := h.list[i]
	for i > 0 {
		p := (i - 1) / 4
		if !t.before(h.list[p]) {
			break
		}
		h.list[i] = h.list[p]
		h.list[i].pos = i + 1
		i = p
	}
	h.list[i] = t
	t.pos = i + 1
	return i
}

func (h *heap) down(i int) {
	t := h.list[i]
	for {
		c := 4*i + 1
		if c >= len(h.list) {
			break
		}
		for j, end := c+1, min(c+4, len(h.list)); j < end; j++ {
			if h.list[j].before(h.list[c]) {
				c = j
			}
		}
		if !h.list[c].before(t) {
			break
		}
		h.list[i] = h.list[c]
		h.list[i].pos = i + 1
		i = c
	}
	h.list[i] = t
	t.pos = i + 1
}
