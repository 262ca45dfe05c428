-- 1: a warning of the period came while the case was closed.
ALTER TABLE stage_period ADD COLUMN missed BIGINT NOT NULL DEFAULT 0;
