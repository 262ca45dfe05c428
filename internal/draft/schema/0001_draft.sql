CREATE TABLE draft_draft (
  user_id TEXT NOT NULL,
  place TEXT NOT NULL,
  touched BIGINT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (user_id, place)
);
CREATE INDEX draft_draft_touched ON draft_draft (touched);
