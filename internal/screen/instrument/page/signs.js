// The page of signs: with this script no answer leaves the browser. What is
// ticked lives in the form alone.
import { keepPrivate, resetUsual, showWords } from './private.js';

const form = document.querySelector('[data-signs]');
const result = document.getElementById('result');
const take = document.querySelector('#take span'); // what goes along to the handover, when the reader sends it
let engine, packs;

const show = (node, on) => { node.hidden = !on; };
const value = name => new FormData(form).get(name);
const wanted = age => packs.find(p => p.topic === (value('topic') ?? 'labour') && p.population.ages.includes(age));

form.querySelectorAll('[name=age]').forEach(i => { i.required = true; });
form.addEventListener('change', tidy);

function clear() {
  resetUsual(form);
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
    showWords(result.querySelector(`[data-carried="${d.id}"]`), d.carried_by.map(word));
  }
  showWords(part('unknown').querySelector('ul'), r.unknown.map(word));
  part('unknown').querySelector('[data-count]').textContent = r.unknown.length;
  show(part('unknown'), r.unknown.length);
  show(part('change'), r.would_change.length);
  result.querySelectorAll('[data-change]').forEach(n => {
    const c = r.would_change.find(x => x.dimension === n.dataset.change);
    show(n, c);
    if (!c) return;
    showWords(n.querySelector('ul'), c.items.map(word));
    n.querySelectorAll('[data-to]').forEach(t => show(t, t.dataset.to === c.class));
  });
  const adult = age === 'unknown' && wanted('adult');
  show(part('adult'), adult);
  if (adult) {
    const other = engine.score(adult, { age: 'adult', answers: answersFor(adult) });
    part('adult').querySelectorAll('[data-to]').forEach(t => show(t, t.dataset.to === other.class));
  }
  show(part('ignored'), false);
  show(part('of-age'), age === 'adult');
  show(part('young'), age !== 'adult');
  take.replaceChildren(...[...form.querySelectorAll('[data-item]:not([hidden]) input[value=yes]:checked')].map(i => Object.assign(document.createElement('input'), { type: 'hidden', name: 'sign', value: i.name })));
  show(result, true);
  result.querySelector('h2').focus();
}

keepPrivate(form, { clear, paint }).then(got => { ({ engine, packs } = got); tidy(); }, () => {});
