-- Until which day which side was asked to answer; files beside messages, sealed
-- piece by piece; and how far each member has read what was written.
ALTER TABLE referral_referral ADD COLUMN owed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE referral_referral ADD COLUMN owed_at BIGINT NOT NULL DEFAULT 0;
CREATE TABLE referral_chunk (
  message_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  referral_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (message_id, n)
);
CREATE INDEX referral_chunk_referral ON referral_chunk (referral_id);
CREATE TABLE referral_seen (
  referral_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  upto BIGINT NOT NULL,
  PRIMARY KEY (referral_id, user_id)
);
