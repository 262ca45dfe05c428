-- a table for the contract tests of package db
CREATE TABLE note (
  id TEXT NOT NULL PRIMARY KEY,
  n BIGINT NOT NULL,
  body BYTEA
);
CREATE INDEX note_n ON note (n)
