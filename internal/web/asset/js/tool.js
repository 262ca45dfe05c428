// Small tools that only a script can give; without it their buttons stay
// hidden.
document.querySelectorAll('[data-print]').forEach(b => { b.hidden = false; b.addEventListener('click', () => print()); });
document.querySelectorAll('[data-copy]').forEach(b => {
  if (!navigator.clipboard) return;
  b.hidden = false;
  b.addEventListener('click', async () => {
    const from = document.getElementById(b.dataset.copy);
    if (!from) return;
    await navigator.clipboard.writeText((from.value ?? from.innerText).trim());
    const label = b.querySelector('span'), before = label.textContent;
    label.textContent = b.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 2500);
  });
});
document.querySelectorAll('[data-close]').forEach(b => { b.hidden = false; b.addEventListener('click', () => b.parentElement.remove()); });
// One menu at a time, closed by a click elsewhere and by Escape.
const menus = document.querySelectorAll('details.menu');
const shut = except => menus.forEach(m => { if (m !== except) m.open = false; });
menus.forEach(m => m.addEventListener('toggle', () => { if (m.open) shut(m); }));
addEventListener('click', e => { if (!e.target.closest('details.menu')) shut(); });
addEventListener('keydown', e => {
  if (e.key !== 'Escape') return;
  const open = document.querySelector('details.menu[open]');
  if (open) { open.open = false; open.querySelector('summary').focus(); }
});
