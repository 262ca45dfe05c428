CREATE TABLE study_learner (
  id TEXT NOT NULL,
  code_hash TEXT NOT NULL,
  account TEXT NOT NULL,
  began BIGINT NOT NULL,
  seen BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX study_learner_code ON study_learner (code_hash) WHERE code_hash <> '';
CREATE UNIQUE INDEX study_learner_account ON study_learner (account) WHERE account <> '';
CREATE INDEX study_learner_seen ON study_learner (seen);
CREATE TABLE study_session (
  hash TEXT NOT NULL,
  learner_id TEXT NOT NULL,
  seen BIGINT NOT NULL,
  PRIMARY KEY (hash)
);
CREATE INDEX study_session_learner ON study_session (learner_id);
CREATE INDEX study_session_seen ON study_session (seen);
CREATE TABLE study_unit (
  learner_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  opened BIGINT NOT NULL,
  minutes BIGINT NOT NULL,
  done BIGINT NOT NULL,
  wished BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  PRIMARY KEY (learner_id, unit)
);
CREATE TABLE study_answer (
  learner_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  question TEXT NOT NULL,
  given TEXT NOT NULL,
  correct BIGINT NOT NULL,
  revision TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (learner_id, topic, question)
);
CREATE TABLE study_attempt (
  id TEXT NOT NULL,
  learner_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  seed TEXT NOT NULL,
  revision TEXT NOT NULL,
  drawn TEXT NOT NULL,
  given TEXT NOT NULL,
  state TEXT NOT NULL,
  correct BIGINT NOT NULL,
  counted BIGINT NOT NULL,
  pass BIGINT NOT NULL,
  passed BIGINT NOT NULL,
  begun BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX study_attempt_open ON study_attempt (learner_id, scope) WHERE state = 'open';
CREATE INDEX study_attempt_learner ON study_attempt (learner_id, begun);
CREATE TABLE study_tally (
  id TEXT NOT NULL,
  counted TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE study_item (
  question TEXT NOT NULL,
  stamp TEXT NOT NULL,
  place TEXT NOT NULL,
  sums TEXT NOT NULL,
  PRIMARY KEY (question, stamp, place)
);
