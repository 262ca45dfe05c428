CREATE TABLE course_review (
  course TEXT NOT NULL,
  path TEXT NOT NULL,
  part TEXT NOT NULL,
  digest TEXT NOT NULL,
  state TEXT NOT NULL,
  editor TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (course, path, part)
);
