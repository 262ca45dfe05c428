-- Where a project may offer: regions of its own places, without those that are
-- ruled out for the person. A request from before has none and is asked anew.
ALTER TABLE place_candidate ADD COLUMN regions TEXT NOT NULL DEFAULT '';
