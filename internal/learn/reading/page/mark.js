// What an answer is worth, 0 to 1: the rules of learn.Question.Mark. An answer
// is a list as learn.Given has it; question is an entry of Outline.Questions.
export const mark = (question, given) => ({ single: ticked, truefalse: ticked, multiple: ticked, order: ordered, match: paired }[question.kind] ?? (() => 0))(question, given);

const ticked = (question, given) => {
  const rights = question.answers.filter(a => a.right);
  const hit = rights.filter(a => given.includes(a.id)).length;
  const wrong = question.answers.filter(a => !a.right && given.includes(a.id)).length;
  return Math.max(0, hit - wrong) / Math.max(1, rights.length);
};

const ordered = (question, given) => {
  const ids = question.answers.map(a => a.id);
  if (given.length !== ids.length || new Set(given).size !== ids.length) return 0;
  const good = ids.filter((id, i) => i > 0 && given.indexOf(ids[i - 1]) < given.indexOf(id)).length;
  return good / (ids.length - 1);
};

const paired = (question, given) => {
  const lefts = given.map(one => one.split("=")[0]);
  if (new Set(lefts).size !== lefts.length) return 0; // one thing cannot be two
  return given.filter(one => one.split("=")[0] === one.split("=")[1]).length / Math.max(1, question.answers.length);
};
