// The guide with a script: one step at a time, one entry of the history, no
// request while it is walked. What was answered lives in this page's memory and
// is gone when the page is left, hidden or idle for a quarter of an hour.
import { lineOpen, dateLang } from './hours.js';
import { keptNote } from './kept.js';
import { voiceFor, speak, hush, voicesChanged } from './voice.js';

const root = document.querySelector('[data-guide]');
const all = selector => root.querySelectorAll(selector);
const steps = new Map([...all('.step')].map(s => [s.id, s]));
const first = root.dataset.first;
const form = root.querySelector('[data-set]');
const { say, country, profession } = form.elements;
let at, trail = [], needs = new Set();
const begin = { say: say.value, country: country.value, profession: profession.value };

const show = (id, focus = true) => {
  const step = steps.get(id);
  steps.get(at)?.classList.remove('now');
  step.classList.add('now');
  at = id;
  for (const back of step.querySelectorAll('[data-back]')) back.hidden = !trail.length;
  step.querySelectorAll('[data-carry] [name=need]').forEach(box => { if (needs.has(box.value)) box.checked = true; });
  if (!focus) return;
  scrollTo(0, 0);
  step.querySelector('h1').focus({ preventScroll: true });
};
const go = id => { if (id !== at) { trail.push(at); root.querySelector('[data-cleared]').hidden = true; show(id); } };

root.addEventListener('click', e => {
  if (e.target.closest('[data-back]')) { if (trail.length) show(trail.pop()); return; }
  const link = e.target.closest('a');
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
  if (link.dataset.carries) needs.add(link.dataset.carries);
  const id = link.hash.slice(1);
  if (link.dataset.path !== undefined) { e.preventDefault(); location.replace(link.href); }
  else if (link.dataset.clear !== undefined || id === first) { e.preventDefault(); clear(true); }
  else if (steps.has(id) && link.pathname === location.pathname) { e.preventDefault(); go(id); }
});

// Counting a talk needs the line. Without one it says so and sends nothing: heard
// on the way down, before the form marks itself as sent.
root.addEventListener('submit', e => {
  const told = e.target.querySelector('[data-no-line]');
  if (!told) return;
  told.hidden = navigator.onLine;
  if (!navigator.onLine) e.preventDefault();
}, true);

// What was chosen about the place and the language.
const others = all('[data-say]');
const loudly = lang => {
  all('.aloud').forEach(b => b.remove());
  const voice = lang && voiceFor(lang);
  if (!voice) return;
  others.forEach(p => {
    const button = root.querySelector('[data-aloud]').content.firstElementChild.cloneNode(true);
    button.addEventListener('click', () => speak(p.textContent, voice));
    p.after(button);
  });
};
const beside = async lang => {
  hush();
  let words = { say: {} };
  if (lang) words = await (await fetch(`/guide/say/${lang}.json`)).json();
  if (say.value !== lang) return;
  others.forEach(p => {
    const text = words.say[p.dataset.say];
    p.hidden = !text;
    p.querySelector('q').textContent = text ?? '';
    if (text) { p.lang = lang; p.dir = words.dir; }
  });
  root.classList.toggle('two', !!lang);
  all('[data-unread]').forEach(p => { p.hidden = !lang || words.reviewed; });
  loudly(lang);
};
const duties = () => all('[data-duties]').forEach(kind => {
  const items = [...kind.querySelectorAll('li')];
  items.forEach(li => { li.hidden = profession.value !== 'any' && li.dataset.for !== undefined && !li.dataset.for.split(' ').includes(profession.value); });
  kind.hidden = items.every(li => li.hidden);
});
const patch = facts => {
  for (const [kind, html] of Object.entries(facts.facts)) all(`[data-fact="${kind}"]`).forEach(place => { place.innerHTML = html; });
  duties();
  swap();
};
const summary = () => {
  const named = [country, ...(say.value ? [say] : [])].map(s => s.selectedOptions[0]?.textContent);
  const path = root.querySelector('[data-path][aria-current]')?.textContent.trim();
  root.querySelector('[data-shown]').textContent = [named[0], path, ...named.slice(1)].filter(Boolean).join(' · ');
};
const place = async () => {
  const wanted = country.value;
  const facts = await (await fetch(root.dataset.facts + wanted.toLowerCase())).json();
  if (country.value === wanted) patch(facts);
  return facts;
};
const forgetful = promise => promise.catch(() => {}); // without a line everything stays as it is
form.addEventListener('submit', e => e.preventDefault());
form.addEventListener('change', e => {
  summary();
  if (e.target === say) forgetful(beside(say.value));
  if (e.target === profession) duties();
  if (e.target === country) forgetful(place());
});
root.querySelector('[data-apply]').hidden = true;

