-- What a coordinator is told of how long cases stand where, taken once a month; n is 0 for what is not told.
CREATE TABLE stage_told (
  country TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  cell BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (country, agency_id, stage, cell)
);
