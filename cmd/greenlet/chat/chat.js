'use strict';

// What goes over the socket is JSON: {kind, name, text, at, names, past}. See serve_chat.go.
const $ = id => document.getElementById(id);
const names = new Set();
let socket = null;
let wanted = false; // the user is inside, or would be
let wait = 0; // before the next try, in ms

$('door').addEventListener('submit', e => {
  e.preventDefault();
  wanted = true;
  enter();
});

function enter() {
  const query = new URLSearchParams({name: $('name').value, room: $('room').value});
  const url = new URL('ws?' + query, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(url);
  socket.onmessage = e => hear(JSON.parse(e.data));
  socket.onclose = gone;
}

// The connection has ended: by the network, or by the server, which then says that it will not have us.
function gone() {
  socket = null;
  if (!wanted) return;
  if ($('inside').hidden) {
    wanted = false;
    $('why').textContent = 'The server does not answer.';
    return;
  }
  if (wait === 0) news('The connection has ended; trying again …');
  wait = Math.min(wait * 2 || 500, 10000);
  setTimeout(enter, wait);
}

function hear(note) {
  switch (note.kind) {
    case 'welcome':
      wait = 0;
      $('door').hidden = true;
      $('inside').hidden = false;
      $('title').textContent = document.title = note.text;
      names.clear();
      note.names.forEach(n => names.add(n));
      $('log').replaceChildren();
      (note.past || []).forEach(said);
      $('text').focus();
      break;
    case 'said':
      said(note);
      break;
    case 'joined':
      names.add(note.name);
      news(note.name + ' has come in.');
      break;
    case 'left':
      names.delete(note.name);
      news(note.name + ' has left.');
      break;
    case 'refused':
      if ($('inside').hidden) {
        wanted = false;
        $('why').textContent = note.text;
      } else {
        news(note.text);
      }
      break;
  }
  $('names').textContent = [...names].join(', ');
}

function said(note) {
  const at = new Date(note.at);
  line('', element('time', at.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'})), element('b', note.name), note.text);
}

function news(text) { line('news', text); }

// line adds a line at the end, and shows it if the last one was in sight.
function line(kind, ...parts) {
  const log = $('log');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const li = document.createElement('li');
  li.className = kind;
  li.append(...parts); // as text, never as HTML
  log.append(li);
  while (log.children.length > 1000) log.firstChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function element(name, text) {
  const e = document.createElement(name);
  e.textContent = text;
  return e;
}

$('say').addEventListener('submit', e => {
  e.preventDefault();
  if (socket === null || socket.readyState !== WebSocket.OPEN || $('text').value.trim() === '') return;
  socket.send(JSON.stringify({kind: 'say', text: $('text').value}));
  $('text').value = '';
});

// A browser may keep a page that was left, connection and all. When it is shown again, the end of the socket is heard of, and
// gone does the rest.
addEventListener('pagehide', () => {
  if (socket !== null) socket.close(1000);
});
