// The document page: findings by keyboard and mouse, saved as they are decided, nobody's work overwritten.
import { call, problem } from './api.js';
import { bodyOf } from './page.js';
import { pick } from './chooser.js';
import { keepHold } from './hold.js';
import { moved, placeOf, selected } from './places.js';
import { drawPreview, made } from './preview.js';
import { pictures } from './pictures.js';
import { beginWords, endWords, moveWords } from './words.js';

const work = document.getElementById('work');
const reader = document.getElementById('reader');
const list = document.getElementById('findings');
const detail = document.getElementById('detail');
const saved = document.getElementById('saved');
const item = { item_id: work.dataset.item };
const turn = Number(work.dataset.turn) || null;
const GROUPS = ['person', 'place', 'date', 'contact', 'number', 'organisation', 'other'];
const STATES = ['goes', 'stays', 'unsure'];
let version = Number(work.dataset.version);
let spans = ordered(JSON.parse(document.getElementById('spans').textContent));
let current = null;
let waiting = [];
let inFlight = null;
let timer = 0;
let lastSave = Date.now();
let stale = false;

function ordered(found) {
  return found.sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1] || a.place[2] - b.place[2]);
}

const byId = (id) => spans.find((span) => span.id === id);
const marksOf = (id) => [...reader.querySelectorAll(`mark[data-span="${CSS.escape(id)}"]`)];

// ---- drawing

function dress(element, span) {
  element.classList.remove(...GROUPS, ...STATES);
  element.classList.add(span.group, span.state);
  element.dataset.label = span.label;
  element.dataset.tag = `${span.letter} ${span.label.replaceAll('_', ' ').toLowerCase()}`;
  const action = document.querySelector(`.action[data-action="${CSS.escape(span.id)}"]`);
  if (action) action.textContent = span.state === 'stays' ? 'keep' : span.action;
}

function drawList() {
  list.replaceChildren(...spans.map((span) => {
    const entry = made('li', `finding ${span.state}${span.id === current ? ' current' : ''}`);
    entry.dataset.span = span.id;
    const label = made('span', `badge ${span.group}`, span.label.replaceAll('_', ' ').toLowerCase());
    label.prepend(made('b', '', span.letter));
    entry.append(label, made('span', 'state', span.state), made('span', 'score', span.score.toFixed(2)));
    return entry;
  }));
  if (!spans.length) list.append(made('li', 'hint none', 'Nothing was found. Read it as a whole.'));
  const open = spans.filter((span) => span.state === 'unsure').length;
  document.getElementById('looked').textContent = open ? `${spans.length}, ${open} unsure` : `${spans.length}`;
  const left = document.getElementById('open-findings');
  left.textContent = summed(open);
}

function summed(open) {
  if (!spans.length) return 'Nothing was found, and nothing was marked: it leaves as it is.';
  if (!open) return 'Every finding is decided.';
  return open === 1 ? '1 finding is unsure and undecided: it goes.' : `${open} findings are unsure and undecided: they go.`;
}

function drawEntry(span) {
  const entry = list.querySelector(`li[data-span="${CSS.escape(span.id)}"]`);
  if (!entry) return;
  entry.className = `finding ${span.state}${span.id === current ? ' current' : ''}`;
  entry.querySelector('.state').textContent = span.state;
}

function drawDetail() {
  const span = current && byId(current);
  named('restore', span?.origin === 'person' ? 'Remove ' : 'Undo ');
  named('resize', typeof span?.frame === 'number' ? 'Move box ' : 'To selection ');
  if (!span) { detail.replaceChildren(made('p', 'hint', spans.length ? 'Choose a finding: j and k go through them.' : 'Select what identifies somebody, then m.')); return; }
  const title = made('p', `what badge ${span.group}`, span.label.replaceAll('_', ' ').toLowerCase());
  title.prepend(made('b', '', span.letter));
  const says = { goes: 'goes', stays: 'stays', unsure: 'unsure: goes unless you say it stays' }[span.state];
  const because = [span.rule, span.why, span.by].filter((one, at, all) => all.indexOf(one) === at).join(' · ');
  const facts = made('p', 'hint', `${says} · score ${span.score.toFixed(2)} · ${because}`);
  const action = made('p', 'hint', `action ${span.state === 'stays' ? 'keep' : span.action}`);
  detail.replaceChildren(title, facts, action, ...(span.said ? [made('p', 'hint', span.said)] : []));
}

