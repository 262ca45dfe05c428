-- What a try at a code that opens nothing writes: as much as one at a card that is on.
CREATE TABLE own_miss (
  slot TEXT PRIMARY KEY, -- the first characters of a hash keyed by the server secret
  at BIGINT NOT NULL
);
