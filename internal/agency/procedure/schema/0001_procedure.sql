CREATE TABLE procedure_version (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  state TEXT NOT NULL,
  main TEXT NOT NULL,
  review_day TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_name TEXT NOT NULL,
  made BIGINT NOT NULL,
  adopted_by TEXT NOT NULL,
  adopted_name TEXT NOT NULL,
  adopted BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  UNIQUE (agency_id, number)
);
CREATE TABLE procedure_text (
  version_id TEXT NOT NULL,
  lang TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (version_id, lang)
);
CREATE TABLE procedure_number (
  version_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  role TEXT NOT NULL,
  label TEXT NOT NULL,
  phone TEXT NOT NULL,
  hours TEXT NOT NULL,
  PRIMARY KEY (version_id, seq)
);
