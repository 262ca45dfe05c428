-- A round is one anonymous enquiry put to several services; each candidate is
-- an enquiry of its own in referral_referral. env is sealed to the sender.
CREATE TABLE referral_round (
  id TEXT PRIMARY KEY,
  from_agency TEXT NOT NULL,
  from_user TEXT NOT NULL,
  from_name TEXT NOT NULL,
  urgency TEXT NOT NULL,
  state TEXT NOT NULL,
  sent_at BIGINT NOT NULL,
  state_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  choice TEXT NOT NULL,
  chosen_at BIGINT NOT NULL,
  chosen_by TEXT NOT NULL,
  chosen_name TEXT NOT NULL,
  packet_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX referral_round_from ON referral_round (from_agency, sent_at);
CREATE INDEX referral_round_packet ON referral_round (packet_id);
CREATE TABLE referral_candidate (
  referral_id TEXT PRIMARY KEY,
  round_id TEXT NOT NULL,
  place BIGINT NOT NULL,
  held_until BIGINT NOT NULL
);
CREATE INDEX referral_candidate_round ON referral_candidate (round_id, place);
-- Why people are turned away: counts without any reference to an enquiry.
CREATE TABLE referral_turned (
  month TEXT NOT NULL,
  country TEXT NOT NULL,
  region TEXT NOT NULL,
  help TEXT NOT NULL,
  answer TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (month, country, region, help, answer)
);
