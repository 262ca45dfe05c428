-- Sealed columns are BYTEA and called env: topic, words and documents. The rest is
-- who, when and for whom: docs/stored-fields.md says of each why it is readable.
CREATE TABLE talk_thread (
  id TEXT PRIMARY KEY,
  case_id TEXT NOT NULL,
  form TEXT NOT NULL,
  open BIGINT NOT NULL,
  agency_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  made BIGINT NOT NULL,
  meets_at BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX talk_thread_case ON talk_thread (case_id, changed);
CREATE TABLE talk_party (
  thread_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (thread_id, agency_id)
);
CREATE INDEX talk_party_agency ON talk_party (agency_id, thread_id);
CREATE TABLE talk_epoch (
  thread_id TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  lost BIGINT NOT NULL, -- 1: a party left, the next writer begins a new epoch
  made BIGINT NOT NULL,
  env BYTEA NOT NULL, -- the topic
  PRIMARY KEY (thread_id, epoch)
);
CREATE TABLE talk_wrap (
  thread_id TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  agency_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (thread_id, epoch, agency_id)
);
CREATE TABLE talk_message (
  id TEXT PRIMARY KEY,
  thread_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  to_agency TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  standing TEXT NOT NULL,
  settled_at BIGINT NOT NULL,
  settled_by TEXT NOT NULL,
  env BYTEA NOT NULL
);
CREATE INDEX talk_message_thread ON talk_message (thread_id, at);
CREATE INDEX talk_message_standing ON talk_message (standing, thread_id);
CREATE TABLE talk_chunk (
  message_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  thread_id TEXT NOT NULL,
  env BYTEA NOT NULL,
  PRIMARY KEY (message_id, n)
);
CREATE TABLE talk_agreed (
  message_id TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (message_id, agency_id)
);
CREATE TABLE talk_seen (
  thread_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  agency_id TEXT NOT NULL,
  upto BIGINT NOT NULL, -- time of the newest message that was read
  PRIMARY KEY (thread_id, user_id)
);
CREATE TABLE talk_hours (
  owner_id TEXT PRIMARY KEY, -- a member, or an agency
  from_hour BIGINT NOT NULL,
  to_hour BIGINT NOT NULL,
  weekdays BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
