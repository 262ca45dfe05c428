CREATE TABLE course_comment (
  id TEXT NOT NULL,
  course TEXT NOT NULL,
  path TEXT NOT NULL,
  block TEXT NOT NULL,
  stamp TEXT NOT NULL,
  about TEXT NOT NULL,
  body TEXT NOT NULL,
  editor TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  settler TEXT NOT NULL,
  settled BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX course_comment_block ON course_comment (course, path, block, id);
