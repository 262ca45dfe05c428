-- How often something came about in the files of an agency; no case, no day.
CREATE TABLE tally_number (
  agency_id TEXT NOT NULL,
  period TEXT NOT NULL, -- 2006-01, or 2006
  what TEXT NOT NULL,
  code TEXT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (agency_id, period, what, code)
);
