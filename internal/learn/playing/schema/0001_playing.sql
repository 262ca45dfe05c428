CREATE TABLE playing_play (
  holder TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  revision TEXT NOT NULL,
  steps TEXT NOT NULL,
  begun BIGINT NOT NULL,
  ended BIGINT NOT NULL,
  PRIMARY KEY (holder, id)
);
