CREATE TABLE course_work (
  course TEXT NOT NULL,
  base TEXT NOT NULL,
  revision BIGINT NOT NULL,
  released TEXT NOT NULL,
  PRIMARY KEY (course)
);
CREATE TABLE course_file (
  course TEXT NOT NULL,
  path TEXT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (course, path)
);
CREATE TABLE course_change (
  id TEXT NOT NULL,
  course TEXT NOT NULL,
  act TEXT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  block TEXT NOT NULL,
  before TEXT NOT NULL,
  before_of TEXT NOT NULL,
  after TEXT NOT NULL,
  after_of TEXT NOT NULL,
  editor TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX course_change_block ON course_change (course, path, block, id);
CREATE INDEX course_change_act ON course_change (course, act);
CREATE TABLE course_folder (
  course TEXT NOT NULL,
  version TEXT NOT NULL,
  body BYTEA NOT NULL,
  PRIMARY KEY (course, version)
);
CREATE TABLE course_release (
  id TEXT NOT NULL,
  course TEXT NOT NULL,
  version TEXT NOT NULL,
  note TEXT NOT NULL,
  changed TEXT NOT NULL,
  editor TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX course_release_at ON course_release (course, at);
