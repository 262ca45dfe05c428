-- In which language a note is written, and what the program says of it in the
-- reader's own: "gone", or "wrong" and the parts.
ALTER TABLE directory_suggestion ADD COLUMN note_lang TEXT NOT NULL DEFAULT '';
ALTER TABLE directory_suggestion ADD COLUMN told TEXT NOT NULL DEFAULT '';
-- Entries whose contacts came with a file, until somebody makes sure of them.
CREATE TABLE directory_uncalled (
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, row_id)
);
