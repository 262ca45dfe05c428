CREATE TABLE course_upgrade (
  course TEXT NOT NULL,
  version TEXT NOT NULL,
  was TEXT NOT NULL,
  taken BIGINT NOT NULL,
  waiting BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (course, version)
);
CREATE TABLE course_proposal (
  course TEXT NOT NULL,
  path TEXT NOT NULL,
  block TEXT NOT NULL,
  base TEXT NOT NULL,
  theirs TEXT NOT NULL,
  theirs_of TEXT NOT NULL,
  version TEXT NOT NULL,
  state TEXT NOT NULL,
  editor TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (course, path, block)
);
