-- env is sealed: a search key for its agency, a segment under that key.
CREATE TABLE casework_index_key (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  made BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX casework_index_key_agency ON casework_index_key (agency_id, made);
CREATE TABLE casework_index_segment (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  search_id TEXT NOT NULL,
  records BIGINT NOT NULL,
  made BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX casework_index_segment_agency ON casework_index_segment (agency_id, made);
