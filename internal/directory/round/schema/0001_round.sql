-- A round asks bodies whether their entry is still right.
CREATE TABLE round_round (
  id TEXT NOT NULL PRIMARY KEY,
  scope TEXT NOT NULL,
  state TEXT NOT NULL,
  started BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL,
  total BIGINT NOT NULL
);
-- One body in a round: the mail to it, its answer, the calls to it. hash is
-- the keyed fingerprint of its link's secret, '' before the mail is queued and
-- after the round.
CREATE TABLE round_body (
  round TEXT NOT NULL REFERENCES round_round (id),
  organization TEXT NOT NULL,
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  lang TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  mail TEXT NOT NULL,
  hash TEXT NOT NULL,
  sent BIGINT NOT NULL,
  reminders BIGINT NOT NULL,
  answer TEXT NOT NULL,
  way TEXT NOT NULL,
  answered BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  called BIGINT NOT NULL,
  next_call BIGINT NOT NULL,
  outcome TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (round, organization)
);
CREATE INDEX round_body_mail ON round_body (round, mail, organization);
CREATE INDEX round_body_hash ON round_body (hash);
-- What somebody without an account said is wrong with an entry.
CREATE TABLE round_report (
  id TEXT NOT NULL PRIMARY KEY,
  service TEXT NOT NULL,
  organization TEXT NOT NULL,
  what TEXT NOT NULL,
  words TEXT NOT NULL,
  contact TEXT NOT NULL,
  lang TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TEXT NOT NULL,
  into_report TEXT NOT NULL,
  closed BIGINT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL
);
CREATE INDEX round_report_state ON round_report (state, at);
CREATE INDEX round_report_service ON round_report (service, what, state);
-- Services whose number does not answer, as editors made sure or two moderated
-- reports said; for professionals.
CREATE TABLE round_broken (
  service TEXT NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  at BIGINT NOT NULL,
  reports BIGINT NOT NULL,
  by_user TEXT NOT NULL,
  by_name TEXT NOT NULL
);
