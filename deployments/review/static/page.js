// What all pages share: buttons and forms that call an endpoint, and the choice of dark or light.
import { call, filled, problem } from './api.js';

const root = document.documentElement;
try { root.dataset.theme = localStorage.getItem('theme') || ''; } catch { /* no storage: the system's choice */ }

function changeTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try { localStorage.setItem('theme', root.dataset.theme); } catch { /* no storage */ }
}

function ticked() {
  const chosen = [...document.querySelectorAll('[data-tick]:checked')];
  return { item_ids: chosen.map((box) => Number(box.dataset.item)), asset_ids: chosen.map((box) => box.dataset.asset) };
}

function bodyOf(form) {
  const body = {};
  for (const field of form.querySelectorAll('[name]')) {
    if (field.type === 'radio' && !field.checked) continue;
    if ('ticked' in field.dataset) body[field.name] = [...(body[field.name] ?? []), ...(field.checked ? [Number(field.value)] : [])];
    else if ('list' in field.dataset) body[field.name] = [...field.selectedOptions].map((option) => option.value);
    else if ('number' in field.dataset) body[field.name] = Number(field.value);
    else if ('unless' in field.dataset && field.value === field.dataset.unless) continue;
    else if ('boolean' in field.dataset) body[field.name] = field.value === 'true';
    else body[field.name] = field.value;
  }
  return body;
}

function withTicked(element, body) {
  const name = element.dataset.with;
  if (!name) return body;
  const chosen = ticked()[name];
  return chosen.length ? { ...body, [name]: chosen } : body;
}

async function send(element, body) {
  const { api, then, sure, show, none, need } = element.dataset;
  if (need && !(body && body[need])) { problem('Tick the documents first.'); return; }
  if (sure && !window.confirm(sure)) return;
  element.setAttribute('aria-busy', 'true');
  try {
    const answer = await call(api, element.dataset, body);
    problem('');
    if (show) {
      const told = element.querySelector('output');
      told.textContent = (told.dataset.said ?? '') + answer[show];
      return;
    }
    const found = Array.isArray(answer) ? answer[0] : answer;
    if (none && !found) { problem(none); return; }
    if (then === '') location.reload();
    else if (then) location.assign(filled(then, { ...element.dataset, ...found }));
  } catch (error) {
    problem(error instanceof TypeError ? 'The server does not answer.' : error.message);
  } finally {
    element.removeAttribute('aria-busy');
  }
}

function takesBody(operation) {
  return !operation.startsWith('DELETE') && !/\/(heartbeat|release|api\/items\/\{item_id\}\/claim)$/.test(operation);
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-api]');
  if (button) send(button, takesBody(button.dataset.api) ? withTicked(button, {}) : undefined);
  if (event.target.closest('[data-local=theme]')) changeTheme();
  const all = event.target.closest('[data-local=tick-all]');
  if (all) for (const box of document.querySelectorAll('[data-tick]')) box.checked = all.checked;
});

document.addEventListener('change', (event) => { // the roles that fit a post
  const post = event.target.closest('[data-local=post]');
  if (!post?.value) return;
  const fits = post.value.split(' ');
  for (const option of post.form.elements.roles.options) option.selected = fits.includes(option.value);
});

document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-api]');
  if (!form) return;
  event.preventDefault();
  if (!form.dataset.own) send(form, withTicked(form, bodyOf(form)));
});

export { bodyOf };
