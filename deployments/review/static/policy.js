// A policy's form: what people fill in becomes the policy's fields, and the server says what does not hold.
import { call, problem } from './api.js';

const form = document.getElementById('policy');
const saveAs = document.getElementById('save-as');
const linesOf = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

function scalar(text) {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

// "name: rest" of each line; a line without a colon has no rest, and the server says so.
function pairs(text) {
  return linesOf(text).map((line) => {
    const at = line.indexOf(':');
    return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

const read = {
  text: (field) => field.value.trim(),
  number: (field) => (field.value === '' ? undefined : Number(field.value)),
  tick: (field) => field.checked,
  lines: (field) => linesOf(field.value),
  list: (field) => [...field.selectedOptions].map((option) => option.value),
  map: (field) => Object.fromEntries(pairs(field.value)),
  'map-list': (field) => {
    const held = {};
    for (const [label, word] of pairs(field.value)) (held[label] ??= []).push(word);
    return held;
  },
  params: (field) => Object.fromEntries(field.value.split(',').map((one) => one.trim()).filter(Boolean).map((one) => {
    const [name, ...rest] = one.split('=');
    return [name.trim(), scalar(rest.join('=').trim())];
  })),
  patterns: (field) => linesOf(field.value).map((line) => {
    const [, name, label, score, regex] = /^(\S+)\s+(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [null, line, '', '0', ''];
    return { name, entity_type: label, score: Number(score), regex };
  }),
};

function put(held, path, value) {
  const names = path.split('.');
  const last = names.pop();
  let at = held;
  for (const name of names) at = at[name] ??= {};
  if (value === undefined) delete at[last]; else at[last] = value;
}

function filledIn() {
  const policy = JSON.parse(document.getElementById('fields').textContent);
  policy.rules = {};
  policy.dicom.options = [];
  policy.detectors = [];
  for (const field of form.querySelectorAll('[data-as]')) {
    if (field.dataset.as === 'ticked') {
      if (field.checked) (field.name === 'detectors' ? policy.detectors : policy.dicom.options).push(field.value);
    } else put(policy, field.name, read[field.dataset.as](field));
  }
  for (const [label, rule] of Object.entries(policy.rules)) {
    if (rule.action) continue;
    if (Object.keys(rule.params).length || 'review_below' in rule || 'min_score' in rule) throw new Error(`${label}: choose what is done, or empty the rest of its row`);
    delete policy.rules[label];
  }
  delete policy.name;
  delete policy.version;
  return policy;
}

form.addEventListener('change', (event) => { // what goes by default has no row of its own
  if (event.target.name?.endsWith('.action') && event.target.value === '') {
    for (const field of event.target.closest('tr').querySelectorAll('input')) field.value = '';
  }
});

form.addEventListener('submit', async () => {
  const name = saveAs.value;
  const expected = name === form.dataset.name ? Number(form.dataset.expected) : 0;
  try {
    const saved = await call('POST /api/policies/{name}', { name }, { expected, policy: filledIn() });
    location.assign(`/policies/${saved.name}`);
  } catch (error) {
    problem(error instanceof TypeError ? 'The server does not answer.' : error.message);
    document.getElementById('problem').scrollIntoView({ block: 'nearest' });
  }
});
