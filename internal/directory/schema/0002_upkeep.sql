-- What keeps the directory true. revision counts the changes of a row, so that
-- two editors at once notice each other; a row that was taken out here leaves
-- its identifier, so that a newer release only proposes it again.
ALTER TABLE directory_organization ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directory_service ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directory_place ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directory_concept ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directory_concept ADD COLUMN edited BIGINT NOT NULL DEFAULT 0;
ALTER TABLE directory_proposal ADD COLUMN parent TEXT NOT NULL DEFAULT '';
CREATE TABLE directory_removed (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  origin_revision TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);
-- Every version that a row ever had, the newest included.
CREATE TABLE directory_history (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  parent TEXT NOT NULL,
  revision BIGINT NOT NULL,
  action TEXT NOT NULL,
  source TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  by_agency TEXT NOT NULL,
  note TEXT NOT NULL,
  document TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX directory_history_row ON directory_history (kind, row_id, revision);
CREATE INDEX directory_history_at ON directory_history (at);
-- What somebody would change, until an editor decides.
CREATE TABLE directory_suggestion (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  parent TEXT NOT NULL,
  organization TEXT NOT NULL,
  base_revision BIGINT NOT NULL,
  base_document TEXT NOT NULL,
  document TEXT NOT NULL,
  contacts TEXT NOT NULL,
  source TEXT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  by_agency TEXT NOT NULL,
  note TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TEXT NOT NULL,
  settled_by TEXT NOT NULL,
  settled_name TEXT NOT NULL,
  settled_at BIGINT NOT NULL,
  called TEXT NOT NULL,
  answer TEXT NOT NULL
);
CREATE INDEX directory_suggestion_state ON directory_suggestion (state, at);
CREATE INDEX directory_suggestion_row ON directory_suggestion (kind, row_id, state);
