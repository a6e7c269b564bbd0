// Choose a label: type a few letters and Enter, or click one.
const chooser = document.getElementById('chooser');
const filter = document.getElementById('chooser-filter');
const options = [...document.querySelectorAll('#chooser-list button')];
const guide = document.getElementById('chooser-guide');
let picked = null;

export function pick() {
  picked = null;
  filter.value = '';
  tell(narrow());
  chooser.showModal();
  filter.focus();
  return new Promise((resolve) => chooser.addEventListener('close', () => resolve(picked), { once: true }));
}

function narrow() {
  const wanted = filter.value.trim().toUpperCase().replaceAll(' ', '_');
  const matches = options.filter((option) => {
    const fits = option.dataset.label.includes(wanted);
    option.parentElement.hidden = !fits;
    return fits;
  });
  return matches.find((option) => option.dataset.label.startsWith(wanted)) ?? matches[0];
}

// What is marked under the label that has the focus, or under the one that Enter takes.
function tell(option) {
  if (!option) { guide.textContent = ''; return; }
  const { label } = option.dataset;
  const text = document.getElementById(`guide-${label}`).textContent;
  guide.textContent = `${label.replaceAll('_', ' ').toLowerCase()}: ${text}`;
}

filter.addEventListener('input', () => tell(narrow()));
for (const kind of ['focusin', 'pointerover']) {
  chooser.addEventListener(kind, (event) => {
    const option = event.target.closest('button[data-label]');
    if (option || event.target === filter) tell(option ?? narrow());
  });
}
filter.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  picked = narrow()?.dataset.label ?? null;
  chooser.close();
});
chooser.addEventListener('click', (event) => {
  const option = event.target.closest('button[data-label]');
  if (option) { picked = option.dataset.label; chooser.close(); }
});
