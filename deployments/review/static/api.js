// The one way from a page to the server: an endpoint as OpenAPI names it, its path's values, a body.

export class Refused extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

export function filled(path, values) {
  return path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ''));
}

export async function call(operation, values = {}, body = undefined) {
  const [method, path] = operation.split(' ');
  const headers = { 'X-CSRF-Token': document.querySelector('meta[name=csrf]').content };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(filled(path, values), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const isJson = answer.status !== 204 && (answer.headers.get('content-type') || '').startsWith('application/json');
  const held = isJson ? await answer.json() : null;
  if (!answer.ok) {
    const detail = typeof held?.detail === 'string' ? held.detail : 'The request was not understood.';
    throw new Refused(answer.status, detail);
  }
  return held;
}

export function problem(text, again = false) {
  const place = document.getElementById('problem');
  place.textContent = text;
  if (again) {
    const button = document.createElement('button');
    button.textContent = 'Load the page again';
    button.addEventListener('click', () => location.reload());
    place.append(' ', button);
  }
  place.hidden = !text;
}
