// Where a selection is: block, line and UTF-16 unit within it. The server makes code points of the stored text of it.

export function lineOf(node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  return element?.closest('.line');
}

function unitIn(line, node, offset) {
  const before = document.createRange();
  before.selectNodeContents(line);
  before.setEnd(node, offset);
  return before.toString().length;
}

export function lineAt(block, number) {
  return document.querySelector(`#reader [data-block="${block}"] .line[data-line="${number}"]`);
}

export function textBetween(block, start, end) {
  const lines = [];
  for (let number = start.line; number <= end.line; number += 1) {
    const text = lineAt(block, number)?.textContent ?? '';
    lines.push(text.slice(number === start.line ? start.unit : 0, number === end.line ? end.unit : text.length));
  }
  return lines.join('\n');
}

// The place of the selection without white space around it; null where it is empty, not in a text, or in two of them.
export function selected() {
  const chosen = getSelection();
  if (!chosen.rangeCount || chosen.isCollapsed) return null;
  const range = chosen.getRangeAt(0);
  const first = lineOf(range.startContainer);
  let last = lineOf(range.endContainer);
  const holder = first?.closest('#reader [data-block]');
  if (!holder || !last || last.closest('[data-block]') !== holder) return null;
  const start = { line: Number(first.dataset.line), unit: unitIn(first, range.startContainer, range.startOffset) };
  const end = { line: Number(last.dataset.line), unit: unitIn(last, range.endContainer, range.endOffset) };
  if (end.unit === 0 && end.line > start.line) {
    end.line -= 1;
    last = lineAt(holder.dataset.block, end.line);
    end.unit = last.textContent.length;
  }
  return trimmed(Number(holder.dataset.block), start, end);
}

function trimmed(block, start, end) {
  let text = textBetween(block, start, end);
  while (text && /\s/.test(text[0])) {
    if (text[0] === '\n') { start.line += 1; start.unit = 0; } else start.unit += 1;
    text = text.slice(1);
  }
  while (text && /\s/.test(text.at(-1))) {
    if (text.at(-1) === '\n') { end.line -= 1; end.unit = lineAt(block, end.line).textContent.length; } else end.unit -= 1;
    text = text.slice(0, -1);
  }
  return text ? { block, start, end, text } : null;
}

// The place of a finding as it is drawn.
export function placeOf(marks) {
  const first = marks[0];
  const last = marks.at(-1);
  const [from, to] = [lineOf(first), lineOf(last)];
  if (!from || !to) return null;
  const start = { line: Number(from.dataset.line), unit: unitIn(from, first, 0) };
  const end = { line: Number(to.dataset.line), unit: unitIn(to, last, last.childNodes.length) };
  const block = Number(from.closest('[data-block]').dataset.block);
  return { block, start, end, text: textBetween(block, start, end) };
}

// Move one end of a place by a character (a pair of surrogates is one); null where the line ends.
export function moved(place, end, step) {
  const point = { ...place[end] };
  const line = lineAt(place.block, point.line).textContent;
  point.unit += step;
  const code = line.charCodeAt(point.unit);
  if (code >= 0xdc00 && code <= 0xdfff) point.unit += step;
  if (point.unit < 0 || point.unit > line.length) return null;
  const next = { ...place, [end]: point };
  next.text = textBetween(next.block, next.start, next.end);
  return next.text ? next : null;
}
