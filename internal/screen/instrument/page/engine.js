// The engine of the browser: the same rules as delphi.go and score.go, held
// equal by test/browser/instrument_test.go. Pure; it fetches and keeps nothing.
const roles = ['deception', 'coercion', 'vulnerability', 'exploitation', 'control', 'dependence'];
const weights = ['strong', 'medium', 'weak'];
const order = ['no-pattern', 'inconclusive', 'means-without-exploitation', 'exploitation', 'vulnerability-and-exploitation', 'deception-and-exploitation', 'coercion-and-exploitation', 'coerced-exploitation', 'trafficking'];
const bit = role => 1 << roles.indexOf(role);
const exploitation = bit('exploitation'), control = bit('control'), deception = bit('deception'), coercion = bit('coercion');
const recruited = deception | coercion | bit('vulnerability');

const positive = ([s, m, w]) => s >= 1 && s + m + w >= 2 || m >= 2 && m + w >= 3;
const open = answer => answer === undefined || answer === 'unknown';

function classOf(found, child) {
  if (!(found & exploitation)) return found ? 'means-without-exploitation' : 'no-pattern';
  if (child || found & control && found & recruited) return 'trafficking';
  if (found & control) return 'coerced-exploitation';
  if (found & coercion) return 'coercion-and-exploitation';
  if (found & deception) return 'deception-and-exploitation';
  return found & ~exploitation ? 'vulnerability-and-exploitation' : 'exploitation';
}

function decided(found, could, child) {
  let name = classOf(found, child);
  const reach = new Set();
  for (let more = could; more > 0; more = (more - 1) & could) reach.add(classOf(found | more, child));
  reach.delete(name);
  const become = order.filter(c => reach.has(c));
  if (become.length && (name === 'no-pattern' || name === 'means-without-exploitation')) name = 'inconclusive';
  return [name, become];
}

// takes tells whether an answer is in the item's domain.
export function takes(item, answer) {
  if (answer === 'unknown') return true;
  if (item.type === 'integer') return /^(0|-?[1-9][0-9]*)$/.test(answer) && +answer >= item.min && +answer <= item.max;
  if (item.type === 'choice') return item.options.some(o => o.id === answer);
  return answer === 'yes' || answer === 'no';
}

// check throws for what the pack does not take; nothing is corrected.
function check(pack, age, answers) {
  if (!['adult', 'child', 'unknown'].includes(age)) throw new RangeError('age ' + age);
  const known = new Map(pack.items.map(i => [i.id, i]));
  for (const [id, answer] of Object.entries(answers)) {
    if (!known.has(id)) throw new RangeError('item ' + id);
    if (!takes(known.get(id), answer)) throw new RangeError('answer to ' + id);
  }
  for (const item of pack.items) {
    if (!asked(item, answers)) {
      if (!open(answers[item.id])) throw new RangeError('not asked ' + item.id);
    } else if (item.required && answers[item.id] === undefined) throw new RangeError('missing ' + item.id);
  }
}

const asked = (item, answers) => !item.when || answers[item.when.item] === item.when.is;

// score gives the same object as the command line: score(pack, {age, answers}).
export function score(pack, { age, answers }) {
  check(pack, age, answers);
  const result = {
    instrument: pack.id, version: pack.version, age, rule: age === 'unknown' ? 'child' : age, class: '', inconclusive: false, could_become: [], dimensions: [],
    carried_by: [], unknown: pack.items.filter(i => open(answers[i.id]) && asked(i, answers)).map(i => i.id), would_change: [], warnings: warnings(pack, age),
  };
  const rule = { delphi, count, sum }[pack.rule.kind];
  if (rule) rule(pack, answers, result); else result.class = 'listed';
  return result;
}

function warnings(pack, age) {
  const list = [];
  if (age === 'unknown') list.push('age-unknown');
  else if (!pack.population.ages.includes(age)) list.push('outside-population');
  if (pack.reason) list.push('not-compared');
  if (!pack.population.validated) list.push('not-validated');
  return list;
}

