-- Hours that differ on single days; what was asked before a booking, and when the
-- interpreter said that there is no conflict.
ALTER TABLE interpret_person ADD COLUMN hours TEXT NOT NULL DEFAULT '';
ALTER TABLE interpret_booking ADD COLUMN conflicts TEXT NOT NULL DEFAULT '';
ALTER TABLE interpret_booking ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE interpret_booking ADD COLUMN clear_at BIGINT NOT NULL DEFAULT 0;
