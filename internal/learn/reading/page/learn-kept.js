// The whole course as one document, which the worker gives for each page of it
// when nobody answers. The address says which page is shown, and holds the
// answers and decisions as it does where a server reads them, so that the same
// address shows the same with and without a line. Nothing of it is kept.
import { mark } from './mark.js';
import { asking } from './ask.js';
import { draw } from './draw.js';
import { asOf, noteOf } from './shelf.js';

const root = document.querySelector('[data-whole]'), { base } = root.dataset, { questions } = JSON.parse(root.dataset.course);
const by = id => document.getElementById(id), part = name => root.querySelector(`[data-${name}]`);
const pages = [...root.querySelectorAll('[data-page]')];
const { say, boxes, read, plain, shown, copy, looked } = asking(root, questions, mark);

// --- addresses

const addressOf = id => {
  const [kind, name] = id.split('.');
  return kind === 'contents' ? base : kind === 'case' ? `${base}/case/${name}` : `${base}/${id.replace('.', '/')}`;
};

// along follows the decisions of a case as far as it knows them.
const along = (name, path) => {
  const way = [];
  let page = pages.find(p => p.id.startsWith(`case.${name}.`) && 'start' in p.dataset);
  for (const id of path.split('.')) {
    const choice = [...page?.querySelectorAll('[data-choice]') ?? []].find(c => c.dataset.choice === id);
    if (!choice) break;
    way.push({ id, text: choice.textContent.trim(), effect: choice.dataset.effect, signs: [...page.querySelectorAll('[data-signs] li')].map(li => li.textContent) });
    page = by(choice.dataset.to);
  }
  return { page, way };
};

// placeOf is the page that an address means; none when the course has it not.
const placeOf = ({ pathname, search }) => {
  if (pathname !== base && !pathname.startsWith(base + '/')) return {};
  const [kind, name] = pathname.slice(base.length + 1).split('/'), query = new URLSearchParams(search);
  if (kind === 'case') return { ...along(name, query.get('way') ?? ''), query };
  return { page: kind ? pages.find(p => p.id === (name ? `${kind}.${name}` : kind)) : by('contents'), query };
};

// --- pages

// put fills a question's fields with what stands in an address and says to it
// what there is to say.
const put = (box, query, prefix) => {
  for (const f of box.querySelectorAll('input')) f.checked = query.getAll(f.name.slice(prefix.length)).includes(f.value);
  for (const f of box.querySelectorAll('select')) f.value = query.get(f.name.slice(prefix.length)) ?? '';
};
const prefixOf = page => page.id.replace(/[^.]*$/, '');

const showUnit = (page, query) => {
  for (const box of boxes(page)) {
    put(box, query, prefixOf(page));
    const question = questions[box.id], given = read(box, question);
    if (given.length) shown(box, question, given); else plain(box);
  }
  follow(page, query.get('track'));
};

// follow leads from a unit to the next one of the track that the reader takes,
// otherwise of its topic.
const usual = new Map();
const follow = (page, track) => {
  const next = page.querySelector('[data-next]'), title = next.querySelector('span').lastChild, back = page.querySelector('.back a'), where = page.querySelector('.learn-where');
  if (!usual.has(page)) usual.set(page, { next: next.href, title: title.textContent, back: back.href, label: back.textContent, where: where.textContent });
  const own = usual.get(page), whole = track && pages.find(p => p.id === `track.${track}`), list = [...whole?.querySelectorAll('.learn-list a') ?? []];
  const i = list.findIndex(a => a.dataset.to === page.id), name = whole?.querySelector('h1').textContent;
  let now = own;
  if (i >= 0) {
    const after = list[i + 1] ?? { href: addressOf(whole.id) };
    now = { next: after.href, title: list[i + 1] ? after.querySelector('b').textContent : name, back: addressOf(whole.id), label: name,
      where: say('where').replace('{n}', i + 1).replace('{of}', list.length).replace('{minutes}', page.dataset.unit) };
  }
  next.querySelector('small').textContent = say(i >= 0 && !list[i + 1] ? 'last' : 'next');
  [next.href, title.textContent, back.href, back.querySelector('span').textContent, where.textContent] = [now.next, now.title, now.back, now.label, now.where];
};

const showCase = (page, way) => {
  const name = page.id.split('.')[1], taken = way.map(step => step.id);
  for (const choice of page.querySelectorAll('[data-choice]')) choice.href = `${base}/case/${name}?way=${[...taken, choice.dataset.choice].join('.')}`;
  looked(page, way);
  const seen = page.querySelector('[data-seen]'), signs = [...new Set(way.flatMap(step => step.signs))];
  if (!seen) return;
  seen.hidden = !signs.length;
  seen.querySelector('ul').replaceChildren(...signs.map(text => Object.assign(document.createElement('li'), { textContent: text })));
};

