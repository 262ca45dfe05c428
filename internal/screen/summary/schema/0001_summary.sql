CREATE TABLE summary_house (
  agency_id TEXT NOT NULL,
  state TEXT NOT NULL,
  few BIGINT NOT NULL,
  by_user TEXT NOT NULL,
  changed BIGINT NOT NULL,
  PRIMARY KEY (agency_id)
);
CREATE TABLE summary_period (
  agency_id TEXT NOT NULL,
  first_month TEXT NOT NULL,
  last_month TEXT NOT NULL,
  few BIGINT NOT NULL,
  n BIGINT NOT NULL,
  counts TEXT NOT NULL,
  marks TEXT NOT NULL,
  told BIGINT NOT NULL,
  PRIMARY KEY (agency_id, first_month)
);
