// Draws questions by a word, the same ones as learn.Draw in Go: in the order of
// the first eight bytes of the SHA-256 of "word/question".
const lot = async (word, id) => {
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(word + "/" + id));
  return new DataView(sum).getBigUint64(0);
};
export const draw = async (ids, n, word) => {
  const lots = await Promise.all(ids.map(async id => ({ id, lot: await lot(word, id) })));
  return lots.sort((a, b) => a.lot < b.lot ? -1 : a.lot > b.lot ? 1 : 0).slice(0, n).map(one => one.id);
};
