-- Who opened a case of the own agency because a life was in danger, and who tried
-- and found none (case_id is empty). The reason is in env.
CREATE TABLE glass_opening (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  reviewed_at BIGINT NOT NULL,
  reviewed_by TEXT NOT NULL,
  key_id TEXT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX glass_opening_case ON glass_opening (case_id, at);
CREATE INDEX glass_opening_user ON glass_opening (user_id, at);
CREATE INDEX glass_opening_agency ON glass_opening (agency_id, outcome, at);
