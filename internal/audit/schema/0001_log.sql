-- position is -1 until the sequencer has put the leaf into a log.
CREATE TABLE audit_leaf (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    agency TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    purpose TEXT NOT NULL,
    erasable TEXT NOT NULL,
    log BIGINT NOT NULL,
    position BIGINT NOT NULL
);
CREATE INDEX audit_leaf_position ON audit_leaf (log, position, id);
CREATE INDEX audit_leaf_object ON audit_leaf (object, at, id);
CREATE INDEX audit_leaf_time ON audit_leaf (at, id);

-- Without its salt a hash in audit_leaf.erasable can be matched to nothing.
CREATE TABLE audit_salt (
    leaf TEXT NOT NULL PRIMARY KEY,
    salt BYTEA NOT NULL
);

CREATE TABLE audit_log (
    number BIGINT NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL,
    public TEXT NOT NULL,
    started BIGINT NOT NULL,
    after TEXT NOT NULL
);

-- place is the index of tlog.StoredHashIndex.
CREATE TABLE audit_hash (
    log BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (log, place)
);

CREATE TABLE audit_checkpoint (
    log BIGINT NOT NULL,
    size BIGINT NOT NULL,
    at BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (log, size)
);

CREATE TABLE audit_lease (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until BIGINT NOT NULL
);
