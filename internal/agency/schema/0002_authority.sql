-- Whether it can act against a person: yes, no, or '' where nobody was asked.
ALTER TABLE agency ADD COLUMN authority TEXT NOT NULL DEFAULT '';
