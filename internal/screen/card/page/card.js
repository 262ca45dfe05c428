// The cards with a script: put together on the device from the drawings of the
// program, so that nothing that is chosen is sent and it works without a line.
import { along } from './along.js';
import { keptNote } from './kept.js';

const form = document.querySelector('[data-card]');
const { country, line, language } = form.elements;
const all = document.querySelector('[data-forget]');
const part = name => document.querySelector(`[data-${name}]`);
const noPDF = part('no-pdf')?.textContent, first = language.selectedOptions[0].textContent.trim();
const got = async path => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(path);
  return answer.json();
};
let forms, lines;

// bars are those of a number, in their place on the card.
const bars = (code, at) => {
  const step = at.width / code.length;
  return [...code].map((bit, i) => bit === '1' ? `<rect x="${at.x + i * step}" y="${at.y}" width="${step}" height="${at.height}" fill="#000"/>` : '').join('');
};
const sheet = () => {
  const format = new FormData(form).get('format'), card = forms.cards[language.value], number = lines.find(l => l.id === line.value).drawn;
  const one = card.drawn[format] + number[card.turned ? 'turned' : 'plain'][format] + (forms.bars[format] ? bars(number.bars, forms.bars[format]) : '');
  const copies = forms.places[format].map(p => `<g transform="translate(${p.x} ${p.y})">${one}</g>`);
  return `<svg viewBox="0 0 ${forms.width} ${forms.height}" fill="currentColor" aria-hidden="true">${copies.join('')}</svg>`;
};
const paint = () => {
  const chosen = lines.find(l => l.id === line.value), { pdf } = forms.cards[language.value];
  part('sheet').innerHTML = sheet();
  part('sheet').lang = language.value;
  part('tells').textContent = chosen.tells;
  part('hours')?.remove(); // of the line that the page came with, and of then
  part('free').hidden = !chosen.free;
  part('bill').hidden = chosen.free;
  if (part('pdf')) part('pdf').hidden = !pdf || !navigator.onLine;
  part('no-pdf').hidden = pdf;
  part('no-pdf').textContent = noPDF.replace(first, language.selectedOptions[0].textContent.trim());
};

// Another country has other lines; without them what stands there stays.
const move = async () => {
  const wanted = country.value, found = await got(form.dataset.numbers + wanted.toLowerCase());
  if (country.value !== wanted || !found.length) return;
  lines = found;
  if (found.some(l => l.id === line.value)) return;
  line.replaceChildren(...found.map(l => new Option(l.label, l.id)));
};
const follow = async e => {
  if (e?.target === country) await move();
  paint();
};
const begin = async () => {
  const note = await keptNote();
  const kept = note && [...country.options].some(o => o.value === note.country);
  if (kept && all.dataset.sent === undefined) country.value = note.country;
  [forms] = await Promise.all([got(form.dataset.forms), move()]);
  if (kept) paint();
  part('show').hidden = true;
  form.addEventListener('change', e => follow(e).catch(() => {}));
  form.dataset.live = '';
};
// Before the shell hears of it: for the shell a form that is sent is on its way.
addEventListener('submit', e => {
  if (e.target !== form || !forms || !lines || e.submitter?.hasAttribute('formaction')) return;
  e.preventDefault();
  paint();
}, true);
along(form);
if (line && part('sheet')) begin().catch(() => {}); // without the drawings the server draws
