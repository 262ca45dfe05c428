CREATE TABLE transfer_import (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  options TEXT NOT NULL,
  state TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  began BIGINT NOT NULL,
  touched BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  done BIGINT NOT NULL,
  size BIGINT NOT NULL,
  counts TEXT NOT NULL,
  edited BIGINT NOT NULL,
  contacts BIGINT NOT NULL,
  undoes TEXT NOT NULL,
  undone_by TEXT NOT NULL,
  unknown TEXT NOT NULL
);
CREATE INDEX transfer_import_began ON transfer_import (began);
-- A row of a file beside the directory's own. The columns after document are
-- those of the directory's tables, so that one statement brings all rows.
CREATE TABLE transfer_row (
  id TEXT NOT NULL PRIMARY KEY,
  import_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  parent TEXT NOT NULL,
  action TEXT NOT NULL,
  base_revision BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  edited BIGINT NOT NULL,
  contacts BIGINT NOT NULL,
  position BIGINT NOT NULL,
  line BIGINT NOT NULL,
  file TEXT NOT NULL,
  wrong TEXT NOT NULL,
  before TEXT NOT NULL,
  document TEXT NOT NULL,
  name TEXT NOT NULL,
  verified TEXT NOT NULL,
  country TEXT NOT NULL,
  body_kind TEXT NOT NULL,
  body_group TEXT NOT NULL,
  town TEXT NOT NULL,
  territory TEXT NOT NULL,
  address_visibility TEXT NOT NULL,
  UNIQUE (import_id, kind, row_id)
);
CREATE INDEX transfer_row_action ON transfer_row (import_id, kind, action, position);
CREATE TABLE transfer_external (
  system TEXT NOT NULL,
  kind TEXT NOT NULL,
  external_id TEXT NOT NULL,
  row_id TEXT NOT NULL,
  import_id TEXT NOT NULL,
  PRIMARY KEY (system, kind, external_id)
);
CREATE INDEX transfer_external_row ON transfer_external (kind, row_id);
