package directory

import (
	"amelie/internal/clock"
	"amelie/internal/db"
)

var (
	putTextStmt = db.Statement(`INSERT INTO directory_translation (kind, row_id, field, lang, source_mark, text_mark, state, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (kind, row_id, field, lang) DO UPDATE SET source_mark = excluded.source_mark, text_mark = excluded.text_mark,
			state = excluded.state, by_name = excluded.by_name, at = excluded.at`)
	keepTextStmt = db.Statement(`INSERT INTO directory_translation (kind, row_id, field, lang, source_mark, text_mark, state, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, 'written', '', 0)
		ON CONFLICT (kind, row_id, field, lang) DO NOTHING`)
	textsOfStmt  = db.Statement(`SELECT kind, row_id, field, lang, source_mark, text_mark, state, by_name, at FROM directory_translation WHERE kind = $1 AND row_id = $2`)
	allTextsStmt = db.Statement(`SELECT kind, row_id, field, lang, source_mark, text_mark, state, by_name, at FROM directory_translation`)
)

func readTexts(tx *db.Tx, kind Kind, rowID string) (map[textKey]textNote, error) {
	return scanTexts(tx, textsOfStmt, string(kind), rowID)
}

func readAllTexts(tx *db.Tx) (map[textKey]textNote, error) { return scanTexts(tx, allTextsStmt) }

func scanTexts(tx *db.Tx, stmt *db.Stmt, args ...any) (map[textKey]textNote, error) {
	out := map[textKey]textNote{}
	err := tx.Each(stmt, func(scan func(...any) error) error {
		var k textKey
		var n textNote
		var kind, state string
		var at int64
		if err := scan(&kind, &k.row, &k.field, &k.lang, &n.source, &n.text, &state, &n.by, &at); err != nil {
			return err
		}
		k.kind, n.state = Kind(kind), TextState(state)
		if at != 0 {
			n.at = clock.Time(at)
		}
		out[k] = n
		return nil
	}, args...)
	return out, err
}
