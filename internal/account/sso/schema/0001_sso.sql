CREATE TABLE sso_provider (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  label TEXT NOT NULL,
  issuer TEXT NOT NULL,
  client_id TEXT NOT NULL,
  client_secret BYTEA NOT NULL,
  hosts TEXT NOT NULL,
  authority TEXT NOT NULL,
  scopes TEXT NOT NULL,
  domains TEXT NOT NULL,
  claim TEXT NOT NULL,
  claim_value TEXT NOT NULL,
  second TEXT NOT NULL,
  acr TEXT NOT NULL,
  amr TEXT NOT NULL,
  afresh BIGINT NOT NULL,
  shown BIGINT NOT NULL,
  entry TEXT NOT NULL,
  agreed_by TEXT NOT NULL,
  agreed BIGINT NOT NULL,
  state TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX sso_provider_agency ON sso_provider (agency_id);
CREATE TABLE sso_identity (
  subject TEXT PRIMARY KEY,
  provider_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX sso_identity_user ON sso_identity (user_id);
CREATE INDEX sso_identity_provider ON sso_identity (provider_id);
