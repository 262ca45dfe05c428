// The field of a block: marks are put around what is chosen, and the phone
// beside it follows what is typed. Without this script one types the marks, and
// a button shows the phone.
const form = document.querySelector('form[data-edit]');
const field = form?.querySelector('textarea');
if (field) {
  const around = (before, after) => {
    const [from, to] = [field.selectionStart, field.selectionEnd];
    field.setRangeText(before + field.value.slice(from, to) + after, from, to, 'end');
    if (from === to) field.selectionEnd = field.selectionStart = from + before.length;
    field.focus();
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  form.querySelector('.edit-marks').hidden = false;
  form.querySelectorAll('[data-mark]').forEach(b => b.addEventListener('click', () => around(b.dataset.mark, b.dataset.mark)));
  form.querySelectorAll('[data-cite]').forEach(b => { b.hidden = false; b.addEventListener('click', () => around(' [' + b.dataset.cite + ']', '')); });

  const phone = document.querySelector('[data-preview]'), said = document.querySelector('[data-said]');
  let waiting = 0, turn = 0;
  const look = async () => {
    const mine = ++turn, body = new URLSearchParams(new FormData(form));
    body.set('do', 'look');
    try {
      const answer = await fetch(form.action, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
      if (mine !== turn || !answer.ok) return;
      const now = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-preview]');
      if (!now) return;
      phone.replaceChildren(...now.childNodes);
      said.textContent = form.dataset.edit;
    } catch { /* no line: the phone shows what it showed */ }
  };
  form.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(look, 400); });
}
