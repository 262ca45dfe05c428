-- Sealed columns are BYTEA. docs/stored-fields.md says of each other why it is
-- readable and for how long.
CREATE TABLE place_pool (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  country TEXT NOT NULL,
  region TEXT NOT NULL,
  target TEXT NOT NULL,
  free BIGINT NOT NULL, -- beds that are neither taken nor held
  age_from BIGINT NOT NULL,
  age_to BIGINT NOT NULL, -- -1: no children
  step_free BIGINT NOT NULL,
  until BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX place_pool_country ON place_pool (country, region, until);
CREATE INDEX place_pool_agency ON place_pool (agency_id);
CREATE TABLE place_request (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  country TEXT NOT NULL,
  beds BIGINT NOT NULL,
  state TEXT NOT NULL,
  made BIGINT NOT NULL,
  state_at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  version BIGINT NOT NULL,
  epoch BIGINT NOT NULL, -- of the case's part that own is sealed under
  own BYTEA NOT NULL,
  env BYTEA NOT NULL -- for the projects; emptied when the last of them is over
);
CREATE INDEX place_request_case ON place_request (case_id, made);
CREATE TABLE place_candidate (
  request_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  standing TEXT NOT NULL,
  pool_id TEXT NOT NULL,
  hours BIGINT NOT NULL,
  offered BIGINT NOT NULL,
  until BIGINT NOT NULL,
  terms TEXT NOT NULL,
  reason TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  key_id TEXT NOT NULL,
  env BYTEA NOT NULL, -- the request's key for the project; emptied when its part is over
  PRIMARY KEY (request_id, agency_id)
);
CREATE INDEX place_candidate_agency ON place_candidate (agency_id, standing);
CREATE TABLE place_count (
  month TEXT NOT NULL,
  country TEXT NOT NULL,
  result TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (month, country, result)
);
