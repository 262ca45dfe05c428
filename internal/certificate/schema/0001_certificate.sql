CREATE TABLE certificate_item (
  name TEXT PRIMARY KEY,
  value BYTEA NOT NULL,
  expires BIGINT NOT NULL
);
CREATE TABLE certificate_state (
  id TEXT PRIMARY KEY,
  tried BIGINT NOT NULL,
  fails BIGINT NOT NULL,
  again BIGINT NOT NULL,
  trouble TEXT NOT NULL,
  detail TEXT NOT NULL,
  holder TEXT NOT NULL,
  held BIGINT NOT NULL
);
