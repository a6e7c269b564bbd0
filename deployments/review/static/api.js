// The one way from a page to the server: an endpoint as OpenAPI names it, its path's values, a body.

export class Refused extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

export function filled(path, values) {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ''));
}

const csrf = document.querySelector('meta[name=csrf]');

// Somebody signed in anew in another tab: take that session's token; false where it is the one that was sent.
async function renewed() {
  const { csrf: now } = await call('GET /api/me');
  if (now === csrf.content) return false;
  csrf.content = now;
  return true;
}

export async function call(operation, values = {}, body = undefined) {
  const [method, path] = operation.split(' ');
  const headers = { 'X-CSRF-Token': csrf.content };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(filled(path, values), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const isJson = answer.status !== 204 && (answer.headers.get('content-type') || '').startsWith('application/json');
  const held = isJson ? await answer.json() : null;
  if (!answer.ok) {
    if (answer.status === 403 && method !== 'GET' && csrf.content && await renewed()) return call(operation, values, body);
    const detail = typeof held?.detail === 'string' ? held.detail : 'The request was not understood.';
    throw new Refused(answer.status, detail);
  }
  return held;
}

const sentence = (text) => text[0].toUpperCase() + text.slice(1);

export function problem(text, again = false) {
  const place = document.getElementById('problem');
  place.textContent = text && /[.!?)\n]$/.test(text) ? sentence(text) : text && `${sentence(text)}.`;
  if (again) {
    const button = document.createElement('button');
    button.textContent = 'Load the page again';
    button.addEventListener('click', () => location.reload());
    place.append(' ', button);
  }
  place.hidden = !text;
}
