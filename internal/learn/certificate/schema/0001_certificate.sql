CREATE TABLE learn_certificate (
  id TEXT NOT NULL,
  learner_id TEXT NOT NULL,
  course TEXT NOT NULL,
  revision TEXT NOT NULL,
  address TEXT NOT NULL,
  file BYTEA NOT NULL,
  issued BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX learn_certificate_once ON learn_certificate (learner_id, course, revision);
CREATE UNIQUE INDEX learn_certificate_address ON learn_certificate (address);
CREATE TABLE learn_certificate_key (
  name TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (name)
);
