// What boxes are, in words beside them: where nothing that is read or marked would be covered.
const SVG = 'http://www.w3.org/2000/svg';
const WIDE = 0.62; // of a letter, as a share of its size

export const overlap = (a, b) => a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

// Where a text of that width and height could stand by a box: to its right, its left, above, below.
function spots(box, width, height) {
  const gap = height / 3;
  const middle = box.top + (box.height - height) / 2;
  return [
    { left: box.left + box.width + gap, top: middle },
    { left: box.left - width - gap, top: middle },
    { left: box.left, top: box.top - height - gap },
    { left: box.left, top: box.top + box.height + gap },
  ].map((at) => ({ ...at, width, height }));
}

function isFree(spot, taken, size) {
  const inside = spot.left >= 0 && spot.top >= 0 && spot.left + spot.width <= size.width && spot.top + spot.height <= size.height;
  return inside && !taken.some((one) => overlap(one, spot));
}

function textOf(text, spot) {
  const sign = document.createElementNS(SVG, 'text');
  const told = { x: spot.left, y: spot.top + spot.height * 0.8, 'font-size': spot.height, class: 'sign' };
  for (const [name, value] of Object.entries(told)) sign.setAttribute(name, value);
  sign.textContent = text;
  return sign;
}

const middleOf = (box) => ({ left: box.left + box.width / 2, top: box.top + box.height / 2, width: 0, height: 0 });

// One sign a place: the whole label, where that finds no room its letter, and else none; the list says it, too.
export function signsOf(boxes, words, size) {
  const height = Math.max(Math.round(size.height / 34), 9);
  const taken = [...boxes, ...words];
  const signed = [];
  const signs = [];
  for (const box of boxes) {
    if (signed.some((other) => overlap(other, middleOf(box)))) continue;
    signed.push(box);
    const mark = { unsure: '?', stays: ', stays' }[box.state] ?? '';
    for (const text of [`${box.letter} ${box.label.replaceAll('_', ' ').toLowerCase()}${mark}`, `${box.letter}${box.state === 'unsure' ? '?' : ''}`]) {
      const spot = spots(box, text.length * height * WIDE, height).find((one) => isFree(one, taken, size));
      if (!spot) continue;
      taken.push(spot);
      signs.push(textOf(text, spot));
      break;
    }
  }
  return signs;
}
