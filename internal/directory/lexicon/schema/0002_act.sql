-- What changed many rows at once, a split or a merger, so that it can be taken
-- back as one. For each row its revision before and after; -1: it was not there.
CREATE TABLE lexicon_act (
  id TEXT NOT NULL PRIMARY KEY,
  what TEXT NOT NULL,
  concept TEXT NOT NULL,
  into_concepts TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE lexicon_act_row (
  act TEXT NOT NULL,
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  before BIGINT NOT NULL,
  after BIGINT NOT NULL,
  PRIMARY KEY (act, kind, row_id)
);
