-- A receiver without an account: see guest.go.
ALTER TABLE referral_draft ADD COLUMN way TEXT NOT NULL DEFAULT '';
CREATE TABLE referral_guest (
  referral_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  organization TEXT NOT NULL,
  address TEXT NOT NULL,
  lang TEXT NOT NULL,
  link_hash TEXT NOT NULL,
  key_id TEXT NOT NULL,
  public_key BYTEA NOT NULL,
  key_env BYTEA NOT NULL,
  code_key TEXT NOT NULL,
  code_env BYTEA NOT NULL,
  tries BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  locked_at BIGINT NOT NULL,
  wish_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX referral_guest_link ON referral_guest (link_hash);
CREATE INDEX referral_guest_wish ON referral_guest (wish_at);
CREATE TABLE referral_guest_session (
  hash TEXT PRIMARY KEY,
  referral_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  created BIGINT NOT NULL,
  seen BIGINT NOT NULL
);
CREATE INDEX referral_guest_session_referral ON referral_guest_session (referral_id);
