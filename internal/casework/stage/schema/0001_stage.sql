-- Codes and days alone: no word about the person, no age, no citizenship.
CREATE TABLE stage_case (
  case_id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  country TEXT NOT NULL,
  stage TEXT NOT NULL, -- of the country's mechanism; '' before the first step
  since TEXT NOT NULL, -- YYYY-MM-DD in the country
  going BIGINT NOT NULL -- 1: the case is open
);
CREATE INDEX stage_case_stage ON stage_case (country, agency_id, stage);
CREATE TABLE stage_period (
  case_id TEXT NOT NULL,
  period TEXT NOT NULL,
  due_at BIGINT NOT NULL, -- from when on its last day is past
  told BIGINT NOT NULL, -- 1: the leads were told that it has passed
  done_at BIGINT NOT NULL, -- somebody has dealt with it
  PRIMARY KEY (case_id, period)
);
-- Who declined to be referred and agreed to be counted. It points to no case.
CREATE TABLE stage_declined (
  country TEXT NOT NULL,
  month TEXT NOT NULL, -- YYYY-MM
  region TEXT NOT NULL,
  sex TEXT NOT NULL,
  age TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (country, month, region, sex, age)
);
