CREATE TABLE course_intake (
  id TEXT NOT NULL,
  course TEXT NOT NULL,
  version TEXT NOT NULL,
  body BYTEA NOT NULL,
  state TEXT NOT NULL,
  before TEXT NOT NULL,
  editor TEXT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX course_intake_at ON course_intake (course, at);
