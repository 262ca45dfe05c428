CREATE TABLE learn_measure (
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  occasion TEXT NOT NULL,
  form TEXT NOT NULL,
  month TEXT NOT NULL,
  correct BIGINT NOT NULL,
  counted BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX learn_measure_code ON learn_measure (code);