function named(act, name) {
  const button = document.querySelector(`#acts [data-local=${act}]`);
  if (button) button.firstChild.textContent = name;
}

function choose(id, scroll = true) {
  const before = current;
  current = id;
  for (const one of [before, id]) {
    if (!one) continue;
    for (const mark of marksOf(one)) mark.classList.toggle('current', one === current);
    const entry = list.querySelector(`li[data-span="${CSS.escape(one)}"]`);
    entry?.classList.toggle('current', one === current);
  }
  const span = id && byId(id);
  if (span?.frame !== null && span?.frame !== undefined) frames?.show(span.frame, id);
  else frames?.choose(null);
  if (scroll && id) {
    marksOf(id)[0]?.scrollIntoView({ block: 'center' });
    list.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  }
  drawDetail();
}

function step(by, wanted = () => true) {
  if (!spans.length) return;
  let at = spans.findIndex((span) => span.id === current);
  if (at < 0) at = by > 0 ? -1 : spans.length;
  for (let tried = 0; tried < spans.length; tried += 1) {
    at = (at + by + spans.length) % spans.length;
    if (wanted(spans[at])) { choose(spans[at].id); return; }
  }
}

// ---- changing

function change(edit, next = false) {
  if (!turn) { problem('Take this document first.'); return; }
  if (stale) return;
  waiting.push(edit);
  saved.textContent = 'saving…';
  clearTimeout(timer);
  timer = setTimeout(flush, 200);
  if (next) step(1);
}

function judge(act) {
  const span = current && byId(current);
  if (!span) return;
  span.state = act === 'accept' ? 'goes' : 'stays';
  for (const mark of marksOf(span.id)) dress(mark, span);
  frames?.dress(span);
  drawEntry(span);
  change({ act, span_id: span.id }, true);
}

async function flush() {
  if (inFlight) { await inFlight; }
  if (!waiting.length || stale) return;
  const edits = waiting;
  waiting = [];
  const seconds = Math.min(Math.round((Date.now() - lastSave) / 1000), 600);
  inFlight = call('POST /api/items/{item_id}/edits', item, { turn_id: turn, expected: version, edits, seconds });
  try {
    took(await inFlight);
    problem('');
  } catch (error) {
    failed(error, edits);
  } finally {
    inFlight = null;
  }
  if (waiting.length && !stale) { clearTimeout(timer); timer = setTimeout(flush, 200); }
}

function failed(error, edits) {
  if (error instanceof TypeError || error.status === 401) {
    waiting = [...edits, ...waiting];
    const why = error.status === 401 ? 'You are signed out: sign in again in another tab.' : 'The server does not answer.';
    problem(`${why} ${waiting.length === 1 ? '1 change waits here and is' : `${waiting.length} changes wait here and are`} sent again.`);
    clearTimeout(timer);
    timer = setTimeout(flush, 2000);
    return;
  }
  stale = error.status === 409 || error.status === 403;
  saved.textContent = 'not saved';
  problem(error.message, true);
}

function took(answer) {
  version = answer.current;
  lastSave = Date.now();
  saved.textContent = `saved as version ${version}`;
  const before = new Set(spans.map((span) => span.id));
  const undone = new Set(waiting.map((edit) => edit.span_id));
  spans = ordered(answer.spans.map((span) => (undone.has(span.id) ? byId(span.id) ?? span : span)));
  for (const [place, html] of Object.entries(answer.lines)) {
    const [block, line] = place.split(':');
    const element = reader.querySelector(`[data-block="${block}"] .line[data-line="${line}"]`);
    if (element) element.innerHTML = html; // made and escaped by the server
  }
  const held = new Set(spans.map((span) => span.id));
  for (const span of spans) for (const mark of touchedMarks(span, answer)) dress(mark, span);
  for (const mark of reader.querySelectorAll('mark.whole')) if (!held.has(mark.dataset.span)) mark.replaceWith(mark.textContent);
  drawList();
  if (!waiting.length) frames?.redraw();
  const added = spans.find((span) => !before.has(span.id));
  choose(added ? added.id : current, Boolean(added));
  if (previewIsOpen()) preview();
}

