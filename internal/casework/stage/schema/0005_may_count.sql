-- Whether the person said that the case may be counted; nobody said so before.
ALTER TABLE stage_case ADD COLUMN counted BIGINT NOT NULL DEFAULT 0;
DROP INDEX stage_case_counted;
CREATE INDEX stage_case_may_count ON stage_case (country, agency_id, stage, since, going, counted);
