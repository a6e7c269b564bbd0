// Choose a label: type a few letters and Enter, or click one.
const chooser = document.getElementById('chooser');
const filter = document.getElementById('chooser-filter');
const options = [...document.querySelectorAll('#chooser-list button')];
let picked = null;

export function pick() {
  picked = null;
  filter.value = '';
  narrow();
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

filter.addEventListener('input', narrow);
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