function touchedMarks(span, answer) {
  return span.block === null || Object.keys(answer.lines).some((place) => place.startsWith(`${span.block}:`)) ? marksOf(span.id) : [];
}

function resize(end, by) {
  const marks = current ? marksOf(current) : [];
  const place = marks.length ? placeOf(marks) : null;
  const next = place && moved(place, end, by);
  if (next) change({ act: 'resize', span_id: current, place: next });
}

// What a person added is taken away; what the detectors said is said not to be so.
function remove(span) {
  if (span.origin === 'person') change({ act: 'restore', span_id: span.id });
  else judge('reject');
}

async function add() {
  const place = frames?.drawn() ?? selected();
  if (!place) { problem('Select the identifier first, by mouse or with w.'); return; }
  const label = await pick();
  if (!label) return;
  endWords();
  getSelection().removeAllRanges();
  frames?.drop();
  change({ act: 'add', entity_type: label, place });
}

// ---- preview, comments, decision

const pane = document.getElementById('preview');
const previewIsOpen = () => !pane.hidden;

async function preview() {
  try {
    const text = document.getElementById('preview-text');
    drawPreview(await call('GET /api/items/{item_id}/preview/view', item), text, document.getElementById('sha'));
    frames?.preview(document.getElementById('preview-frame'), version);
  } catch (error) { problem(error.message); }
}

function togglePreview() {
  pane.hidden = !pane.hidden;
  work.classList.toggle('with-preview', !pane.hidden);
  document.querySelector('[data-local=preview]').setAttribute('aria-pressed', String(!pane.hidden));
  if (previewIsOpen()) flush().then(preview);
}

async function comments() {
  const held = await call('GET /api/items/{item_id}/comments', item);
  document.getElementById('comments').replaceChildren(...held.map((one) => {
    const entry = made('li', '', one.text);
    entry.prepend(made('b', '', `${one.who} `));
    if (one.span_id) {
      const there = made('button', '', 'show');
      there.addEventListener('click', () => (byId(one.span_id) ? choose(one.span_id) : problem('That finding is no longer there.')));
      entry.append(' ', there);
    }
    return entry;
  }));
}

document.addEventListener('submit', async (event) => {
  const { own } = event.target.dataset;
  if (!own) return;
  try {
    if (own === 'comment') {
      await call('POST /api/items/{item_id}/comments', item, { ...bodyOf(event.target), span_id: current ?? '' });
      event.target.reset();
      reader.focus();
      await comments();
    } else {
      await flush();
      if (stale || waiting.length) { decision.close(); return; }
      const seconds = Math.min(Math.round((Date.now() - lastSave) / 1000), 600);
      const asked = { ...bodyOf(event.target), turn_id: turn, expected: version, seconds };
      await call('POST /api/items/{item_id}/submit', item, asked);
      next();
    }
  } catch (error) {
    document.getElementById('decision').close();
    problem(error.message, error.status === 409);
  }
});

async function next() {
  const batch = { batch_id: work.dataset.batch };
  const taken = await call('POST /api/batches/{batch_id}/claim', batch, {}).catch(() => []);
  location.assign(taken.length ? `/items/${taken[0].item_id}` : `/batches/${batch.batch_id}`);
}

const decision = document.getElementById('decision');
decision.addEventListener('change', () => { // only an approval says yes to all of the checklist
  const approves = decision.querySelector('[name=verdict]:checked').value === 'approved';
  for (const box of decision.querySelectorAll('[name=checklist]')) box.required = approves;
});

// ---- keys and buttons

