// The page that asks whether to keep the course on this device.
import { able, asOf, empty, fill, noteOf } from './shelf.js';

const box = document.querySelector('[data-keep]'), form = box.querySelector('form');
const part = name => box.querySelector(`[data-${name}]`);
const shelf = 'course', worker = '/learn/worker.js?public';
const tell = name => { for (const one of ['busy', 'failed', 'removed']) part(one).hidden = one !== name; };
const kb = bytes => new Intl.NumberFormat(box.dataset.lang).format(Math.ceil(bytes / 1024));
const languages = () => [...form.querySelectorAll('[name=lang]:checked')].map(x => x.value);
const list = chosen => `/learn/kept/${chosen.join('+')}`;
const names = chosen => chosen.map(lang => form.querySelector(`[name=lang][value="${lang}"]`).closest('label').textContent.trim()).join(', ');

const look = async () => {
  const note = await noteOf(shelf, '/learn/kept');
  part('kept').hidden = !note;
  if (!note) return;
  const kept = note.list.slice(note.list.lastIndexOf('/') + 1).split('+');
  part('age').textContent = part('age').dataset.text.replace('{languages}', names(kept)).replace('{size}', kb(note.bytes)).replace('{date}', asOf(note.at));
};

// The size is said before anything is fetched.
let asked = 0;
const weigh = async () => {
  const mine = ++asked, chosen = languages(), says = part('size').dataset;
  let text = says.choose;
  try {
    if (chosen.length) text = says.text.replace('{size}', kb((await (await fetch(list(chosen))).json()).bytes));
  } catch {
    text = says.none;
  }
  if (mine === asked) part('size').textContent = text;
};
const came = (here, of) => {
  const bar = part('busy').querySelector('progress'), text = part('busy').querySelector('p');
  bar.value = Math.min(1, here / of);
  text.textContent = text.dataset.text.replace('{here}', kb(here)).replace('{of}', kb(of));
};

form.addEventListener('submit', async e => {
  e.preventDefault();
  const chosen = languages();
  if (!chosen.length) { form.querySelector('[name=lang]').focus(); return; }
  const before = await noteOf(shelf, '/learn/kept');
  came(0, 1024);
  tell('busy');
  try {
    await fill(worker, chosen.map(lang => `/${lang}/learn`), list(chosen), came);
    tell();
  } catch {
    if (!before) await empty(shelf, worker); // what was kept stays as it was
    tell('failed');
  }
  form.removeAttribute('aria-busy');
  await look();
  if (!part('failed').hidden) return;
  scrollTo(0, 0);
  document.getElementById('kept-h').focus({ preventScroll: true });
});
form.addEventListener('change', weigh);
part('remove').addEventListener('click', async () => { await empty(shelf, worker); await look(); tell('removed'); });
if (able) { part('able').hidden = false; await Promise.all([look(), weigh()]); } else part('unable').hidden = false;
