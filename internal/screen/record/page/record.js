// The note follows the ticks in the browser; nothing is sent.
const form = document.querySelector('[data-record]');
const lines = document.querySelectorAll('[data-line]'), out = document.querySelectorAll('[data-unless]');
const follow = () => {
  const on = new Set([...form.elements].filter(e => e.checked).map(e => e.value));
  const any = [...on].some(id => id !== 'shown');
  const shown = id => id === 'empty' ? !any : id === 'hidden' ? any && !on.has('shown') : on.has(id);
  for (const l of lines) l.hidden = !shown(l.dataset.line);
  for (const l of out) l.hidden = on.has(l.dataset.unless);
};
const clear = () => {
  for (const e of form.elements) e.checked = false;
  follow();
};
form.querySelector('[data-plain]').hidden = true;
form.addEventListener('change', follow);
form.addEventListener('submit', e => e.preventDefault());
document.querySelector('[data-clear]').addEventListener('click', e => { e.preventDefault(); clear(); });
addEventListener('pageshow', clear);
form.addEventListener('forget', e => { e.preventDefault(); clear(); });
