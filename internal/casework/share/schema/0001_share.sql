-- The ledger of a case: codes, agencies, staff and times. Words are in env.
CREATE TABLE share_entry (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  to_agency TEXT NOT NULL,
  parts TEXT NOT NULL,
  past BIGINT NOT NULL,
  purpose TEXT NOT NULL,
  state TEXT NOT NULL,
  state_at BIGINT NOT NULL,
  state_by TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  how TEXT NOT NULL,
  decider TEXT NOT NULL,
  decider_id TEXT NOT NULL,
  language TEXT NOT NULL,
  interpreter TEXT NOT NULL,
  text_version TEXT NOT NULL,
  ground TEXT NOT NULL,
  told_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  review_by BIGINT NOT NULL,
  authority BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX share_entry_case ON share_entry (case_id, at);
CREATE INDEX share_entry_agency ON share_entry (agency_id, kind, at);
CREATE INDEX share_entry_to ON share_entry (to_agency, state_at);
-- What remains of sharings on a legal ground when their case is erased.
CREATE TABLE share_count (
  agency_id TEXT NOT NULL,
  year BIGINT NOT NULL,
  ground TEXT NOT NULL,
  state TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (agency_id, year, ground, state)
);
