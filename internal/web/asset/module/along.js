// along lets another language take along what was chosen in a form, in a body
// and never in an address. Without a line the page opens without it.
export const along = form => {
  const chosen = () => String(new URLSearchParams(new FormData(form)));
  const before = chosen();
  document.querySelectorAll('a[hreflang]').forEach(link => link.addEventListener('click', e => {
    if (chosen() === before || !navigator.onLine || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    form.action = link.href;
    form.submit();
  }));
};
