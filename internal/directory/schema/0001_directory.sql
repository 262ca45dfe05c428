-- The directory as rows: what machines compare stands in columns, the whole
-- entry as its JSON document. origin_revision is the shipped release that the
-- row came from; edited = 1 once someone changed it here, and from then on a
-- newer release only proposes.
CREATE TABLE directory_organization (
  id TEXT NOT NULL PRIMARY KEY,
  country TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  body_group TEXT NOT NULL,
  position BIGINT NOT NULL,
  verified TEXT NOT NULL,
  origin_revision TEXT NOT NULL,
  edited BIGINT NOT NULL,
  document TEXT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX directory_organization_country ON directory_organization (country, position);
CREATE TABLE directory_service (
  id TEXT NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL REFERENCES directory_organization (id),
  name TEXT NOT NULL,
  position BIGINT NOT NULL,
  verified TEXT NOT NULL,
  origin_revision TEXT NOT NULL,
  edited BIGINT NOT NULL,
  document TEXT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX directory_service_organization ON directory_service (organization, position);
CREATE TABLE directory_place (
  id TEXT NOT NULL PRIMARY KEY,
  service TEXT NOT NULL REFERENCES directory_service (id),
  position BIGINT NOT NULL,
  town TEXT NOT NULL,
  territory TEXT NOT NULL,
  address_visibility TEXT NOT NULL,
  origin_revision TEXT NOT NULL,
  edited BIGINT NOT NULL,
  document TEXT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX directory_place_service ON directory_place (service, position);
CREATE TABLE directory_concept (
  scheme TEXT NOT NULL,
  id TEXT NOT NULL,
  position BIGINT NOT NULL,
  origin_revision TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (scheme, id)
);
-- What a newer release would change in an entry that was edited here.
CREATE TABLE directory_proposal (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  revision TEXT NOT NULL,
  document TEXT NOT NULL,
  proposed BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);
-- One row: the version that every instance compares before it answers, and
-- the shipped release that was imported last.
CREATE TABLE directory_version (
  id TEXT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  revision TEXT NOT NULL,
  changed BIGINT NOT NULL
);
