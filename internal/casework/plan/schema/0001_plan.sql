-- Codes that are counted without opening a case; no word about the person.
CREATE TABLE plan_code (
  id TEXT PRIMARY KEY, -- of the entry, or of the closing
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  what TEXT NOT NULL, -- closing, or the track of a claim
  code TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX plan_code_case ON plan_code (case_id);
CREATE INDEX plan_code_agency ON plan_code (agency_id, what, code);