function delphi(pack, answers, result) {
  let found = 0, could = 0;
  const rest = [], judged = pack.dimensions.map(d => judge(pack, d, answers));
  for (const j of judged) {
    if (j.seen.positive) {
      found |= j.bit;
      result.carried_by.push(...j.carries);
      rest.push(...j.also);
    }
    if (j.seen.inconclusive) could |= j.bit;
    result.dimensions.push(j.seen);
  }
  result.carried_by.push(...rest);
  const child = result.rule === 'child';
  [result.class, result.could_become] = decided(found, could, child);
  result.inconclusive = result.could_become.length > 0;
  if (result.age === 'unknown') [result.if_adult] = decided(found, could, false);
  for (const j of judged) {
    if (!(j.bit & could)) continue;
    const [next] = decided(found | j.bit, could & ~j.bit, child);
    if (next !== result.class) result.would_change.push({ dimension: j.seen.id, items: fewest(j, answers), class: next });
  }
}

// judge is one dimension: strongest first, so that the first that suffice are
// the fewest.
function judge(pack, dimension, answers) {
  const items = pack.items.filter(i => i.dimension === dimension.id).sort((a, b) => weights.indexOf(a.weight) - weights.indexOf(b.weight));
  const yes = [0, 0, 0], all = [0, 0, 0], carries = [], also = [], unknown = [];
  for (const item of items) {
    const w = weights.indexOf(item.weight);
    if (answers[item.id] === 'yes') {
      (positive(yes) ? also : carries).push(item.id);
      yes[w]++; all[w]++;
    } else if (open(answers[item.id])) {
      unknown.push(item.id);
      all[w]++;
    }
  }
  const is = positive(yes);
  return { bit: bit(dimension.role), items, yes, carries, also, seen: { id: dimension.id, positive: is, inconclusive: !is && positive(all), carried_by: is ? [...carries, ...also] : [], unknown } };
}

function fewest(j, answers) {
  const seen = [...j.yes], ids = [];
  for (const item of j.items) {
    if (positive(seen)) break;
    if (!open(answers[item.id])) continue;
    seen[weights.indexOf(item.weight)]++;
    ids.push(item.id);
  }
  return ids;
}

const counted = pack => pack.items.filter(i => !pack.rule.items || pack.rule.items.includes(i.id));

function count(pack, answers, result) {
  const items = counted(pack);
  result.carried_by = items.filter(i => answers[i.id] === 'yes').map(i => i.id);
  result.score = result.carried_by.length;
  const could = items.filter(i => open(answers[i.id]) && asked(i, answers)).length;
  if (result.score >= pack.rule.at_least) result.class = 'positive';
  else if (result.score + could < pack.rule.at_least) result.class = 'negative';
  else Object.assign(result, { class: 'inconclusive', inconclusive: true, could_become: ['positive'] });
}

function sum(pack, answers, result) {
  let low = 0, high = 0;
  result.score = 0;
  for (const item of counted(pack)) {
    const answer = answers[item.id];
    if (open(answer)) {
      if (!asked(item, answers)) continue;
      const reach = worth(item);
      low += Math.min(...reach);
      high += Math.max(...reach);
      continue;
    }
    const points = pointsOf(item, answer);
    if (points) result.carried_by.push(item.id);
    result.score += points;
  }
  const bands = pack.rule.bands;
  result.class = bands.findLast((b, i) => i === 0 || result.score >= b.from).id;
  result.could_become = bands.filter((b, i) => b.id !== result.class && (i + 1 === bands.length || result.score + low < bands[i + 1].from) && (i === 0 || result.score + high >= b.from)).map(b => b.id);
  result.inconclusive = result.could_become.length > 0;
  if (result.inconclusive && result.class === bands[0].id) result.class = 'inconclusive';
}

function pointsOf(item, answer) {
  if (item.type === 'integer') return +answer * (item.points ?? 0);
  if (item.type === 'choice') return item.options.find(o => o.id === answer).points ?? 0;
  return answer === 'yes' ? item.points ?? 0 : 0;
}

// worth are the ends of what an item can give.
function worth(item) {
  if (item.type === 'integer') return [item.min, item.max].map(n => n * (item.points ?? 0));
  if (item.type === 'choice') return item.options.map(o => o.points ?? 0);
  return [0, item.points ?? 0];
}
