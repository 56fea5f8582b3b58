'use strict';
// The recorded events, and what is computed of them once.
//
// Slice k is a time that a greenlet ran: slice 0 before the first event, slice k from event k-1 on.

const meta = JSON.parse(document.getElementById('meta').textContent);

function column(id) {
  const element = document.getElementById(id), text = element.textContent;
  element.remove();
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text).buffer;
  const s = atob(text), bytes = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) bytes[i] = s.charCodeAt(i);
  return bytes.buffer;
}

const times = new Float64Array(column('times'));
const from = new Uint32Array(column('from'));
const to = new Uint32Array(column('to'));
const values = new Uint32Array(column('values'));
const errors = new Uint32Array(column('errors'));
const flags = new Uint8Array(column('flags'));
const THROW = 1, START = 2, END = 4;

const tracks = meta.tracks; // {id, label, parent}; then also children, born, died, ran
const events = times.length;
const firstSlice = meta.first < 0 ? 1 : 0;
const begin = firstSlice ? times[0] || 0 : 0;
const over = meta.end;

const beginOf = k => k ? times[k - 1] : 0;
const endOf = k => k < events ? times[k] : over;
const trackOf = k => k ? to[k - 1] : meta.first;
const isThrow = k => k > 0 && (flags[k - 1] & THROW) !== 0;
const starts = k => k > 0 && (flags[k - 1] & START) !== 0;
const diesAt = k => k < events && (flags[k] & END) !== 0 && from[k] === trackOf(k); // at the end of slice k

// The slices of track t are order[offset[t]] to order[offset[t+1]-1]; thrown[p] counts the throws in order before p.
const offset = new Uint32Array(tracks.length + 1);
const order = new Uint32Array(events + 1 - firstSlice);
const thrown = new Uint32Array(order.length + 1);

(() => {
  for (const t of tracks) Object.assign(t, {children: [], born: null, died: null, ran: 0, depth: 0});
  tracks.forEach((t, i) => { if (t.parent >= 0) tracks[t.parent].children.push(i); });
  for (let k = firstSlice; k <= events; k++) offset[trackOf(k) + 1]++;
  for (let t = 0; t < tracks.length; t++) offset[t + 1] += offset[t];
  const next = offset.slice();
  for (let k = firstSlice; k <= events; k++) {
    const t = trackOf(k);
    order[next[t]++] = k;
    tracks[t].ran += endOf(k) - beginOf(k);
    if (starts(k)) tracks[t].born = beginOf(k);
    if (k > 0 && flags[k - 1] & END) tracks[from[k - 1]].died = times[k - 1];
  }
  for (let p = 0; p < order.length; p++) thrown[p + 1] = thrown[p] + (isThrow(order[p]) ? 1 : 0);
})();

// first returns the smallest i in [low, high) for which is(i), or high; is must not go back to false.
function first(low, high, is) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (is(middle)) high = middle; else low = middle + 1;
  }
  return low;
}

// sliceAt returns the slice at the time t.
function sliceAt(t) {
  return Math.max(firstSlice, first(0, events, i => times[i] > t));
}

// nearest returns the slice of a track that is closest to the time t, if it is no farther than slack; else -1.
function nearest(track, t, slack) {
  const low = offset[track], high = offset[track + 1];
  let best = -1, distance = slack;
  const p = first(low, high, i => endOf(order[i]) > t);
  for (const i of [p - 1, p]) {
    if (i < low || i >= high) continue;
    const k = order[i], d = Math.max(0, beginOf(k) - t, t - endOf(k));
    if (d <= distance) { best = k; distance = d; }
  }
  return best;
}

// duration writes nanoseconds in the unit that suits unit, which is another number of them.
function duration(ns, unit = ns) {
  for (const [size, name] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']]) {
    if (Math.abs(unit) >= size) return +(ns / size).toPrecision(9) + ' ' + name;
  }
  return Math.round(ns) + ' ns';
}

// describe says in lines of text what there is to know of slice k.
function describe(k) {
  const t = tracks[trackOf(k)];
  const lines = [`${t.label} ran for ${duration(endOf(k) - beginOf(k))}, from ${duration(beginOf(k))} on`];
  if (k === 0) return lines.concat('when the recording began');
  const e = k - 1;
  lines.push(`${isThrow(k) ? 'throw' : 'switch'} from ${tracks[from[e]].label}` +
    (flags[e] & END ? ', which died' : '') + (starts(k) ? '; starts' : ''));
  if (values[e]) lines.push('value: ' + meta.texts[values[e]]);
  if (errors[e]) lines.push('error: ' + meta.texts[errors[e]]);
  return lines;
}

// describeTrack says what there is to know of a greenlet.
function describeTrack(i) {
  const t = tracks[i], n = offset[i + 1] - offset[i];
  return [t.label, `ran ${n} time${n === 1 ? '' : 's'}, ${duration(t.ran)} in all` +
    (t.born === null ? '' : `; started at ${duration(t.born)}`) + (t.died === null ? '' : `; died at ${duration(t.died)}`),
    t.parent < 0 ? 'no parent' : 'parent: ' + tracks[t.parent].label];
}

// find returns which slices and which tracks match a query: as the numbers of slices in their order, and as a set.
function find(query) {
  const q = query.toLowerCase();
  const has = s => s.toLowerCase().includes(q);
  const texts = Uint8Array.from(meta.texts, has), names = Uint8Array.from(tracks, t => has(t.label));
  const thrownToo = 'throw'.startsWith(q) && q.length > 2;
  const slices = [];
  for (let k = firstSlice; k <= events; k++) {
    if (names[trackOf(k)] || k > 0 && (texts[values[k - 1]] || texts[errors[k - 1]] || thrownToo && isThrow(k))) slices.push(k);
  }
  return {slices: Uint32Array.from(slices), names};
}
