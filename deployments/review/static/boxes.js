// The boxes of one frame, drawn by Annotorious: whole pixels of the picture go in and come out.
// Its handles have no keyboard, so arrows move a box from here; what it knows of undoing is left alone.
/* global Annotorious */

const whole = (value) => Math.round(value);

// The nearest box of whole pixels that lies in the picture: moved in where its size is kept, else cut at the edge.
function within(drawn, size, before) {
  const [left, top] = [whole(drawn.x), whole(drawn.y)];
  const [right, bottom] = [whole(drawn.x + drawn.w), whole(drawn.y + drawn.h)];
  if (before && right - left === before.width && bottom - top === before.height) {
    const { width, height } = before;
    return { left: Math.min(Math.max(left, 0), size.width - width), top: Math.min(Math.max(top, 0), size.height - height), width, height };
  }
  const at = { left: Math.min(Math.max(left, 0), size.width - 1), top: Math.min(Math.max(top, 0), size.height - 1) };
  return { ...at, width: Math.max(Math.min(right, size.width) - at.left, 1), height: Math.max(Math.min(bottom, size.height) - at.top, 1) };
}

function annotation(id, box) {
  const { left: x, top: y, width: w, height: h } = box;
  const bounds = { minX: x, minY: y, maxX: x + w, maxY: y + h };
  return { id, bodies: [], target: { annotation: id, selector: { type: 'RECTANGLE', geometry: { x, y, w, h, rot: 0, bounds } } } };
}

const same = (a, b) => ['left', 'top', 'width', 'height'].every((name) => a[name] === b[name]);

// `chosen` and `changed` are told what the mouse did; `drawn` that a box of nothing yet was drawn.
export function boxLayer(picture, editable, { chosen, changed, drawn }) {
  const tool = Annotorious.createImageAnnotator(picture, { drawingEnabled: false, userSelectAction: editable ? 'EDIT' : 'SELECT' });
  const layer = tool.element.querySelector('.a9s-annotationlayer');
  layer.setAttribute('role', 'group');
  layer.setAttribute('aria-label', 'Boxes of findings');
  let size = { width: 1, height: 1 };
  let held = new Map();
  let current = null;

  function dress() {
    for (const element of layer.querySelectorAll('.a9s-annotation[data-id]')) {
      const box = held.get(element.dataset.id);
      const name = `a9s-annotation box ${box ? `${box.group} ${box.state}` : 'new'}${element.dataset.id === current ? ' current' : ''}`;
      if (element.getAttribute('class') !== name) element.setAttribute('class', name);
    }
    for (const handle of layer.querySelectorAll('[role=button]')) { // they answer no key, and say nothing
      handle.removeAttribute('role');
      handle.removeAttribute('tabindex');
    }
  }
  new MutationObserver(dress).observe(layer, { childList: true, subtree: true });

  const geometry = (id) => tool.getAnnotationById(id)?.target.selector.geometry;

  function put(id, box) {
    held.set(id, { ...held.get(id), ...box });
    tool.setAnnotations([annotation(id, box)], false);
  }

  function select(id) {
    current = id && held.has(id) ? id : null;
    tool.setSelected(current ?? undefined, current ? editable : undefined);
    dress();
  }

  tool.on('selectionChanged', () => { // told a moment later: what is selected by now counts
    const id = tool.getSelected()[0]?.id ?? null;
    if (id === current || (id && !held.has(id))) return;
    current = id;
    dress();
    chosen(id);
  });
  tool.state.store.observe(({ changes }) => {
    for (const made of changes.created ?? []) {
      queueMicrotask(() => { // once Annotorious is done with it, and before the next key
        tool.setDrawingEnabled(false);
        tool.state.store.deleteAnnotation(made.id, 'REMOTE');
        drawn(within(made.target.selector.geometry, size));
      });
    }
  }, { origin: 'LOCAL' });
  layer.addEventListener('pointerup', () => {
    const now = current && geometry(current);
    if (!now) return;
    const box = within(now, size, held.get(current));
    if (same(box, held.get(current))) return;
    put(current, box);
    select(current); // a quick drag that ends outside the box counts as a click beside it
    changed(current, box);
  });
  addEventListener('keydown', (event) => { // its Ctrl+Z would move boxes here and not at the server
    if ((event.ctrlKey || event.metaKey) && 'zyZY'.includes(event.key)) event.stopPropagation();
  }, true);

  return {
    layer,
    select,
    put,
    current: () => current,
    box: (id) => held.get(id) ?? null,
    show(boxes, of) {
      size = of;
      const before = current;
      tool.setSelected(); // of several that change at once it would open an editor each
      held = new Map(boxes.map((box) => [box.span, box]));
      tool.setAnnotations(boxes.map((box) => annotation(box.span, box)), true);
      select(before);
    },
    drop(id) {
      held.delete(id);
      tool.state.store.deleteAnnotation(id, 'REMOTE');
    },
    draw(on) {
      if (on) select(null);
      else tool.cancelDrawing();
      tool.setDrawingEnabled(on);
      layer.classList.toggle('pen', on);
    },
    dress,
    within: (box, before) => within({ x: box.left, y: box.top, w: box.width, h: box.height }, size, before),
  };
}
