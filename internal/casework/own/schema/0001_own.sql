-- A card that a person carries, and what is written with it.
CREATE TABLE own_card (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  state TEXT NOT NULL, -- on, locked, back
  tries BIGINT NOT NULL, -- since the last that opened
  code_hash TEXT NOT NULL, -- keyed by the server secret
  design TEXT NOT NULL,
  shows TEXT NOT NULL, -- names, time, place: what the person chose to see
  made BIGINT NOT NULL,
  user_name TEXT NOT NULL,
  changed BIGINT NOT NULL,
  opened BIGINT NOT NULL,
  sheet_at BIGINT NOT NULL,
  public_key BYTEA NOT NULL,
  private_key BYTEA NOT NULL, -- locked under code, remembered secret and server secret
  code_key TEXT NOT NULL,
  code BYTEA NOT NULL, -- sealed to the agency
  sheet BYTEA NOT NULL -- sealed to the card
);
CREATE UNIQUE INDEX own_card_code ON own_card (code_hash);
CREATE INDEX own_card_case ON own_card (case_id);
CREATE TABLE own_session (
  hash TEXT PRIMARY KEY,
  card_id TEXT NOT NULL,
  env BYTEA NOT NULL, -- closed under the browser's half
  made BIGINT NOT NULL
);
CREATE TABLE own_word (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  kind TEXT NOT NULL, -- withdraw, correct, ask, copy
  about TEXT NOT NULL, -- of a withdrawal: an agency, or a topic
  at BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  env BYTEA NOT NULL, -- sealed to the agency
  done_at BIGINT NOT NULL,
  done_by TEXT NOT NULL,
  outcome TEXT NOT NULL
);
CREATE INDEX own_word_case ON own_word (case_id);
