CREATE TABLE account_user (
  id TEXT PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  lang TEXT NOT NULL,
  profession TEXT NOT NULL,
  employer TEXT NOT NULL,
  state TEXT NOT NULL,
  public_key BYTEA NOT NULL,
  totp BYTEA NOT NULL,
  totp_step BIGINT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE TABLE account_role (
  user_id TEXT NOT NULL,
  role TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted BIGINT NOT NULL,
  PRIMARY KEY (user_id, role)
);
CREATE TABLE account_lock (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  envelope BYTEA NOT NULL,
  created BIGINT NOT NULL
);
CREATE INDEX account_lock_user ON account_lock (user_id, kind);
CREATE TABLE account_passkey (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  credential TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  record BYTEA NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX account_passkey_user ON account_passkey (user_id);
CREATE TABLE account_ceremony (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  user_id TEXT NOT NULL,
  data BYTEA NOT NULL,
  expires BIGINT NOT NULL
);
CREATE TABLE account_session (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  half BYTEA NOT NULL,
  stage TEXT NOT NULL,
  agent TEXT NOT NULL,
  created BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  confirmed BIGINT NOT NULL,
  ended BIGINT NOT NULL
);
CREATE INDEX account_session_user ON account_session (user_id, ended);
CREATE TABLE account_code (
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (user_id, hash)
);
CREATE TABLE account_token (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  used BIGINT NOT NULL,
  revoked BIGINT NOT NULL
);
CREATE INDEX account_token_user ON account_token (user_id);
CREATE TABLE account_try (
  subject TEXT PRIMARY KEY,
  tries BIGINT NOT NULL,
  last BIGINT NOT NULL
);
CREATE TABLE account_link (
  hash TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  user_id TEXT NOT NULL,
  roles TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX account_link_user ON account_link (kind, user_id);