// A test is drawn by a word in its address, as everywhere.
const longest = 12;
const leads = new Map();
const showTest = async (page, query) => {
  let word = query.get('n') ?? '';
  if (!word || word.length > longest) {
    word = [...crypto.getRandomValues(new Uint8Array(4))].map(b => b.toString(16).padStart(2, '0')).join('');
    history.replaceState(null, '', `${addressOf(page.id)}?n=${word}`);
  }
  const topic = page.id.slice('test.'.length) + '.', into = page.querySelector('[data-drawn]'), lead = page.querySelector('[data-lead]');
  const bank = Object.keys(questions).filter(q => q.startsWith(topic) && questions[q].bank).map(q => q.slice(topic.length));
  const drawn = (await draw(bank, Number(into.dataset.draw), word)).map(id => topic + id), done = query.has('done');
  if (!leads.has(page)) leads.set(page, lead.textContent);
  into.replaceChildren(...drawn.map(q => copy(q, [])));
  let right = 0;
  for (const box of boxes(into)) {
    put(box, query, 'test.' + topic);
    const question = questions[box.id.slice('test.'.length)], given = read(box, question);
    if (mark(question, given) === 1) right++;
    if (done) shown(box, question, given);
  }
  lead.textContent = done ? say('result').replace('{right}', right).replace('{of}', drawn.length) : leads.get(page);
  page.querySelector('[data-finish]').hidden = done;
  page.querySelector('[data-again]').hidden = !done;
};

// --- going about

const note = await noteOf('course', '/learn/kept'), languages = note?.list.slice(note.list.lastIndexOf('/') + 1).split('+');

// show shows the page of the address; moved: the reader has come from another.
const show = async moved => {
  const { page = by('contents'), way, query } = placeOf(location);
  for (const one of pages) one.hidden = one !== page;
  if (way) showCase(page, way);
  if (page.dataset.unit) showUnit(page, query);
  if ('test' in page.dataset) await showTest(page, query);
  for (const link of document.querySelectorAll('.languages a')) {
    link.parentElement.hidden = languages !== undefined && !languages.includes(link.hreflang);
    link.href = `/${link.hreflang}${(location.pathname + location.search).slice(3)}`;
  }
  const anchor = location.hash && by(decodeURIComponent(location.hash.slice(1)));
  if (anchor && page.contains(anchor)) {
    const fold = anchor.closest('details');
    if (fold) fold.open = true;
    anchor.scrollIntoView();
  } else if (moved) {
    scrollTo(0, 0);
    page.querySelector('h1').focus({ preventScroll: true });
  }
};

// Answers go into the address, open ones excepted: their fields have no name.
const answer = form => {
  const page = form.closest('[data-page]'), test = 'test' in page.dataset, prefix = test ? page.id + '.' : prefixOf(page);
  const old = new URLSearchParams(location.search), query = new URLSearchParams();
  for (const name of ['track', 'n']) if (old.has(name)) query.set(name, old.get(name));
  if (test) query.set('done', '1');
  for (const [name, value] of new FormData(form)) if (value) query.append(name.slice(prefix.length), value);
  history.replaceState(null, '', `${location.pathname}?${query}`);
  return show(test);
};

for (const page of pages) {
  page.querySelector('h1')?.setAttribute('tabindex', '-1');
  for (const link of page.querySelectorAll('a[href^="#"]')) {
    const id = link.getAttribute('href').slice(1);
    if (!pages.some(p => p.id === id)) continue; // a work in the list below
    link.dataset.to = id;
    link.href = addressOf(id) + ('track' in page.dataset && link.closest('.learn-list') ? `?track=${page.id.slice('track.'.length)}` : '');
  }
}
root.addEventListener('submit', e => { e.preventDefault(); answer(e.target); });
root.addEventListener('click', e => {
  const link = e.target.closest('a[data-to]');
  if (!link || e.button || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  history.pushState(null, '', link.href);
  show(true);
});
addEventListener('popstate', () => show(false));
part('show').addEventListener('click', e => { e.preventDefault(); location.reload(); });

if (note) {
  part('age').textContent = part('age').dataset.text.replace('{date}', asOf(note.at));
  part('kept').hidden = false;
  navigator.serviceWorker.addEventListener('message', () => { part('newer').hidden = false; });
  addEventListener('online', () => navigator.serviceWorker.controller?.postMessage({}));
}
if (location.pathname === base + '/kept') history.replaceState(null, '', base);
root.querySelectorAll('[data-script]').forEach(e => { e.hidden = false; });
await show(false);
root.classList.add('live');
