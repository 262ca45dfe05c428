-- A case that is to go on at another agency: agencies, parts, staff and times. Words
-- are in env.
CREATE TABLE pass_offer (
  id TEXT PRIMARY KEY, -- also that of its line in the ledger
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  to_agency TEXT NOT NULL,
  parts TEXT NOT NULL,
  state TEXT NOT NULL,
  state_at BIGINT NOT NULL,
  state_by TEXT NOT NULL,
  code TEXT NOT NULL, -- why it was declined
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  new_case TEXT NOT NULL, -- the file that the other agency opened
  part TEXT NOT NULL, -- env is sealed under this one of the parts
  epoch BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX pass_offer_case ON pass_offer (case_id, at);
CREATE INDEX pass_offer_to ON pass_offer (to_agency, state, at);
CREATE INDEX pass_offer_new ON pass_offer (new_case);
