-- Which organisations the versions of the directory changed, so that an
-- instance reads those alone and not everything. A version without a row here
-- changed more than can be told, and everything is read.
CREATE TABLE directory_trail (
  version BIGINT NOT NULL,
  organization TEXT NOT NULL,
  PRIMARY KEY (version, organization)
);
