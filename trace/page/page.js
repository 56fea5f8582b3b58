'use strict';
// What the pointer and the keys do.

const by = id => document.getElementById(id);
const query = by('query'), tip = by('tip'), details = by('details');

// view shows the times from low to high, or as near to that as there are.
function view(low, high) {
  const whole = Math.max(over - begin, MIN_SPAN), span = Math.min(Math.max(high - low, MIN_SPAN), whole);
  const middle = (low + high) / 2;
  state.low = Math.min(Math.max(middle - span / 2, begin), begin + whole - span);
  state.high = state.low + span;
  redraw();
}

function zoom(factor, x = width() / 2) {
  const t = toTime(x), share = x / width(), span = Math.max((state.high - state.low) * factor, MIN_SPAN);
  view(t - share * span, t - share * span + span);
}

const fit = () => view(begin, over);

function scrollToRow(r) {
  if (r * ROW < tree.scrollTop) tree.scrollTop = r * ROW;
  const room = tree.clientHeight - ROW;
  if (r * ROW > tree.scrollTop + room) tree.scrollTop = r * ROW - room;
}

// expand shows a track that is under something collapsed.
function expand(track) {
  const seen = new Set();
  for (let p = tracks[track].parent; p >= 0 && !seen.has(p); p = tracks[p].parent) {
    seen.add(p);
    state.collapsed[p] = 0;
  }
  layout();
}

// select makes slice k the selected one and brings it into view.
function select(k) {
  if (k < firstSlice || k > events) return;
  state.slice = k;
  state.track = trackOf(k);
  expand(state.track);
  state.row = rowOf[state.track];
  details.textContent = describe(k).join('\n');
  scrollToRow(state.row);
  const b = beginOf(k), e = endOf(k), span = state.high - state.low;
  if (e - b < span / 400) { // too small to be seen
    const wanted = Math.max((e - b) * 40, MIN_SPAN);
    view((b + e - wanted) / 2, (b + e + wanted) / 2);
  } else if (b > state.high - span * 0.02 || e < state.low + span * 0.02) {
    view((b + e - span) / 2, (b + e + span) / 2);
  }
  redraw();
}

function selectTrack(i) {
  state.track = i;
  state.row = rowOf[i];
  details.textContent = describeTrack(i).join('\n');
  redraw();
}

// step returns the slice before (-1) or after (1) the selected one, on its own track if own is set.
function step(way, own) {
  const k = state.slice;
  if (k < 0) return sliceAt(state.low);
  if (!own) return k + way;
  const t = trackOf(k), p = first(offset[t], offset[t + 1], i => order[i] >= k) + way;
  return p < offset[t] || p >= offset[t + 1] ? k : order[p];
}

// at returns the slice at a place in the canvas, or -1.
function at(x, y) {
  const r = Math.floor((y - HEAD + tree.scrollTop) / ROW);
  if (y < HEAD || r < 0 || r >= rows.length) return -1;
  return nearest(rows[r], toTime(x), 3 * (state.high - state.low) / width());
}

function hover(event) {
  const k = at(event.offsetX, event.offsetY);
  tip.hidden = k < 0;
  if (k < 0) return;
  tip.dataset.slice = k;
  tip.textContent = describe(k).map(line => line.length > 400 ? line.slice(0, 400) + '…' : line).join('\n');
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(0, Math.min(event.clientX + 14, innerWidth - box.width - 4)) + 'px';
  tip.style.top = Math.max(0, event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 8 : event.clientY + 18) + 'px';
}

let drag = null;
canvas.addEventListener('pointerdown', e => {
  if (e.button) return;
  drag = {x: e.clientX, y: e.clientY, low: state.low, high: state.high, top: tree.scrollTop, moved: false};
  canvas.setPointerCapture(e.pointerId);
});
canvas.addEventListener('pointermove', e => {
  if (!drag) return hover(e);
  const dx = e.clientX - drag.x, dy = e.clientY - drag.y;
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  drag.moved = true;
  tip.hidden = true;
  canvas.classList.add('dragged');
  const shift = dx / width() * (drag.high - drag.low);
  tree.scrollTop = drag.top - dy;
  view(drag.low - shift, drag.high - shift);
});
canvas.addEventListener('pointerup', e => {
  if (drag && !drag.moved) {
    const k = at(e.offsetX, e.offsetY);
    if (k >= 0) select(k);
  }
  drag = null;
  canvas.classList.remove('dragged');
});
canvas.addEventListener('pointercancel', () => { drag = null; canvas.classList.remove('dragged'); });
canvas.addEventListener('pointerleave', () => { tip.hidden = true; });
canvas.addEventListener('wheel', e => {
  e.preventDefault();
  const unit = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 400 : 1;
  tip.hidden = true;
  if (e.shiftKey) {
    tree.scrollTop += (e.deltaY || e.deltaX) * unit;
  } else if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
    const shift = e.deltaX * unit / width() * (state.high - state.low);
    view(state.low + shift, state.high + shift);
  } else {
    zoom(Math.exp(Math.max(-400, Math.min(400, e.deltaY * unit)) * 0.002), e.offsetX);
  }
}, {passive: false});

