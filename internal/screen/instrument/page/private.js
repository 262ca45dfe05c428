// Answers that live in a form alone: they are evaluated by the engine of this
// page, never sent, and cleared when the page forgets. Where engine and packs
// cannot be had, the form is sent and the server keeps nothing.
export const keepPrivate = (form, { clear, paint }) => {
  let there = false;
  const packs = form.dataset.packs.split(' ').map(path => fetch(path).then(r => { if (!r.ok) throw r.status; return r.json(); }));
  // Before the shell hears of it: for the shell a form that is sent is on its way.
  addEventListener('submit', event => {
    if (event.target !== form || !there) return;
    event.preventDefault();
    paint();
  }, true);
  form.addEventListener('forget', event => { event.preventDefault(); clear(); });
  document.querySelectorAll('[data-clear]').forEach(b => b.addEventListener('click', event => { event.preventDefault(); clear(); form.querySelector('input').focus(); }));
  return Promise.all([import(form.dataset.engine), ...packs]).then(([engine, ...list]) => { there = true; return { engine, packs: list }; });
};

// showWords fills a list and hides it while it is empty.
export const showWords = (list, words) => {
  list.replaceChildren(...words.map(text => Object.assign(document.createElement('li'), { textContent: text })));
  list.hidden = !words.length;
};

// resetUsual empties a form, whatever the server had ticked in it.
export const resetUsual = form => {
  form.reset();
  form.querySelectorAll('input[type=radio]').forEach(i => { i.checked = i.hasAttribute('data-usual'); });
  form.querySelectorAll('input[type=checkbox]').forEach(i => { i.checked = false; });
  form.querySelectorAll('input[inputmode]').forEach(i => { i.value = ''; });
};
