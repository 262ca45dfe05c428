CREATE TABLE instrument_confirmed (
  pack_id TEXT NOT NULL,
  version TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (pack_id)
);
CREATE TABLE instrument_imported (
  pack_id TEXT NOT NULL,
  version TEXT NOT NULL,
  body BYTEA NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (pack_id)
);
