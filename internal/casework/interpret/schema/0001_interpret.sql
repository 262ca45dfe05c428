-- Nothing here is a word about a person in care: docs/stored-fields.md.
CREATE TABLE interpret_person (
  id TEXT PRIMARY KEY,
  agency_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  gender TEXT NOT NULL,
  languages TEXT NOT NULL,
  training TEXT NOT NULL,
  channels TEXT NOT NULL,
  days TEXT NOT NULL,
  day_from BIGINT NOT NULL, -- minutes of the day
  day_to BIGINT NOT NULL,
  away BIGINT NOT NULL,
  back BIGINT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX interpret_person_agency ON interpret_person (agency_id, name);
CREATE INDEX interpret_person_user ON interpret_person (user_id);
CREATE TABLE interpret_booking (
  id TEXT PRIMARY KEY,
  interpreter_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  language TEXT NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  state TEXT NOT NULL,
  state_at BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  version BIGINT NOT NULL
);
CREATE INDEX interpret_booking_case ON interpret_booking (case_id, at);
CREATE INDEX interpret_booking_person ON interpret_booking (interpreter_id, at);
