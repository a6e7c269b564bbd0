// Pictures: frames with the boxes of findings, and beside them the text that was read there; one leads to the other.
import { call } from './api.js';
import { made } from './preview.js';

const SVG = 'http://www.w3.org/2000/svg';

function svg(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const overlap = (a, b) => a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

export function pictures(work, { choose, problem }) {
  const item = { item_id: work.dataset.item };
  const picture = document.getElementById('picture');
  const layer = document.getElementById('boxes');
  const words = document.getElementById('words');
  const slider = document.getElementById('frame');
  const button = document.querySelector('[data-local=box]');
  let number = -1;
  let held = { boxes: [], words: [], size: { width: 1, height: 1 } };
  let chosen = null;
  let box = null;
  let from = null;

  async function open(wanted) {
    number = wanted;
    if (slider) {
      slider.value = wanted;
      document.getElementById('frame-number').textContent = `${wanted + 1} of ${work.dataset.frames}`;
    }
    picture.src = `/api/items/${item.item_id}/frames/${wanted}`;
    words.textContent = 'Reading…';
    await redraw();
  }

  async function redraw() {
    const asked = number;
    try {
      const answer = await call('GET /api/items/{item_id}/frames/{number}/words', { ...item, number: asked });
      if (asked !== number) return;
      held = answer;
      held.boxes.sort((a, b) => (a.group === 'other') - (b.group === 'other')); // what says more comes first
      draw();
      drawWords();
    } catch (error) { problem(error.message); }
  }

  function draw() {
    const { width, height } = held.size;
    layer.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const size = Math.max(Math.round(height / 30), 9);
    const signed = [];
    const drawn = held.boxes.flatMap((one) => {
      const rect = svg('rect', { x: one.left, y: one.top, width: one.width, height: one.height });
      rect.setAttribute('class', `box ${one.group} ${one.state}${one.span === chosen ? ' current' : ''}`);
      rect.dataset.span = one.span;
      if (signed.some((other) => Math.abs(other.left - one.left) < size && Math.abs(other.top - one.top) < size)) return [rect];
      signed.push(one);
      const sign = svg('text', { x: one.left, y: Math.max(one.top - 2, size), 'font-size': size });
      sign.setAttribute('class', `sign ${one.group}`);
      sign.textContent = `${one.letter} ${one.label.replaceAll('_', ' ').toLowerCase()}${one.state === 'unsure' ? '?' : ''}`;
      return [sign, rect];
    }).reverse(); // what says more lies on top
    if (box) {
      const rect = svg('rect', { x: box.left, y: box.top, width: box.width, height: box.height });
      rect.setAttribute('class', 'box new');
      drawn.push(rect);
    }
    layer.replaceChildren(...drawn);
  }

  function drawWords() {
    const lines = held.words.map((line) => {
      const row = made('div', 'read-line');
      for (const word of line) {
        const found = held.boxes.find((one) => overlap(one, word));
        const entry = made('button', `word${found ? ` span ${found.group} ${found.state}` : ''}`, word.text);
        entry.type = 'button';
        entry.dataset.local = 'word';
        entry.title = `read with confidence ${word.confidence}`;
        entry.addEventListener('click', () => { if (found) pick(found.span); else find(word); });
        row.append(entry, ' ');
      }
      return row;
    });
    words.replaceChildren(...(lines.length ? lines : [made('p', 'hint', 'No text was read here.')]));
  }

  function find(word) {
    box = { left: Math.max(word.left - 2, 0), top: Math.max(word.top - 2, 0), width: word.width, height: word.height };
    box.width = Math.min(box.width + 4, held.size.width - box.left);
    box.height = Math.min(box.height + 4, held.size.height - box.top);
    draw();
  }

  function pick(span) {
    choose(span, false);
    chosen = span;
    draw();
  }

  function point(event) {
    const area = layer.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * held.size.width;
    const y = ((event.clientY - area.top) / area.height) * held.size.height;
    return [Math.min(Math.max(Math.round(x), 0), held.size.width), Math.min(Math.max(Math.round(y), 0), held.size.height)];
  }

  const drawing = () => button.getAttribute('aria-pressed') === 'true';

  layer.addEventListener('pointerdown', (event) => {
    if (event.target.dataset.span && !drawing()) { pick(event.target.dataset.span); return; }
    if (!drawing()) return;
    from = point(event);
    layer.setPointerCapture(event.pointerId);
  });
  layer.addEventListener('pointermove', (event) => {
    if (!from) return;
    const [x, y] = point(event);
    box = { left: Math.min(x, from[0]), top: Math.min(y, from[1]), width: Math.abs(x - from[0]), height: Math.abs(y - from[1]) };
    draw();
  });
  layer.addEventListener('pointerup', () => { from = null; });
  slider?.addEventListener('input', () => open(Number(slider.value)));
  open(0);

  return {
    redraw,
    drawn: () => (box && box.width && box.height ? { frame: number, ...box } : null),
    begin() {
      button.setAttribute('aria-pressed', String(!drawing()));
      if (!drawing()) return;
      const { width, height } = held.size;
      box ??= { left: Math.round(width / 4), top: Math.round(height / 4), width: Math.round(width / 4), height: Math.round(height / 20) };
      layer.focus();
      draw();
    },
    drop() { box = null; button.setAttribute('aria-pressed', 'false'); draw(); },
    choose(span) { if (chosen !== span) { chosen = span; draw(); } },
    show(frame, span) {
      chosen = span;
      if (frame === number) draw(); else open(frame);
    },
    dress(span) {
      const one = held.boxes.find((found) => found.span === span.id);
      if (one) { one.state = span.state; draw(); drawWords(); }
    },
    key(event) {
      if (!drawing() || !box) return false;
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (event.key === 'Enter') { button.setAttribute('aria-pressed', 'false'); return true; }
      if (!by) return false;
      const pace = Math.max(Math.round(held.size.width / 200), 1);
      if (event.shiftKey) {
        box.width = Math.min(Math.max(box.width + by[0] * pace, 1), held.size.width - box.left);
        box.height = Math.min(Math.max(box.height + by[1] * pace, 1), held.size.height - box.top);
      } else {
        box.left = Math.min(Math.max(box.left + by[0] * pace, 0), held.size.width - box.width);
        box.top = Math.min(Math.max(box.top + by[1] * pace, 0), held.size.height - box.height);
      }
      draw();
      return true;
    },
    preview(place, version) {
      const image = made('img', '');
      image.alt = 'Frame as an export holds it';
      image.src = `/api/items/${item.item_id}/preview/frames/${number}?version=${version}`;
      place.replaceChildren(image);
    },
  };
}
