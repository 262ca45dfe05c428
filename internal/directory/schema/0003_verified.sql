-- Who last made sure that a part of an entry is right, when and how. One row a
-- part: the newest; the older ones stand in the log. A change of the part
-- takes it away.
CREATE TABLE directory_check (
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  part TEXT NOT NULL,
  at BIGINT NOT NULL,
  how TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  by_agency TEXT NOT NULL,
  PRIMARY KEY (kind, row_id, part)
);
