-- Cases whose words have to go from the segments, which needs an unlocked key.
CREATE TABLE casework_index_erased (
  agency_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (agency_id, case_id)
);
