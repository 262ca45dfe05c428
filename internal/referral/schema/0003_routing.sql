-- Routing rows end too: the sweep finds them by when their content went.
CREATE INDEX referral_referral_purged ON referral_referral (purged_at);
