// Mark the spans in which two versions differ.
const marked = JSON.parse(document.getElementById('marked').textContent);
for (const mark of document.querySelectorAll('mark[data-span]')) {
  const kind = marked[mark.dataset.span];
  if (kind) { mark.classList.add('differs'); mark.title = kind; } else mark.classList.add('same');
}
