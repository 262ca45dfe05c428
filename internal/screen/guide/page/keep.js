// The page that asks whether to keep the guide on this device.
import { dateLang } from './hours.js';
import { keptNote } from './kept.js';

const box = document.querySelector('[data-keep]');
const form = box.querySelector('form');
const part = name => box.querySelector(`[data-${name}]`);
const shelf = 'guide';
const rooms = ['guide', 'signs', 'instruments', 'entitlement'];
const able = 'serviceWorker' in navigator && 'caches' in globalThis;
const tell = name => { for (const one of ['busy', 'failed', 'removed']) part(one).hidden = one !== name; };

const manifest = () => {
  const link = document.querySelector('link[rel=manifest]') ?? document.head.appendChild(Object.assign(document.createElement('link'), { rel: 'manifest' }));
  const { name, icon } = form.elements;
  link.href = `${box.dataset.app}${icon.value}?name=${encodeURIComponent(name.value.trim())}`;
};
const look = async () => {
  const meta = await keptNote();
  part('kept').hidden = !meta;
  if (!meta) return;
  const date = new Intl.DateTimeFormat(dateLang(document.documentElement.lang), { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(meta.at));
  part('age').textContent = part('age').dataset.text.replace('{date}', date);
  manifest();
};
// One registration for each room and language: outside of them the browser
// itself keeps the worker away.
const ready = worker => new Promise(done => {
  const look = () => worker.state === 'activated' ? done(worker) : worker.state === 'redundant' && done(null);
  worker.addEventListener('statechange', look);
  look();
});
const keep = async () => {
  const languages = [...form.querySelectorAll('[name=lang]:checked')].map(x => x.value);
  const list = `/guide/kept/${form.elements.country.value.toLowerCase()}/${languages.join('+')}`;
  let worker;
  for (const language of languages) for (const room of rooms) {
    const there = await navigator.serviceWorker.register('/guide/worker.js', { scope: `/${language}/${room}` });
    worker ??= await ready(there.installing ?? there.waiting ?? there.active);
  }
  const channel = new MessageChannel();
  const told = new Promise(done => { channel.port1.onmessage = e => done(e.data); });
  worker.postMessage({ list }, [channel.port2]);
  if (!(await told).ok) throw new Error('not kept');
};
const remove = async () => {
  await caches.delete(shelf);
  for (const there of await navigator.serviceWorker.getRegistrations()) await there.unregister();
};
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
