CREATE TABLE agreement (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  title TEXT NOT NULL,
  purposes TEXT NOT NULL,
  territory TEXT NOT NULL,
  since_day TEXT NOT NULL,
  until_day TEXT NOT NULL,
  within_hours BIGINT NOT NULL,
  words TEXT NOT NULL,
  document TEXT NOT NULL,
  kept TEXT NOT NULL,
  source TEXT NOT NULL,
  source_url TEXT NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  held_by TEXT NOT NULL,
  open BIGINT NOT NULL,
  replaces TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_for TEXT NOT NULL,
  made BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE TABLE agreement_party (
  agreement_id TEXT NOT NULL,
  seq BIGINT NOT NULL,
  organization TEXT NOT NULL,
  name TEXT NOT NULL,
  contact TEXT NOT NULL,
  reach TEXT NOT NULL,
  confirmed BIGINT NOT NULL,
  confirmed_by TEXT NOT NULL,
  open BIGINT NOT NULL,
  PRIMARY KEY (agreement_id, seq)
);
CREATE INDEX agreement_party_organization ON agreement_party (organization);
CREATE TABLE agreement_event (
  id TEXT PRIMARY KEY,
  agreement_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  action TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  who TEXT NOT NULL
);
CREATE INDEX agreement_event_agreement ON agreement_event (agreement_id, at);
