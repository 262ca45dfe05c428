// The page of signs: with this script no answer leaves the browser. What is
// ticked lives in the form alone.
const form = document.querySelector('[data-signs]');
const result = document.getElementById('result');
const take = document.querySelector('#take span'); // what goes along to the handover, when the reader sends it
let engine, packs;

const show = (node, on) => { node.hidden = !on; };
const value = name => new FormData(form).get(name);
const wanted = age => packs.find(p => p.topic === (value('topic') ?? 'labour') && p.population.ages.includes(age));

const ready = Promise.all([import(form.dataset.engine), ...form.dataset.packs.split(' ').map(path => fetch(path).then(r => { if (!r.ok) throw r.status; return r.json(); }))]).then(([module, ...list]) => { engine = module; packs = list; });

form.querySelectorAll('[name=age]').forEach(i => { i.required = true; });
// Before the shell hears of it: for the shell a form that is sent is on its way.
addEventListener('submit', event => {
  if (event.target !== form || !engine) return; // not here yet, or not to be had: the server answers, and keeps nothing
  event.preventDefault();
  paint();
}, true);
form.addEventListener('change', tidy);
document.querySelectorAll('[data-clear]').forEach(b => b.addEventListener('click', event => { event.preventDefault(); clear(); form.querySelector('input').focus(); }));

function clear() {
  form.reset();
  form.querySelectorAll('input[type=radio]').forEach(i => { i.checked = i.hasAttribute('data-usual'); });
  show(result, false);
  take.replaceChildren();
  tidy();
}

// tidy hides what is not on the chosen list and counts what was ticked.
function tidy() {
  const age = value('age'), pack = packs && age && wanted(age === 'unknown' ? 'child' : age);
  form.querySelectorAll('[data-item]').forEach(node => { if (pack) show(node, on(pack, node)); });
  form.querySelectorAll('[data-dimension]').forEach(d => { d.querySelector('[data-count]').textContent = d.querySelectorAll('[data-item]:not([hidden]) input[value=yes]:checked').length || ''; });
}

const on = (pack, node) => node.dataset.in.split(' ').includes(pack.id);

function answersFor(pack) {
  const answers = {};
  form.querySelectorAll('[data-item]').forEach(node => {
    if (!on(pack, node)) return;
    const chosen = node.querySelector('input:checked');
    if (chosen && chosen.value !== 'unknown') answers[node.dataset.item] = chosen.value;
  });
  return answers;
}

function paint() {
  const age = value('age'), pack = wanted(age === 'unknown' ? 'child' : age);
  const r = engine.score(pack, { age, answers: answersFor(pack) });
  const word = id => [...form.querySelectorAll(`[data-item="${id}"]`)].find(n => on(pack, n)).querySelector('[data-label]').textContent;
  const part = name => result.querySelector(`[data-part="${name}"]`);
  result.querySelectorAll('[data-class]').forEach(n => show(n, n.dataset.class === r.class));
  result.querySelectorAll('[data-warning]').forEach(n => show(n, r.warnings.includes(n.dataset.warning)));
  for (const d of r.dimensions) {
    const state = d.positive ? 'positive' : d.inconclusive ? 'open' : 'not';
    result.querySelectorAll(`[data-side="${d.id}"]`).forEach(n => { n.dataset.state = state; });
    fill(result.querySelector(`[data-carried="${d.id}"]`), d.carried_by.map(word));
  }
  fill(part('unknown').querySelector('ul'), r.unknown.map(word));
  part('unknown').querySelector('[data-count]').textContent = r.unknown.length;
  show(part('unknown'), r.unknown.length);
  show(part('change'), r.would_change.length);
  result.querySelectorAll('[data-change]').forEach(n => {
    const c = r.would_change.find(x => x.dimension === n.dataset.change);
    show(n, c);
    if (!c) return;
    fill(n.querySelector('ul'), c.items.map(word));
    n.querySelectorAll('[data-to]').forEach(t => show(t, t.dataset.to === c.class));
  });
  const adult = age === 'unknown' && wanted('adult');
  show(part('adult'), adult);
  if (adult) {
    const other = engine.score(adult, { age: 'adult', answers: answersFor(adult) });
    part('adult').querySelectorAll('[data-to]').forEach(t => show(t, t.dataset.to === other.class));
  }
  show(part('ignored'), false);
  take.replaceChildren(...[...form.querySelectorAll('[data-item]:not([hidden]) input[value=yes]:checked')].map(i => Object.assign(document.createElement('input'), { type: 'hidden', name: 'sign', value: i.name })));
  show(result, true);
  result.querySelector('h2').focus();
}

function fill(list, words) {
  list.replaceChildren(...words.map(text => Object.assign(document.createElement('li'), { textContent: text })));
  show(list, words.length);
}

form.addEventListener('forget', event => { event.preventDefault(); clear(); });
ready.then(tidy, () => { engine = undefined; });
