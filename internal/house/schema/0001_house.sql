-- What an administrator answered in the assistant, one row a question. The
-- answer is JSON; what is secret in it is sealed under the server's secret.
CREATE TABLE house_answer (
	question TEXT NOT NULL PRIMARY KEY,
	revision BIGINT NOT NULL,
	state TEXT NOT NULL,
	answer TEXT NOT NULL,
	sealed BYTEA,
	changed_by TEXT NOT NULL,
	changed BIGINT NOT NULL
);
-- Counts up with every change, so that every instance follows.
CREATE TABLE house_version (
	name TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL
);
-- One row for each backup that was begun. The slot is the planned time: of
-- several instances one makes it.
CREATE TABLE house_run (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	slot TEXT NOT NULL,
	file TEXT NOT NULL,
	began BIGINT NOT NULL,
	beat BIGINT NOT NULL,
	ended BIGINT NOT NULL,
	outcome TEXT NOT NULL,
	entries BIGINT NOT NULL,
	size BIGINT NOT NULL
);
CREATE UNIQUE INDEX house_run_slot ON house_run (kind, slot);
CREATE INDEX house_run_latest ON house_run (kind, began);
-- The state of each check, so that a mail about it is written once.
CREATE TABLE house_alarm (
	name TEXT NOT NULL PRIMARY KEY,
	level BIGINT NOT NULL,
	since BIGINT NOT NULL,
	calm BIGINT NOT NULL
);
-- Moments that checks need: when a mail was last sent, when a round was made.
CREATE TABLE house_pulse (
	name TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL
);
-- Which release ran here since when, and who has read about it.
CREATE TABLE house_release (
	release TEXT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL
);
CREATE TABLE house_note_seen (
	user_id TEXT NOT NULL,
	release TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (user_id, release)
);
