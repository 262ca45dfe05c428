-- What people looked for and hardly found, by month: never who, when or from
-- where. A word stands here only after it was typed on five different days.
CREATE TABLE lexicon_word (
  month TEXT NOT NULL,
  country TEXT NOT NULL,
  lang TEXT NOT NULL,
  word TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (month, country, lang, word)
);
CREATE TABLE lexicon_gap (
  month TEXT NOT NULL,
  country TEXT NOT NULL,
  territory TEXT NOT NULL,
  help TEXT NOT NULL,
  language TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (month, country, territory, help, language)
);
-- Words that an editor looked at and leaves as they are.
CREATE TABLE lexicon_ignored (
  word TEXT NOT NULL PRIMARY KEY,
  reason TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
-- Whether needs are counted; no row: they are.
CREATE TABLE lexicon_switch (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