async function relabel() {
  if (!current) return;
  const label = await pick();
  if (label) change({ act: 'relabel', span_id: current, entity_type: label });
}

function cursor() {
  if (beginWords(current ? marksOf(current)[0] : null)) reader.focus({ preventScroll: true });
}

function zoom(by) {
  const size = Math.min(Math.max((Number(remembered('zoom')) || 100) + by, 60), 220);
  remember('zoom', size);
  document.documentElement.style.setProperty('--zoom', `${size / 100}`);
}

function remember(name, value) { try { localStorage.setItem(name, value); } catch { /* no storage */ } }
function remembered(name) { try { return localStorage.getItem(name); } catch { return null; } }

const acts = {
  accept: () => judge('accept'),
  reject: () => judge('reject'),
  relabel,
  resize: () => {
    const place = selected();
    if (place && current) change({ act: 'resize', span_id: current, place });
    else if (!turn || !frames?.edit()) problem('Choose a finding and select what it should cover.');
  },
  restore: () => current && change({ act: 'restore', span_id: current }),
  missed: add,
  preview: togglePreview,
  help: () => document.getElementById('help').showModal(),
  decide: () => { if (turn) decision.showModal(); else problem('Take this document first.'); },
  box: () => { if (turn) frames?.begin(); else problem('Take this document first.'); },
  drop: () => frames?.drop(),
  remove: () => { if (frames?.drawn()) frames.drop(); else if (current) remove(byId(current)); },
  close: (event) => event.target.closest('dialog').close(),
};

const keys = {
  j: () => step(1), k: () => step(-1), u: () => step(1, (span) => span.state === 'unsure'),
  a: acts.accept, x: acts.reject, l: acts.relabel, e: acts.resize, z: acts.restore, m: acts.missed,
  v: acts.preview, w: cursor, b: acts.box, '?': acts.help,
  '[': () => resize('end', -1), ']': () => resize('end', 1), '{': () => resize('start', -1), '}': () => resize('start', 1),
  '+': () => zoom(10), '-': () => zoom(-10), ',': () => frames?.turn(-1), '.': () => frames?.turn(1),
  c: () => document.querySelector('#comment textarea').focus(), Delete: acts.remove,
  Escape: () => { endWords(); getSelection().removeAllRanges(); frames?.drop(); problem(''); },
};

document.addEventListener('keydown', (event) => {
  if (document.querySelector('dialog[open]')) return;
  if (event.target.matches('input, textarea, select')) {
    if (event.key === 'Escape') reader.focus();
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') { event.preventDefault(); acts.decide(); return; }
  if (frames?.key(event)) { event.preventDefault(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (moveWords(event)) { event.preventDefault(); return; }
  if (keys[event.key]) { event.preventDefault(); keys[event.key](event); }
});

document.addEventListener('mousedown', (event) => {
  if (event.target.closest('#acts button')) event.preventDefault(); // the selection stays
});

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-local]');
  if (button && acts[button.dataset.local]) { acts[button.dataset.local](event); return; }
  const mark = event.target.closest('#reader mark[data-span], #findings li[data-span]');
  if (mark && getSelection().isCollapsed) choose(mark.dataset.span, mark.matches('li'));
});

// ---- staying

const where = `scroll ${work.dataset.item}`;
reader.addEventListener('scroll', () => remember(where, reader.scrollTop), { passive: true });
addEventListener('beforeunload', (event) => { if (waiting.length || inFlight) event.preventDefault(); });
if (turn) {
  keepHold(turn, {
    lost(error) { stale = true; problem(error.message, true); },
    idle: () => problem('Nothing was done here for a while. The document stays yours until its time is over; any key keeps it.'),
    back: () => problem(''),
  });
}

const frames = Number(work.dataset.frames)
  ? pictures(work, { choose, problem, resized: (id, place) => change({ act: 'resize', span_id: id, place }) })
  : null;
zoom(0);
drawList();
drawDetail();
reader.scrollTop = Number(remembered(where)) || 0;
reader.focus({ preventScroll: true });
comments().catch((error) => problem(error.message));
