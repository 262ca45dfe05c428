-- From which source a translation was written, and who read both side by side.
CREATE TABLE directory_translation (
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  field TEXT NOT NULL,
  lang TEXT NOT NULL,
  source_mark TEXT NOT NULL,
  text_mark TEXT NOT NULL,
  state TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, row_id, field, lang)
);
-- Findings that an editor looked at and left as they are; they come back when
-- the field changes.
CREATE TABLE directory_dismissal (
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  finding TEXT NOT NULL,
  field TEXT NOT NULL,
  mark TEXT NOT NULL,
  reason TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, row_id, finding, field)
);
-- When somebody last opened a web address of the directory, and what was there.
CREATE TABLE directory_link_look (
  url TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
