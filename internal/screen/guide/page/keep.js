// The page that asks whether to keep the guide on this device.
import { able, asOf, empty, fill, noteOf } from './shelf.js';

const box = document.querySelector('[data-keep]');
const form = box.querySelector('form');
const part = name => box.querySelector(`[data-${name}]`);
const shelf = 'guide', worker = '/guide/worker.js';
const rooms = ['guide', 'signs', 'instruments', 'entitlement'];
const tell = name => { for (const one of ['busy', 'failed', 'removed']) part(one).hidden = one !== name; };

const manifest = () => {
  const link = document.querySelector('link[rel=manifest]') ?? document.head.appendChild(Object.assign(document.createElement('link'), { rel: 'manifest' }));
  const { name, icon } = form.elements;
  link.href = `${box.dataset.app}${icon.value}?name=${encodeURIComponent(name.value.trim())}`;
};
const look = async () => {
  const meta = await noteOf(shelf, '/guide/kept');
  part('kept').hidden = !meta;
  if (!meta) return;
  part('age').textContent = part('age').dataset.text.replace('{date}', asOf(meta.at));
  manifest();
};
const keep = () => {
  const languages = [...form.querySelectorAll('[name=lang]:checked')].map(x => x.value);
  const scopes = languages.flatMap(language => rooms.map(room => `/${language}/${room}`));
  return fill(worker, scopes, `/guide/kept/${form.elements.country.value.toLowerCase()}/${languages.join('+')}`);
};
const remove = () => empty(shelf, worker);
let invitation;
addEventListener('beforeinstallprompt', e => { e.preventDefault(); invitation = e; part('install').hidden = false; });
part('install').addEventListener('click', () => invitation?.prompt());

form.addEventListener('submit', async e => {
  e.preventDefault();
  if (!form.querySelector('[name=lang]:checked')) { form.querySelector('[name=lang]').focus(); return; }
  tell('busy');
  try { await keep(); tell(); } catch { await remove(); tell('failed'); }
  await look();
  form.removeAttribute('aria-busy');
});
form.addEventListener('change', () => { if (!part('kept').hidden) manifest(); });
part('remove').addEventListener('click', async () => { await remove(); await look(); tell('removed'); });
if (able) { part('able').hidden = false; await look(); } else part('unable').hidden = false;
