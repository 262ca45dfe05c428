// The rules of the browser: the same as Entitled in entitle.go, held equal by
// test/browser/entitle_test.go. Pure; it fetches and keeps nothing.
const fits = (rule, known) => Object.entries(rule.when ?? {}).every(([question, wanted]) => wanted.includes(known[question]));

// settled is what applies when every question is answered.
const settled = (tables, known) => new Set(tables.flatMap(table => table.rules.find(rule => fits(rule, known))?.show ?? []));

// expand is every case that the open questions leave possible.
const expand = (answers, open) => open.reduce((cases, q) => cases.flatMap(known => q.answers.map(answer => ({ ...known, [q.id]: answer }))), [answers]);

// depends says which open questions decide: those whose answers do not occur
// equally often among the cases in which the entitlement applies.
const depends = (found, open) => open.flatMap(q => {
  const counts = q.answers.map(answer => found.filter(known => known[q.id] === answer).length);
  if (counts.every(n => n === counts[0])) return [];
  const answers = q.answers.filter((_, i) => counts[i]);
  return [{ question: q.id, answers: answers.length < q.answers.length ? answers : [] }];
});

// entitled is what applies to the answers by a country's file: first what is
// certain, then what may apply, each in the order of the tables.
export const entitled = ({ questions, tables }, answers) => {
  const open = questions.filter(q => !answers[q.id]);
  const cases = expand(answers, open), shown = cases.map(known => settled(tables, known));
  const places = new Map();
  for (const table of tables) for (const rule of table.rules) for (const id of rule.show) if (!places.has(id)) places.set(id, table.id);
  const list = [...places].map(([id, table]) => {
    const found = cases.filter((_, i) => shown[i].has(id)), certain = found.length === cases.length;
    return { id, table, certain, depends: certain ? [] : depends(found, open), found: found.length };
  }).filter(way => way.found);
  return [...list.filter(way => way.certain), ...list.filter(way => !way.certain)].map(({ found, ...way }) => way);
};
