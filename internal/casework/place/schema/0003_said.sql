-- What a project asks back about a request, and what the asking side answers: one
-- key a message, wrapped for the two agencies. It ends with the project's part.
CREATE TABLE place_said (
  id TEXT PRIMARY KEY,
  request_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  back BIGINT NOT NULL,
  at BIGINT NOT NULL,
  own_key TEXT NOT NULL,
  own_env BYTEA NOT NULL,
  their_key TEXT NOT NULL,
  their_env BYTEA NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX place_said_request ON place_said (request_id, agency_id, at);
