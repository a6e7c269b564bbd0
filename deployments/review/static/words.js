// Select by keyboard: a cursor that goes by words and lines over the document's own lines.
import { lineOf } from './places.js';

const WORD = /[\p{L}\p{N}]+(?:['’.\-@/:][\p{L}\p{N}]+)*/gu;
let anchor = null;
let focus = null;

const linesOf = () => [...document.querySelectorAll('#reader [data-block] .line')];

function wordsOf(line) {
  return [...line.textContent.matchAll(WORD)].map((found) => ({ line, start: found.index, end: found.index + found[0].length }));
}

function pointIn(line, unit) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let left = unit;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left <= node.length) return [node, left];
    left -= node.length;
  }
  return [line, line.childNodes.length];
}

function show() {
  const lines = linesOf();
  const before = lines.indexOf(anchor.line) - lines.indexOf(focus.line) || anchor.start - focus.start;
  const [first, last] = before <= 0 ? [anchor, focus] : [focus, anchor];
  const range = document.createRange();
  range.setStart(...pointIn(first.line, first.start));
  range.setEnd(...pointIn(last.line, last.end));
  const chosen = getSelection();
  chosen.removeAllRanges();
  chosen.addRange(range);
  focus.line.scrollIntoView({ block: 'nearest' });
}

function neighbour(by) {
  const lines = linesOf();
  const here = wordsOf(focus.line);
  const at = here.findIndex((word) => word.start === focus.start) + by;
  if (here[at]) return here[at];
  for (let number = lines.indexOf(focus.line) + by; lines[number]; number += by) {
    const words = wordsOf(lines[number]);
    if (words.length) return by > 0 ? words[0] : words.at(-1);
  }
  return focus;
}

function above(by) {
  const lines = linesOf();
  for (let number = lines.indexOf(focus.line) + by; lines[number]; number += by) {
    const words = wordsOf(lines[number]);
    if (words.length) return words.findLast((word) => word.start <= focus.start) ?? words[0];
  }
  return focus;
}

// Begin at a mark, or at the first word that can be seen.
export function beginWords(mark) {
  const reader = document.getElementById('reader').getBoundingClientRect();
  const seen = linesOf().filter((line) => line.getBoundingClientRect().bottom > reader.top && wordsOf(line).length);
  const line = mark ? lineOf(mark) : seen[0];
  if (!line || !wordsOf(line).length) return false;
  let start = 0;
  if (mark) {
    const before = document.createRange();
    before.selectNodeContents(line);
    before.setEnd(mark, 0);
    start = before.toString().length;
  }
  focus = wordsOf(line).findLast((word) => word.start <= start) ?? wordsOf(line)[0];
  anchor = focus;
  show();
  return true;
}

export function moveWords(event) {
  const how = { ArrowRight: () => neighbour(1), ArrowLeft: () => neighbour(-1), ArrowDown: () => above(1), ArrowUp: () => above(-1) }[event.key];
  if (!how || !focus?.line.isConnected) return false;
  focus = how();
  if (!event.shiftKey) anchor = focus;
  show();
  return true;
}

export function endWords() { focus = null; anchor = null; }
