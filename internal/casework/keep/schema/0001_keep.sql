-- Codes and days alone.
CREATE TABLE keep_closed (
  case_id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  closed_at BIGINT NOT NULL
);
CREATE INDEX keep_closed_agency ON keep_closed (agency_id, closed_at);
CREATE TABLE keep_hold (
  case_id TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  until BIGINT NOT NULL,
  user_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE TABLE keep_rule (
  agency_id TEXT PRIMARY KEY,
  months BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  changed_by TEXT NOT NULL
);
CREATE TABLE keep_receipt (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  code TEXT NOT NULL, -- the short name by which colleagues spoke of the case
  reason TEXT NOT NULL,
  user_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  backups_until BIGINT NOT NULL -- 0: no backup is made by the program
);
CREATE INDEX keep_receipt_agency ON keep_receipt (agency_id, at);
