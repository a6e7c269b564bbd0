// Pictures: frames with the boxes of findings, and beside them the text that was read there; one leads to the other.
import { call } from './api.js';
import { boxLayer } from './boxes.js';
import { made } from './preview.js';
import { overlap, signsOf } from './signs.js';

const DRAFT = 'draft'; // the box that is no finding yet
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HINTS = {
  pen: 'Drag over the picture, or move the box by arrows.',
  draft: 'Arrows move the box, with Shift they size it, with Alt by one pixel; m gives it a label.',
  finding: 'Arrows move the box, with Shift they size it, with Alt by one pixel; Enter keeps it.',
};

// `choose` is told what is chosen here, `resized` the place of a finding whose box was moved.
export function pictures(work, { choose, problem, resized }) {
  const item = { item_id: work.dataset.item };
  const picture = document.getElementById('picture');
  const signs = document.getElementById('signs');
  const words = document.getElementById('words');
  const slider = document.getElementById('frame');
  const pen = document.querySelector('[data-local=box]');
  const dropper = document.querySelector('[data-local=drop]');
  const hint = document.getElementById('box-hint');
  const layer = boxLayer(picture, Boolean(work.dataset.turn), {
    chosen(id) { if (id === DRAFT) draft(layer.box(DRAFT)); else choose(id, false); },
    changed(id, box) { if (id !== DRAFT) { held.before = null; resized(id, place(box)); drawSigns(); } },
    drawn(box) { draft(box); },
  });
  // `before`: where the chosen finding's box was when arrows began to move it
  const held = { number: -1, boxes: [], words: [], size: { width: 1, height: 1 }, chosen: null, before: null };

  let shown = []; // words, and what stands for them on the page

  const place = ({ left, top, width, height }) => ({ frame: held.number, left, top, width, height });
  const boxOf = (word) => held.boxes.find((one) => overlap(one, word));

  async function open(wanted) {
    held.number = wanted;
    if (slider) {
      slider.value = wanted;
      document.getElementById('frame-number').textContent = `${wanted + 1} of ${work.dataset.frames}`;
    }
    picture.src = `/api/items/${item.item_id}/frames/${wanted}`;
    words.textContent = 'Reading…';
    held.boxes = [];
    layer.show([], held.size);
    drawSigns();
    await redraw();
  }

  async function redraw() {
    const asked = held.number;
    if (held.before) return;
    try {
      const answer = await call('GET /api/items/{item_id}/frames/{number}/words', { ...item, number: asked });
      if (asked !== held.number) return;
      const unsaved = layer.box(DRAFT);
      Object.assign(held, answer);
      held.boxes.sort((a, b) => (a.group === 'other') - (b.group === 'other')); // what says more comes first
      document.getElementById('stage').style.setProperty('--natural', `${held.size.width}px`);
      const drawn = held.boxes.toReversed(); // and lies on top
      layer.show(unsaved ? [...drawn, { ...unsaved, span: DRAFT }] : drawn, held.size);
      layer.select(held.chosen);
      drawSigns();
      drawWords();
    } catch (error) { problem(error.message); }
  }

  // Annotorious draws no text: what a box is stands beside it, so that its colour says nothing alone.
  function drawSigns() {
    signs.setAttribute('viewBox', `0 0 ${held.size.width} ${held.size.height}`);
    const boxes = held.boxes.map((one) => ({ ...one, ...layer.box(one.span) }));
    signs.replaceChildren(...signsOf(boxes, held.words.flat(), held.size));
  }

  function drawWords() {
    shown = [];
    const lines = held.words.map((line) => {
      const row = made('div', 'read-line');
      for (const word of line) {
        const found = boxOf(word);
        const entry = made('button', `word${found ? ` span ${found.group} ${found.state}` : ''}`, word.text);
        entry.type = 'button';
        entry.dataset.local = 'word';
        shown.push([word, entry]);
        entry.title = `read with confidence ${word.confidence}`;
        entry.addEventListener('click', () => { if (found) pick(found.span); else around(word); });
        row.append(entry, ' ');
      }
      return row;
    });
    words.replaceChildren(...(lines.length ? lines : [made('p', 'hint', 'No text was read here.')]));
    markWords();
  }

  function markWords() {
    const box = layer.box(held.chosen);
    for (const [word, entry] of shown) entry.classList.toggle('current', Boolean(box) && overlap(box, word));
    words.querySelector('.word.current')?.scrollIntoView({ block: 'nearest' });
  }

  function around(word) {
    draft(layer.within({ left: word.left - 2, top: word.top - 2, width: word.width + 4, height: word.height + 4 }));
  }

  function pick(span) {
    choose(span, false);
    layer.layer.scrollIntoView({ block: 'nearest' });
  }

  // Choose the box that is no finding yet: no finding is chosen meanwhile, so no key decides one.
  function draft(box) {
    layer.draw(false);
    choose(null, false);
    held.chosen = DRAFT;
    layer.put(DRAFT, box);
    layer.select(DRAFT);
    told('draft');
    layer.layer.focus({ preventScroll: true });
  }

  function chosen(span) {
    if (held.before && span !== held.chosen) drop();
    held.chosen = span;
    layer.select(span);
    markWords();
  }

  function told(what) {
    hint.textContent = HINTS[what] ?? '';
    pen.setAttribute('aria-pressed', String(what === 'pen'));
    dropper.hidden = !layer.box(DRAFT);
  }

  function drop() {
    layer.draw(false);
    if (layer.box(DRAFT)) layer.drop(DRAFT);
    if (held.before) { layer.put(held.chosen, held.before); drawSigns(); }
    if (held.chosen === DRAFT) held.chosen = null;
    held.before = null;
    told('');
  }

  function keep() {
    const box = layer.box(held.chosen);
    if (held.before && box) resized(held.chosen, place(box));
    held.before = null;
    told('');
  }

  function turn(by) {
    const wanted = held.number + by;
    if (wanted >= 0 && wanted < Number(work.dataset.frames)) { drop(); open(wanted); }
  }

  slider?.addEventListener('input', () => { drop(); open(Number(slider.value)); });
  open(0);

  return {
    redraw,
    drop,
    turn,
    drawn: () => (layer.box(DRAFT) ? place(layer.box(DRAFT)) : null),
    begin() {
      if (pen.getAttribute('aria-pressed') === 'true') { drop(); return; }
      if (layer.box(DRAFT)) { draft(layer.box(DRAFT)); return; }
      choose(null, false);
      layer.draw(true);
      told('pen');
    },
    // Let arrows move the chosen finding's box; false where none is chosen here.
    edit() {
      held.before = held.chosen === DRAFT ? null : layer.box(held.chosen);
      if (!held.before) return false;
      told('finding');
      layer.layer.focus({ preventScroll: true });
      return true;
    },
    choose(span) { if (held.chosen !== span && held.chosen !== DRAFT) chosen(span); }, // a save chooses anew: the draft stays
    show(frame, span) { if (frame === held.number) chosen(span); else { drop(); held.chosen = span; open(frame); } },
    dress(span) {
      const one = held.boxes.find((found) => found.span === span.id);
      if (one) { one.state = span.state; layer.put(span.id, { ...layer.box(span.id), state: span.state }); layer.dress(); drawSigns(); drawWords(); }
    },
    key(event) {
      const by = ARROWS[event.key];
      if (by && pen.getAttribute('aria-pressed') === 'true') { // no mouse: a box to begin with
        const { width, height } = held.size;
        draft(layer.within({ left: width / 4, top: height / 4, width: width / 4, height: height / 20 }));
      }
      const box = held.before || held.chosen === DRAFT ? layer.box(held.chosen) : null;
      if (!box || event.ctrlKey || event.metaKey) return false;
      if (event.key === 'Enter' && !event.target.closest('button, a')) { keep(); return true; }
      if (!by) return false;
      const pace = event.altKey ? 1 : Math.max(Math.round(held.size.width / 200), 1);
      const [right, down] = [by[0] * pace, by[1] * pace];
      const next = event.shiftKey
        ? { ...box, width: Math.max(box.width + right, 1), height: Math.max(box.height + down, 1) }
        : { ...box, left: box.left + right, top: box.top + down };
      layer.put(held.chosen, layer.within(next, event.shiftKey ? null : box));
      drawSigns();
      return true;
    },
    preview(target, version) {
      const image = made('img', '');
      image.alt = 'Frame as an export holds it';
      image.src = `/api/items/${item.item_id}/preview/frames/${held.number}?version=${version}`;
      target.replaceChildren(image);
    },
  };
}
