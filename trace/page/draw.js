'use strict';
// The tree of greenlets on the left and the time line on the right, as functions of state.

const HEAD = 24, ROW = 24, MIN_SPAN = 20, MAX_ARROWS = 4000;

const state = {
  low: begin, high: Math.max(over, begin + MIN_SPAN), // the times at the edges of the line
  slice: -1,      // the selected slice
  track: -1,      // the selected greenlet
  row: 0,         // where the tree's cursor is
  collapsed: new Uint8Array(tracks.length),
  found: null,    // of the search: {slices, names, current}
};

const canvas = document.getElementById('line'), pen = canvas.getContext('2d');
const tree = document.getElementById('tree'), list = document.getElementById('rows');

let rows = [];                                  // the tracks that are not hidden, from top to bottom
const rowOf = new Int32Array(tracks.length);    // where a track, or its nearest ancestor that is shown, is
const marked = new Uint32Array(order.length + 1); // marked[p] counts the matches of the search in order before p
let drawn = 0;                                  // how many slices the last frame showed, alone or together
let queued = false;

// layout finds rows again, after something was collapsed or expanded.
function layout() {
  rows = [];
  const stack = [], seen = new Uint8Array(tracks.length);
  const visit = root => {
    stack.push([root, 0, -1]);
    while (stack.length) {
      const [i, depth, under] = stack.pop();
      if (seen[i]) continue;
      seen[i] = 1;
      tracks[i].depth = depth;
      rowOf[i] = under >= 0 ? under : rows.push(i) - 1;
      const hidden = under >= 0 ? under : state.collapsed[i] ? rowOf[i] : -1;
      for (let c = tracks[i].children.length - 1; c >= 0; c--) stack.push([tracks[i].children[c], depth + 1, hidden]);
    }
  };
  tracks.forEach((t, i) => { if (t.parent < 0) visit(i); });
  tracks.forEach((t, i) => visit(i)); // parents that changed while it was recorded may make a ring
  state.row = Math.min(state.row, rows.length - 1);
  list.style.height = rows.length * ROW + 'px';
}

let colors = {};
function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['back', 'panel', 'ink', 'faint', 'rule', 'lane', 'mark', 'found', 'pick', 'arrow', 'slice', 'text']) {
    colors[name] = style.getPropertyValue('--' + name).trim();
  }
}

const fill = i => `hsl(${(i * 137.508 + 210) % 360} 55% ${colors.slice})`;
const width = () => canvas.clientWidth;
const toX = t => (t - state.low) / (state.high - state.low) * width();
const toTime = x => state.low + x / width() * (state.high - state.low);
const toY = row => HEAD + row * ROW - tree.scrollTop;

// redraw asks for a frame.
function redraw() {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => { queued = false; drawTree(); drawLine(); });
}

const items = []; // elements of the tree, used again for whatever is in view, so that none goes away under the pointer

function newItem() {
  const item = document.createElement('div'), knob = document.createElement('span');
  item.setAttribute('role', 'treeitem');
  knob.className = 'knob';
  item.append(knob, '');
  return item;
}

function drawTree() {
  const top = Math.floor(tree.scrollTop / ROW), end = Math.min(rows.length, top + Math.ceil(tree.clientHeight / ROW) + 1);
  for (let r = top; r < end; r++) {
    const i = rows[r], t = tracks[i], n = r - top;
    if (n === items.length) items.push(list.appendChild(newItem()));
    const item = items[n], [knob, label] = item.childNodes;
    item.id = 'row' + i;
    item.className = 'row' + (i === state.track ? ' picked' : '') + (r === state.row ? ' at' : '') +
      (state.found && state.found.names[i] ? ' found' : '');
    item.dataset.id = t.id;
    item.dataset.track = i;
    item.style.top = r * ROW + 'px';
    item.style.paddingLeft = 4 + Math.min(t.depth, 12) * 14 + 'px';
    item.title = describeTrack(i).join('\n');
    item.setAttribute('aria-level', t.depth + 1);
    item.setAttribute('aria-selected', i === state.track);
    if (t.children.length) item.setAttribute('aria-expanded', !state.collapsed[i]);
    else item.removeAttribute('aria-expanded');
    knob.textContent = t.children.length ? state.collapsed[i] ? '▸' : '▾' : '';
    label.data = t.label;
  }
  while (items.length > end - top) items.pop().remove();
  if (rows.length) tree.setAttribute('aria-activedescendant', 'row' + rows[state.row]);
}

function drawLine() {
  const ratio = devicePixelRatio || 1, w = width(), h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colors.back;
  pen.fillRect(0, 0, w, h);
  drawn = 0;
  const top = Math.max(0, Math.floor(tree.scrollTop / ROW)), end = Math.min(rows.length, top + Math.ceil(h / ROW) + 1);
  for (let r = top; r < end; r++) drawRow(r, w);
  drawArrows(h);
  drawScale(w, h);
}

