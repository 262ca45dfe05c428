-- A table whose columns are not ours, as it came, until somebody said what they
-- are: it is not sent twice.
CREATE TABLE transfer_part (
  import_id TEXT NOT NULL,
  part BIGINT NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (import_id, part)
);
-- What the columns of a foreign table are, kept under a name for its next file.
CREATE TABLE transfer_mapping (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  headings TEXT NOT NULL,
  options TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX transfer_mapping_headings ON transfer_mapping (headings);
