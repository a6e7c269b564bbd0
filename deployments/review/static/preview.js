// Draw what an export holds: lines of text, as the server made them with the export's own functions.

export function drawPreview(answer, place, sha) {
  const pieces = document.createDocumentFragment();
  const several = answer.blocks.length > 1;
  for (const block of answer.blocks) {
    if (several && !block.lines.some(Boolean)) continue;
    if (several) pieces.append(made('div', 'label', block.title));
    for (const line of block.lines) pieces.append(made('div', 'line', line));
  }
  place.replaceChildren(pieces);
  place.hidden = !place.childElementCount;
  sha.textContent = answer.sha256;
}

export function made(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