function drawRow(r, w) {
  const t = rows[r], y = toY(r), high = offset[t + 1];
  pen.fillStyle = t === state.track ? colors.panel : r % 2 ? colors.lane : colors.back;
  pen.fillRect(0, y, w, ROW);
  const scale = w / (state.high - state.low);
  let p = first(offset[t], high, i => endOf(order[i]) > state.low);
  while (p < high) {
    const k = order[p], b = beginOf(k);
    if (b >= state.high) break;
    const x = (b - state.low) * scale, long = (endOf(k) - b) * scale;
    if (long >= 2) {
      drawSlice(k, t, p, x, y, long, w);
      drawn++;
      p++;
      continue;
    }
    // What begins within one pixel is one column.
    const edge = state.low + (Math.floor(x) + 1) / scale;
    const q = Math.max(p + 1, first(p, high, i => beginOf(order[i]) >= edge));
    pen.fillStyle = fill(t);
    pen.fillRect(Math.floor(x), y + 4, 1, ROW - 8);
    if (thrown[q] > thrown[p]) {
      pen.fillStyle = colors.mark;
      pen.fillRect(Math.floor(x), y + 4, 1, 5);
    }
    if (marked[q] > marked[p]) drawFound(Math.floor(x), y, 1);
    drawn += q - p;
    p = q;
  }
}

function drawFound(x, y, w) {
  pen.fillStyle = colors.found;
  pen.fillRect(x, y + ROW - 5, Math.max(2, w), 4);
}

function drawSlice(k, t, p, x, y, long, w) {
  const a = Math.max(-4, x), b = Math.min(w + 4, x + long), wide = b - a - (long > 4 ? 1 : 0);
  pen.fillStyle = fill(t);
  pen.fillRect(a, y + 3, wide, ROW - 6);
  if (isThrow(k)) {
    pen.fillStyle = colors.mark;
    pen.fillRect(a, y + 3, Math.min(4, wide), ROW - 6);
  }
  if (marked[p + 1] > marked[p]) drawFound(a, y, wide);
  if (k === state.slice) {
    pen.strokeStyle = colors.pick;
    pen.lineWidth = 2;
    pen.strokeRect(a + 1, y + 3, Math.max(1, wide - 2), ROW - 6);
  }
  if (wide < 14) return;
  let left = a + (isThrow(k) ? 8 : 5), right = b - 4;
  pen.fillStyle = colors.text;
  if (starts(k)) {
    pen.beginPath();
    pen.arc(left + 2, y + ROW / 2, 3, 0, 7);
    pen.fill();
    left += 9;
  }
  if (diesAt(k)) {
    pen.fillStyle = colors.mark;
    pen.font = '12px system-ui, sans-serif';
    pen.fillText('✕', right - 9, y + 16);
    right -= 12;
    pen.fillStyle = colors.text;
  }
  const room = Math.floor((right - left) / 6.7);
  if (k === 0 || room < 2) return;
  const s = meta.texts[errors[k - 1] || values[k - 1]].split('\n', 1)[0];
  pen.font = '11px ui-monospace, monospace';
  pen.fillText(s.length > room ? s.slice(0, room - 1) + '…' : s, left, y + 16);
}

function drawArrows(h) {
  const low = first(0, events, i => times[i] >= state.low), high = first(low, events, i => times[i] > state.high);
  if (high - low > MAX_ARROWS) return;
  pen.lineWidth = 1;
  for (let e = low; e < high; e++) {
    const a = rowOf[from[e]], b = rowOf[to[e]];
    if (a === b) continue;
    const x = toX(times[e]), down = b > a, y1 = toY(a) + (down ? ROW - 4 : 4), y2 = toY(b) + (down ? 3 : ROW - 3);
    if (Math.max(y1, y2) < HEAD || Math.min(y1, y2) > h) continue;
    const near = state.slice === e + 1 || state.slice === e;
    pen.strokeStyle = pen.fillStyle = flags[e] & THROW ? colors.mark : near ? colors.pick : colors.arrow;
    pen.globalAlpha = near || high - low < 200 ? 1 : 0.5;
    pen.beginPath();
    pen.moveTo(x, y1);
    pen.lineTo(x, y2);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x, y2);
    pen.lineTo(x - 3, y2 + (down ? -6 : 6));
    pen.lineTo(x + 3, y2 + (down ? -6 : 6));
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function drawScale(w, h) {
  pen.fillStyle = colors.panel;
  pen.fillRect(0, 0, w, HEAD);
  const span = state.high - state.low, rough = span / Math.max(1, w / 110), ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(x => x * ten).find(x => x >= rough);
  pen.font = '11px system-ui, sans-serif';
  for (let n = Math.ceil(state.low / step); n * step <= state.high; n++) {
    const x = Math.round(toX(n * step)) + 0.5;
    pen.strokeStyle = colors.rule;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.6;
    pen.beginPath();
    pen.moveTo(x, HEAD - 6);
    pen.lineTo(x, h);
    pen.stroke();
    pen.globalAlpha = 1;
    pen.fillStyle = colors.faint;
    pen.fillText(duration(n * step, Math.max(step, state.high)), x + 3, 16);
  }
}
