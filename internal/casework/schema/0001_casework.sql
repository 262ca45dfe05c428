-- Sealed columns are BYTEA and called env. Everything else is who, when and
-- which: docs/stored-fields.md says of each why it is readable and for how long.
CREATE TABLE casework_case (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  state TEXT NOT NULL,
  due_at BIGINT NOT NULL, -- the nearest thing that is due; casework.noDue when nothing is
  opened_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  source_id TEXT NOT NULL,
  gen BIGINT NOT NULL, -- of the case key that env is sealed under
  version BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX casework_case_worker ON casework_case (agency_id, worker_id, state, due_at, id);
CREATE INDEX casework_case_agency ON casework_case (agency_id, state, due_at, id);
CREATE INDEX casework_case_source ON casework_case (source_id, agency_id);
CREATE TABLE casework_key (
  case_id TEXT NOT NULL,
  gen BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  made BIGINT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (case_id, gen)
);
CREATE TABLE casework_epoch (
  case_id TEXT NOT NULL,
  part TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  gen BIGINT NOT NULL, -- of the case key that env is sealed under; 0: another agency made it and wrapped it for the case's own
  lost BIGINT NOT NULL, -- 1: a reader was lost, the next writer begins a new epoch
  made BIGINT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (case_id, part, epoch)
);
CREATE TABLE casework_wrap (
  case_id TEXT NOT NULL,
  part TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  agency_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  made BIGINT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (case_id, part, epoch, agency_id)
);
CREATE TABLE casework_grant (
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  part TEXT NOT NULL,
  from_epoch BIGINT NOT NULL,
  until BIGINT NOT NULL,
  writes BIGINT NOT NULL,
  given BIGINT NOT NULL,
  PRIMARY KEY (case_id, agency_id, part)
);
CREATE INDEX casework_grant_agency ON casework_grant (agency_id, case_id);
CREATE INDEX casework_grant_until ON casework_grant (until);
CREATE TABLE casework_entry (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  part TEXT NOT NULL,
  kind TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  made BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX casework_entry_case ON casework_entry (case_id, made);
CREATE TABLE casework_version (
  entry_id TEXT NOT NULL,
  rev BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (entry_id, rev)
);
CREATE TABLE casework_chunk (
  entry_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (entry_id, n)
);
CREATE TABLE casework_due (
  case_id TEXT NOT NULL,
  source TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (case_id, source)
);
CREATE TABLE casework_event (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  action TEXT NOT NULL,
  part TEXT NOT NULL,
  other TEXT NOT NULL
);
CREATE INDEX casework_event_case ON casework_event (case_id, at);
CREATE TABLE casework_reading (
  case_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (case_id, user_id, hour)
);
CREATE TABLE casework_setting (
  agency_id TEXT PRIMARY KEY,
  team BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  changed_by TEXT NOT NULL
);