// Clearing: by hand, after a quarter of an hour, and whenever the page goes.
const clear = (told = false, focus = true) => {
  // Asked before the forms are emptied; what was not changed costs nothing.
  const moved = country.value !== begin.country, spoke = say.value !== begin.say;
  trail = []; needs = new Set();
  document.querySelectorAll('.guide form').forEach(f => f.reset());
  Object.assign(say, { value: begin.say }); Object.assign(profession, { value: begin.profession }); Object.assign(country, { value: begin.country });
  all('details[open]').forEach(d => { d.open = false; });
  all('[data-signs]').forEach(seen => seen.remove());
  if (moved) forgetful(place());
  hush();
  if (spoke) forgetful(beside(begin.say));
  duties(); summary();
  root.querySelector('[data-cleared]').hidden = !told;
  show(first, focus);
};
root.addEventListener('forget', e => {
  e.preventDefault();
  if (e.detail.left) clear(false, false); else if (trail.length || at !== first || say.value !== begin.say) clear(true, false);
});

// A guide that was kept on this device: newer facts when there is a line, the
// open line by its hours when there is none.
let kept = false;
const swap = () => { if (kept) all('[data-offline]').forEach(a => { a.href = a.dataset.offline; }); };
const openLine = async () => {
  const file = await caches.match('/pack/' + country.value.toLowerCase());
  if (!file) return;
  const pack = await file.json();
  const lines = pack.helplines.map(id => pack.services.find(s => s.id === id)).filter(s => s?.phones?.length);
  const young = lines.filter(s => s.helps?.includes('child-protection'));
  for (const [name, list] of [['adult', lines], ['young', young.length ? young : lines]]) {
    const state = s => lineOpen(s.hours, new Date(), pack.holidays), line = list.find(state) ?? list[0];
    const link = root.querySelector(`[data-helpline=${name}]`);
    if (!line || !link) continue;
    link.href = 'tel:' + line.phones[0].dial;
    link.querySelector('span').firstChild.textContent = root.querySelector('.guide-bar').dataset[{ true: 'open', false: 'closed' }[state(line)] ?? 'unsure'];
    link.querySelector('small').textContent = line.phones[0].shown;
  }
};
const keep = async () => {
  const meta = await keptNote();
  if (!meta) return;
  kept = true;
  const line = root.querySelector('[data-kept]');
  line.textContent = line.textContent.replace('{date}', new Intl.DateTimeFormat(dateLang(document.documentElement.lang), { dateStyle: 'long' }).format(new Date(meta.at)));
  line.hidden = false;
  if ([...country.options].some(o => o.value === meta.country)) { begin.country = country.value = meta.country; summary(); }
  swap();
  const facts = await place();
  if (Date.now() - facts.at > 6e5) await openLine();
};

all('[data-once]').forEach(f => { f.value = once(); });
// A token of the form that the server gives too: UUIDv7, so that a button
// pressed twice acts once.
function once() {
  const b = crypto.getRandomValues(new Uint8Array(16)), now = Date.now();
  for (let i = 0; i < 6; i++) b[i] = Math.floor(now / 256 ** (5 - i)) % 256;
  b[6] = b[6] & 15 | 112; b[8] = b[8] & 63 | 128;
  return [...b].map((x, i) => ([4, 6, 8, 10].includes(i) ? '-' : '') + x.toString(16).padStart(2, '0')).join('');
}

root.classList.add('live');
// A fragment that somebody came with is shown and taken out of the address.
const arrive = focus => {
  const asked = location.hash.slice(1);
  if (asked) history.replaceState(null, '', location.pathname);
  if (steps.has(asked) || !at) show(steps.has(asked) ? asked : root.dataset.at, focus);
};
arrive(false);
addEventListener('hashchange', () => arrive(true));
voicesChanged(() => loudly(say.value));
loudly(say.value);
forgetful(keep());