canvas.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const keys = {
    ArrowLeft: () => select(step(-1, false)), ArrowRight: () => select(step(1, false)),
    ArrowUp: () => select(step(-1, true)), ArrowDown: () => select(step(1, true)),
    Home: () => select(firstSlice), End: () => select(events),
    PageUp: () => { tree.scrollTop -= tree.clientHeight; }, PageDown: () => { tree.scrollTop += tree.clientHeight; },
  };
  if (!keys[e.key]) return;
  e.preventDefault();
  keys[e.key]();
});

function toggle(i, collapsed = !state.collapsed[i]) {
  if (!tracks[i].children.length) return;
  state.collapsed[i] = collapsed ? 1 : 0;
  layout();
  redraw();
}

tree.addEventListener('scroll', redraw);
tree.addEventListener('click', e => {
  const item = e.target.closest('.row');
  if (!item) return;
  const i = +item.dataset.track;
  if (e.target.className === 'knob') toggle(i);
  selectTrack(i);
});
tree.addEventListener('dblclick', e => {
  const item = e.target.closest('.row');
  if (item && e.target.className !== 'knob') goTo(+item.dataset.track);
});

// goTo selects the first slice of a track.
function goTo(i) {
  if (offset[i + 1] > offset[i]) select(order[offset[i]]);
}

tree.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || !rows.length) return;
  const i = rows[state.row];
  const move = r => { selectTrack(rows[Math.max(0, Math.min(rows.length - 1, r))]); scrollToRow(state.row); };
  const keys = {
    ArrowUp: () => move(state.row - 1), ArrowDown: () => move(state.row + 1),
    Home: () => move(0), End: () => move(rows.length - 1),
    ArrowLeft: () => {
      if (tracks[i].children.length && !state.collapsed[i]) toggle(i, true);
      else if (tracks[i].parent >= 0) move(rowOf[tracks[i].parent]);
    },
    ArrowRight: () => toggle(i, false),
    Enter: () => goTo(i), ' ': () => toggle(i),
  };
  if (!keys[e.key]) return;
  e.preventDefault();
  keys[e.key]();
});

// search finds anew; it does not move.
function search() {
  marked.fill(0);
  state.found = query.value ? find(query.value) : null;
  if (state.found) {
    const hit = new Uint8Array(events + 1);
    for (const k of state.found.slices) hit[k] = 1;
    for (let p = 0; p < order.length; p++) marked[p + 1] = marked[p] + hit[order[p]];
    state.found.current = -1;
  }
  showFound();
  redraw();
}

function showFound() {
  const f = state.found, n = f ? f.slices.length : 0;
  by('found').textContent = !f ? '' : !n ? 'no slice' : f.current < 0 ? `${n} slice${n === 1 ? '' : 's'}` : `${f.current + 1} of ${n}`;
}

// jump goes to the next (1) or previous (-1) match.
function jump(way) {
  const f = state.found;
  if (!f || !f.slices.length) return;
  const n = f.slices.length;
  if (f.current < 0) {
    const p = first(0, n, i => endOf(f.slices[i]) > state.low) % n;
    f.current = way > 0 ? p : (p + n - 1) % n;
  } else {
    f.current = (f.current + way + n) % n;
  }
  showFound();
  select(f.slices[f.current]);
}

query.addEventListener('input', search);
query.addEventListener('keydown', e => {
  if (e.key === 'Enter' && e.shiftKey) { e.preventDefault(); jump(-1); }
});
by('search').addEventListener('submit', e => { e.preventDefault(); jump(1); });
by('previous').addEventListener('click', () => jump(-1));
by('in').addEventListener('click', () => zoom(0.5));
by('out').addEventListener('click', () => zoom(2));
by('fit').addEventListener('click', fit);
document.addEventListener('keydown', e => {
  if (e.key === 'Escape' && query.value) { query.value = ''; search(); canvas.focus(); }
  if (e.target === query || e.ctrlKey || e.metaKey || e.altKey) return;
  const keys = {'/': () => query.focus(), '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), '0': fit};
  if (!keys[e.key]) return;
  e.preventDefault();
  keys[e.key]();
});

const count = (n, one, many = one + 's') => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
const throws = thrown[order.length];
by('summary').textContent = `${count(events - throws, 'switch', 'switches')} and ${count(throws, 'throw')} between ` +
  `${count(tracks.length, 'greenlet')} in ${duration(+(over - begin).toPrecision(4))}, recorded ${meta.began}` +
  (meta.dropped ? `; ${count(meta.dropped, 'older event')} dropped` : '');

new ResizeObserver(redraw).observe(canvas);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColors(); redraw(); });
readColors();
layout();
redraw();

// For tests: what is shown, and where.
window.greenletTrace = {
  tracks, events, throws, over, state, describe, find, view,
  slices: track => Array.from(order.subarray(offset[track], offset[track + 1])),
  shown: () => queued ? null : {slices: drawn, low: state.low, high: state.high, slice: state.slice},
  width: k => toX(endOf(k)) - toX(beginOf(k)),
  frame() {
    const t = performance.now();
    drawTree();
    drawLine();
    return performance.now() - t;
  },
  place(k) {
    const box = canvas.getBoundingClientRect(), x = (toX(Math.max(beginOf(k), state.low)) + toX(Math.min(endOf(k), state.high))) / 2;
    return {x: box.left + x, y: box.top + toY(rowOf[trackOf(k)]) + ROW / 2};
  },
};
