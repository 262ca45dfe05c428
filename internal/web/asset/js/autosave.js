// A form with data-autosave="/path" sends what is typed to that address: some
// seconds after the last key, and when the page is hidden. The draft's place
// is the server's; nothing is kept on the device. Offline it waits quietly.
document.querySelectorAll('form[data-autosave]').forEach(form => {
  const line = form.querySelector('.saved') ?? document.querySelector('.saved');
  let timer, dirty = false, busy = false;
  const say = key => { if (line) line.textContent = line.dataset[key] ?? ''; };
  const body = () => {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') data.append(name, value);
    return data;
  };
  const save = async last => {
    if (!dirty || busy && !last || document.documentElement.classList.contains('left')) return;
    busy = true; dirty = false;
    try {
      const answer = await fetch(form.dataset.autosave, { method: 'POST', body: body(), keepalive: last, redirect: 'error', headers: { 'X-Autosave': '1' } });
      if (!answer.ok) throw new Error(answer.status);
      say('saved');
    } catch {
      dirty = true; say('unsaved');
      timer = setTimeout(save, 15000);
    }
    busy = false;
  };
  form.addEventListener('input', () => { dirty = true; clearTimeout(timer); timer = setTimeout(save, 3000); });
  form.addEventListener('submit', () => { clearTimeout(timer); dirty = false; });
  addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') save(true); });
});
