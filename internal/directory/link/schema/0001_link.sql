-- What is behind the published web addresses of the directory, where an
-- administrator lets the server look.
CREATE TABLE link_address (
  url TEXT NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  first_failed BIGINT NOT NULL,
  last_failed BIGINT NOT NULL,
  why TEXT NOT NULL,
  moved TEXT NOT NULL,
  checked BIGINT NOT NULL,
  due BIGINT NOT NULL
);
CREATE INDEX link_address_due ON link_address (due);
