// The page of a questionnaire: with this script no answer leaves the browser.
import { keepPrivate, resetUsual, showWords } from './private.js';

const form = document.querySelector('[data-private]');
const result = document.getElementById('result');
const incomplete = form.querySelector('[data-incomplete]');
const asked = [...form.querySelectorAll('[data-item]')];
let engine, pack;

// given is what was answered to one question; undefined: nothing.
const given = node => {
  const said = new FormData(form), id = node.dataset.item;
  const answer = (said.get('q-' + id) ?? '').trim();
  return [answer, said.get('u-' + id)].filter(Boolean).join(' ') || undefined;
};
const nodeOf = id => asked.find(n => n.dataset.item === id);
const belongs = node => !node.dataset.when || belongs(nodeOf(node.dataset.when)) && given(nodeOf(node.dataset.when)) === node.dataset.is;
const tidy = () => asked.forEach(node => { node.hidden = !belongs(node); });

// answers are those to the questions that are asked. What is hidden was not.
const answers = () => Object.fromEntries(asked.filter(belongs).map(n => [n.dataset.item, given(n)]).filter(([, answer]) => answer !== undefined));

// firstWrong is the first place that the engine would refuse.
function firstWrong(said) {
  if (!new FormData(form).get('age')) return form.querySelector('[name=age]');
  const wrong = pack.items.map(i => [i, nodeOf(i.id), said[i.id]]).find(([i, node, answer]) => belongs(node) && (answer === undefined ? i.required : !engine.takes(i, answer)));
  return wrong?.[1].querySelector('input');
}

function paint() {
  const said = answers(), wrong = firstWrong(said);
  incomplete.hidden = !wrong;
  form.querySelectorAll('[aria-invalid]').forEach(i => i.removeAttribute('aria-invalid'));
  if (wrong) {
    result.hidden = true;
    wrong.setAttribute('aria-invalid', 'true');
    wrong.focus();
    return;
  }
  const r = engine.score(pack, { age: new FormData(form).get('age'), answers: said });
  const part = name => result.querySelector(`[data-part=${name}]`);
  result.querySelectorAll('[data-class]').forEach(n => { n.hidden = n.dataset.class !== r.class; });
  result.querySelectorAll('[data-to]').forEach(n => { n.hidden = !r.could_become.includes(n.dataset.to); });
  result.querySelectorAll('[data-warning]').forEach(n => { n.hidden = !r.warnings.includes(n.dataset.warning); });
  part('could').hidden = !r.could_become.length;
  const score = result.querySelector('[data-score]');
  if (score) score.textContent = r.score;
  for (const [name, ids] of [['counted', r.carried_by], ['unknown', r.unknown]]) {
    showWords(part(name).querySelector('ul'), ids.map(id => nodeOf(id).querySelector('[data-label]').textContent));
    part(name).querySelector('[data-count]').textContent = ids.length;
    part(name).hidden = !ids.length;
  }
  result.hidden = false;
  result.querySelector('h2').focus();
}

function clear() {
  resetUsual(form);
  result.hidden = incomplete.hidden = true;
  tidy();
}

form.addEventListener('input', tidy);
keepPrivate(form, { clear, paint }).then(got => { engine = got.engine; [pack] = got.packs; tidy(); }, () => {});
