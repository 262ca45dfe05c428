CREATE TABLE learn_recall (
  learner_id TEXT NOT NULL,
  since BIGINT NOT NULL,
  round BIGINT NOT NULL,
  due BIGINT NOT NULL,
  lang TEXT NOT NULL,
  mailbox BYTEA NOT NULL,
  link TEXT NOT NULL,
  PRIMARY KEY (learner_id)
);
CREATE UNIQUE INDEX learn_recall_link ON learn_recall (link);
CREATE INDEX learn_recall_due ON learn_recall (due, learner_id);
