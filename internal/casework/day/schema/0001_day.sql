-- Who asked whom for what and when; every word stands in a sealed entry.
CREATE TABLE day_approval (
  id TEXT PRIMARY KEY, -- of the entry that holds the comments
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_name TEXT NOT NULL,
  decided_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  rev BIGINT NOT NULL -- of the entry
);
CREATE INDEX day_approval_case ON day_approval (case_id);
CREATE INDEX day_approval_agency ON day_approval (agency_id, state, at);
CREATE TABLE day_hand_over (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  from_id TEXT NOT NULL,
  from_name TEXT NOT NULL,
  to_id TEXT NOT NULL,
  state TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX day_hand_over_case ON day_hand_over (case_id, state);
CREATE INDEX day_hand_over_to ON day_hand_over (to_id, state);
CREATE INDEX day_hand_over_from ON day_hand_over (from_id, state);
CREATE TABLE day_setting (
  agency_id TEXT PRIMARY KEY,
  closure BIGINT NOT NULL, -- 1: a case is closed only when a lead approved it
  changed BIGINT NOT NULL,
  changed_by TEXT NOT NULL
);
CREATE TABLE day_field (
  agency_id TEXT NOT NULL,
  slot BIGINT NOT NULL, -- never given a second time, so that an old answer never stands under a new name
  label TEXT NOT NULL,
  kind TEXT NOT NULL,
  options TEXT NOT NULL,
  ended BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  changed_by TEXT NOT NULL,
  PRIMARY KEY (agency_id, slot)
);
CREATE TABLE day_view (
  user_id TEXT NOT NULL,
  query TEXT NOT NULL,
  made BIGINT NOT NULL,
  PRIMARY KEY (user_id, query)
);
