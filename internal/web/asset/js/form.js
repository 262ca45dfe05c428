// Forms. A button pressed twice sends once (the server checks as well); a
// form with data-guard asks before what was typed is thrown away.
document.querySelectorAll('form[method="post"]').forEach(form => {
  let sent = false, dirty = false;
  form.addEventListener('input', () => { dirty = true; });
  form.addEventListener('submit', e => {
    if (e.defaultPrevented) return; // a script of the page does it itself
    if (sent) { e.preventDefault(); return; }
    sent = true;
    form.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => { sent = false; form.removeAttribute('aria-busy'); });
  if (form.dataset.guard !== undefined) addEventListener('beforeunload', e => { if (dirty && !sent && !document.documentElement.classList.contains('left')) e.preventDefault(); });
});
// The error summary is read first.
document.querySelector('[data-focus]')?.focus();
// Filters act at once where the form asks for it.
document.querySelectorAll('form[data-live]').forEach(form => form.addEventListener('change', () => form.requestSubmit()));
