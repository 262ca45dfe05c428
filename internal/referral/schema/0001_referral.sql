-- Sealed columns are BYTEA and end in env. Everything else is routing, state
-- and times: docs/referral.md says of each why it is readable and for how long.
CREATE TABLE referral_draft (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  service_id TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  rev BIGINT NOT NULL,
  created BIGINT NOT NULL,
  touched BIGINT NOT NULL
);
CREATE INDEX referral_draft_user ON referral_draft (user_id, touched);
CREATE INDEX referral_draft_parent ON referral_draft (parent_id);
CREATE TABLE referral_draft_answer (
  draft_id TEXT NOT NULL,
  step TEXT NOT NULL,
  env BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (draft_id, step)
);
CREATE TABLE referral_draft_file (
  id TEXT PRIMARY KEY,
  draft_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX referral_draft_file_draft ON referral_draft_file (draft_id);
CREATE TABLE referral_referral (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  urgency TEXT NOT NULL,
  from_agency TEXT NOT NULL,
  from_user TEXT NOT NULL,
  from_name TEXT NOT NULL,
  to_agency TEXT NOT NULL,
  service_id TEXT NOT NULL,
  basis TEXT NOT NULL,
  ground TEXT NOT NULL,
  personal BIGINT NOT NULL,
  consent_id TEXT NOT NULL,
  feedback BIGINT NOT NULL,
  parent_id TEXT NOT NULL,
  sent_at BIGINT NOT NULL,
  state_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  answered_at BIGINT NOT NULL,
  turn TEXT NOT NULL,
  access_until BIGINT NOT NULL,
  access_ended BIGINT NOT NULL,
  reason TEXT NOT NULL,
  outcome TEXT NOT NULL,
  escalated BIGINT NOT NULL,
  review_due BIGINT NOT NULL,
  reviewed_at BIGINT NOT NULL,
  purged_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX referral_referral_author ON referral_referral (from_user, state_at);
CREATE INDEX referral_referral_from ON referral_referral (from_agency, state_at);
CREATE INDEX referral_referral_to ON referral_referral (to_agency, state_at);
CREATE INDEX referral_referral_parent ON referral_referral (parent_id);
CREATE TABLE referral_wrap (
  object_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  referral_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (object_id, agency_id)
);
CREATE INDEX referral_wrap_referral ON referral_wrap (referral_id, agency_id);
CREATE TABLE referral_file (
  id TEXT PRIMARY KEY,
  referral_id TEXT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX referral_file_referral ON referral_file (referral_id);
CREATE TABLE referral_message (
  id TEXT PRIMARY KEY,
  referral_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  side TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX referral_message_referral ON referral_message (referral_id, at);
CREATE TABLE referral_event (
  id TEXT PRIMARY KEY,
  referral_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  side TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  action TEXT NOT NULL,
  to_state TEXT NOT NULL,
  code TEXT NOT NULL
);
CREATE INDEX referral_event_referral ON referral_event (referral_id, at);
CREATE TABLE referral_reading (
  referral_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  hour BIGINT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (referral_id, user_id, hour)
);
CREATE TABLE referral_notice (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX referral_notice_agency ON referral_notice (agency_id, at);
