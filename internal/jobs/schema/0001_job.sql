-- slot keeps one waiting job per kind and key: it is the key while a keyed job
-- waits, and the job's own id as soon as it runs or when it has no key.
CREATE TABLE jobs_job (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    slot TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    fault TEXT NOT NULL
);
CREATE UNIQUE INDEX jobs_job_slot ON jobs_job (kind, slot);
CREATE INDEX jobs_job_due ON jobs_job (state, run_at);
CREATE INDEX jobs_job_name ON jobs_job (kind, name);
