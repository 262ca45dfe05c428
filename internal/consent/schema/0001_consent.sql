-- The ledger: codes, agencies, staff and times; nobody else is named.
CREATE TABLE consent_entry (
  id TEXT PRIMARY KEY,
  object TEXT NOT NULL,
  by_agency TEXT NOT NULL,
  by_user TEXT NOT NULL,
  to_agency TEXT NOT NULL,
  parts TEXT NOT NULL,
  purpose TEXT NOT NULL,
  until BIGINT NOT NULL,
  how TEXT NOT NULL,
  language TEXT NOT NULL,
  text_version TEXT NOT NULL,
  interpreter TEXT NOT NULL,
  guardian TEXT NOT NULL,
  at BIGINT NOT NULL,
  withdrawn_at BIGINT NOT NULL,
  withdrawn_by TEXT NOT NULL
);
CREATE INDEX consent_entry_object ON consent_entry (object);
CREATE INDEX consent_entry_agency ON consent_entry (by_agency, at);
