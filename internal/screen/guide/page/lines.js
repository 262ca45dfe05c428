// The directory of one country from its pack, searched on the device: nothing
// that is typed leaves it. Form of the pack: docs/offline-pack.md.
import { lineOpen, dateLang } from './hours.js';
import { keptNote } from './kept.js';

const box = document.querySelector('[data-lines]');
const form = box.querySelector('form');
const lang = document.documentElement.lang;
const fold = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ς', 'σ').replaceAll('ß', 'ss');
const said = (texts, otherwise = '') => texts?.[lang] ?? texts?.en ?? otherwise;
const meta = await keptNote();
const country = meta?.country.toLowerCase() ?? box.dataset.country;
const pack = await (await fetch('/pack/' + country)).json();
const names = new Intl.DisplayNames([lang], { type: 'language' });
const nameOf = code => { try { return names.of(code); } catch { return code; } };

const entries = pack.services.map(s => {
  const name = said(s.names, s.name), by = said(s.by_names, s.by);
  const kinds = (s.helps ?? []).map(k => said(pack.words.help?.[k], k));
  const spoken = (s.languages ?? []).map(l => l.code);
  const places = (s.places ?? []).map(p => said(p.towns, p.town));
  const areas = s.area.map(a => said(pack.areas[a], a));
  return { s, name, by, kinds, spoken, places, areas, text: fold([name, by, s.name, said(s.summary), ...kinds, ...places, ...areas, ...spoken.map(nameOf)].join(' ')) };
});
const offer = (select, values) => {
  for (const [value, label] of [...values].sort((a, b) => a[1].localeCompare(b[1], lang))) select.append(new Option(label, value));
};
const { q, kind, lang: spoken, area } = form.elements;
offer(kind, new Map(entries.flatMap(e => e.s.helps ?? []).map(k => [k, said(pack.words.help?.[k], k)])));
offer(spoken, new Map(entries.flatMap(e => e.spoken).map(l => [l, nameOf(l)])));
offer(area, new Map(entries.flatMap(e => e.s.area).map(a => [a, said(pack.areas[a], a)])));

// A country-wide service covers each of its areas.
const covers = (areas, wanted) => areas.some(a => a === wanted || wanted.startsWith(a + '-') || a === pack.country);
const found = () => {
  const words = fold(q.value).split(/\s+/).filter(Boolean), now = new Date();
  return entries.filter(e => words.every(w => e.text.includes(w)) && (!kind.value || e.s.helps?.includes(kind.value))
    && (!spoken.value || e.spoken.includes(spoken.value) || e.s.any_language) && (!area.value || covers(e.s.area, area.value)))
    .map(e => ({ ...e, open: lineOpen(e.s.hours, now, pack.holidays), first: pack.helplines.includes(e.s.id) }))
    .sort((a, b) => b.first - a.first || (b.open === true) - (a.open === true));
};
const template = box.querySelector('template');
const draw = e => {
  const card = template.content.cloneNode(true), at = name => card.querySelector(`[data-${name}]`);
  at('name').textContent = e.name;
  if (e.by !== e.name) at('by').textContent = e.by; else at('by').remove();
  const state = e.open === undefined ? 'unknown' : e.open ? 'open' : 'closed';
  at('state').textContent = at('state').dataset[state];
  at('state').classList.add(state === 'open' ? 'ok' : 'plain');
  at('text').textContent = said(e.s.summary);
  at('more').textContent = [e.kinds.join(', '), e.spoken.map(nameOf).join(', '), (e.places.length ? e.places : e.areas).join(', '), said(e.s.hours?.note)].filter(Boolean).join(' · ');
  const calls = at('calls'), model = calls.firstElementChild;
  for (const phone of (e.s.phones ?? []).slice(0, 3)) {
    const call = model.cloneNode(true);
    call.href = 'tel:' + phone.dial;
    call.querySelector('span').textContent = phone.shown;
    calls.append(call);
  }
  model.remove();
  return card;
};
const show = () => {
  const list = found();
  box.querySelector('[data-found]').replaceChildren(...list.slice(0, 60).map(draw));
  const count = box.querySelector('[data-count]');
  count.textContent = count.dataset.text.replace('{n}', list.length);
};
form.addEventListener('input', show);
form.addEventListener('submit', e => e.preventDefault());
const changed = new Date(meta?.at ?? pack.changed);
const age = box.querySelector('[data-age]');
if (!isNaN(changed)) age.textContent = age.dataset.text.replace('{date}', new Intl.DateTimeFormat(dateLang(lang), { dateStyle: 'long' }).format(changed));
box.querySelector('[data-missing]').hidden = true;
form.hidden = false;
show();
