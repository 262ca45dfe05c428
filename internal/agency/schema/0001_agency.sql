CREATE TABLE agency (
  id TEXT PRIMARY KEY,
  organization TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  admitted_by TEXT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE TABLE agency_member (
  user_id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  roles TEXT NOT NULL,
  vouched_by TEXT NOT NULL,
  joined BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX agency_member_agency ON agency_member (agency_id);
CREATE TABLE agency_invitation (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  agency_id TEXT NOT NULL,
  roles TEXT NOT NULL,
  label TEXT NOT NULL,
  made_by TEXT NOT NULL,
  by_lead BIGINT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  used BIGINT NOT NULL,
  withdrawn BIGINT NOT NULL
);
CREATE INDEX agency_invitation_agency ON agency_invitation (agency_id, used);
CREATE TABLE agency_key (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  public_key BYTEA NOT NULL,
  reason TEXT NOT NULL,
  created BIGINT NOT NULL,
  retired BIGINT NOT NULL
);
CREATE INDEX agency_key_agency ON agency_key (agency_id, retired);
CREATE TABLE agency_wrap (
  key_id TEXT NOT NULL,
  holder TEXT NOT NULL,
  envelope BYTEA NOT NULL,
  wrapped_by TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (key_id, holder)
);
CREATE INDEX agency_wrap_holder ON agency_wrap (holder);
CREATE TABLE agency_recovery (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  public_key BYTEA NOT NULL,
  envelope BYTEA NOT NULL,
  made_by TEXT NOT NULL,
  created BIGINT NOT NULL,
  confirmed BIGINT NOT NULL,
  retired BIGINT NOT NULL
);
CREATE INDEX agency_recovery_agency ON agency_recovery (agency_id, retired);
