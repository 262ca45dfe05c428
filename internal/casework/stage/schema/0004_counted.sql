-- What a coordinator's counts are made of, without reading the rows themselves.
DROP INDEX stage_case_stage;
CREATE INDEX stage_case_counted ON stage_case (country, agency_id, stage, since, going);
CREATE INDEX stage_period_late ON stage_period (done_at, due_at, case_id);
