// The finder with a script: the answer is found in the browser by the rules of
// the country's file, so that nothing is sent and it works without a line.
import { along } from './along.js';
import { entitled } from './entitled.js';

const form = document.querySelector('[data-finder]');
const result = document.querySelector('[data-result]');
const selects = [...form.querySelectorAll('select')];
const part = name => result.querySelector(`[data-${name}]`);
let rules, ways;

const answers = () => Object.fromEntries(selects.filter(s => s.value).map(s => [s.name, s.value]));

// What stands on the page before anything is answered is all that can apply; a
// page that the server answered holds less.
const waysOf = page => new Map([...page.querySelectorAll('[data-way]')].map(way => [way.dataset.way, way]));
const whole = async () => {
  if (result.dataset.answered === undefined) return waysOf(document);
  return waysOf(new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), 'text/html'));
};
const fetched = Promise.all([fetch(form.dataset.rules).then(r => r.json()), whole()]).then(all => { [rules, ways] = all; form.dataset.live = ''; });

const element = (name, className, ...inside) => {
  const made = Object.assign(document.createElement(name), { className });
  made.append(...inside);
  return made;
};
// On which answers it hangs, in the words of the form.
const condition = ({ question, answers: may }) => {
  const select = form.elements[question], label = select.labels[0].textContent.trim();
  return may.length ? `${label}: ${[...select.options].filter(o => may.includes(o.value)).map(o => o.text).join(' / ')}` : label;
};
const draw = way => {
  const known = ways.get(way.id), table = element('small', '', known.querySelector('small').textContent);
  const name = known.querySelector('[data-name]').textContent, body = known.querySelector('.entitle-words').cloneNode(true);
  if (way.certain) return element('article', 'entitle-way', element('h3', '', table, name), body);
  const head = element('span', '', table, name);
  if (way.depends.length) head.append(element('small', 'entitle-if', `${part('may').dataset.if} ${way.depends.map(condition).join(' · ')}`));
  return element('details', 'fold entitle-way', element('summary', '', head), body);
};
const paint = () => {
  const list = entitled(rules, answers());
  part('certain').replaceChildren(...list.filter(way => way.certain).map(draw));
  part('may').replaceChildren(...list.filter(way => !way.certain).map(draw));
  part('may-title').hidden = list.every(way => way.certain);
  const title = result.querySelector('h2');
  title.textContent = result.dataset.title;
  form.before(result);
  form.querySelector('[data-again]').hidden = false;
  title.focus();
};

// Before the shell hears of it: for the shell a form that is sent is on its
// way. A button that sends it elsewhere (another language) does.
addEventListener('submit', e => {
  if (e.target !== form || !rules || e.submitter?.hasAttribute('formaction')) return;
  e.preventDefault();
  paint();
}, true);

along(form);
fetched.catch(() => {}); // then the server answers, and keeps nothing
// Without a line only the countries that were kept can be opened.
if (!navigator.onLine) document.querySelectorAll('[data-country]').forEach(async link => { link.parentElement.hidden = !await caches.match(link.href); });
