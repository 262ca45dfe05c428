CREATE TABLE group_group (
  id TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  trainer TEXT NOT NULL,
  agency TEXT NOT NULL,
  case_id TEXT NOT NULL,
  opened BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX group_group_code ON group_group (code_hash);
CREATE INDEX group_group_trainer ON group_group (trainer, opened);
CREATE TABLE group_seat (
  hash TEXT NOT NULL,
  group_id TEXT NOT NULL,
  play TEXT NOT NULL,
  ended BIGINT NOT NULL,
  batch BIGINT NOT NULL,
  PRIMARY KEY (hash)
);
CREATE INDEX group_seat_group ON group_seat (group_id, hash);
