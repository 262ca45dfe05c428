package lexicon

import (
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
)

var (
	addWordStmt = db.Statement(`INSERT INTO lexicon_word (month, country, lang, word, n) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (month, country, lang, word) DO UPDATE SET n = lexicon_word.n + excluded.n`)
	addGapStmt = db.Statement(`INSERT INTO lexicon_gap (month, country, territory, help, language, n) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (month, country, territory, help, language) DO UPDATE SET n = lexicon_gap.n + excluded.n`)
	knownStmt    = db.Statement(`SELECT DISTINCT country, lang, word FROM lexicon_word`)
	wordsStmt    = db.Statement(`SELECT country, lang, word, SUM(n), MIN(month) FROM lexicon_word WHERE month >= $1 GROUP BY country, lang, word ORDER BY SUM(n) DESC, word, country, lang LIMIT 500`)
	gapsStmt     = db.Statement(`SELECT country, territory, help, language, SUM(n) FROM lexicon_gap WHERE month >= $1 GROUP BY country, territory, help, language ORDER BY SUM(n) DESC, country, territory, help, language LIMIT 2000`)
	oldWordsStmt = db.Statement(`DELETE FROM lexicon_word WHERE month < $1`)
	oldGapsStmt  = db.Statement(`DELETE FROM lexicon_gap WHERE month < $1`)

	ignoreStmt   = db.Statement(`INSERT INTO lexicon_ignored (word, reason, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (word) DO UPDATE SET reason = excluded.reason, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)
	unignoreStmt = db.Statement(`DELETE FROM lexicon_ignored WHERE word = $1`)
	ignoredStmt  = db.Statement(`SELECT word, reason, by_name FROM lexicon_ignored ORDER BY word`)

	insertActStmt    = db.Statement(`INSERT INTO lexicon_act (id, what, concept, into_concepts, by_user, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`)
	insertActRowStmt = db.Statement(`INSERT INTO lexicon_act_row (act, kind, row_id, before, after) VALUES ($1, $2, $3, $4, $5)`)
	actsStmt         = db.Statement(`SELECT id, what, concept, into_concepts, by_user, by_name, at FROM lexicon_act ORDER BY at DESC, id DESC LIMIT $1`)
	actStmt          = db.Statement(`SELECT id, what, concept, into_concepts, by_user, by_name, at FROM lexicon_act WHERE id = $1`)
	actRowsStmt      = db.Statement(`SELECT kind, row_id, before, after FROM lexicon_act_row WHERE act = $1 ORDER BY kind, row_id`)
	dropActStmt      = db.Statement(`DELETE FROM lexicon_act WHERE id = $1`)
	dropActRowsStmt  = db.Statement(`DELETE FROM lexicon_act_row WHERE act = $1`)
	oldActsStmt      = db.Statement(`DELETE FROM lexicon_act WHERE at < $1`)
	oldActRowsStmt   = db.Statement(`DELETE FROM lexicon_act_row WHERE act IN (SELECT id FROM lexicon_act WHERE at < $1)`)

	setSwitchStmt = db.Statement(`INSERT INTO lexicon_switch (id, state, by_user, by_name, at) VALUES ('counting', $1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET state = excluded.state, by_user = excluded.by_user, by_name = excluded.by_name, at = excluded.at`)
	switchStmt    = db.Statement(`SELECT state FROM lexicon_switch WHERE id = 'counting'`)
)

func addCounts(tx *db.Tx, words map[wordKey]int64, gaps map[gapKey]int64) error {
	for k, n := range words {
		if _, err := tx.Exec(addWordStmt, k.month.String(), k.country, k.lang, k.word, n); err != nil {
			return err
		}
	}
	for k, n := range gaps {
		if _, err := tx.Exec(addGapStmt, k.month.String(), k.country, k.territory, k.help, k.language, n); err != nil {
			return err
		}
	}
	return nil
}

// dropBefore deletes the counts of months before one ("2026-11"); "~" is after
// all of them.
func dropBefore(tx *db.Tx, month string) error {
	if _, err := tx.Exec(oldWordsStmt, month); err != nil {
		return err
	}
	_, err := tx.Exec(oldGapsStmt, month)
	return err
}

func readKnown(tx *db.Tx) (out []wordKey, err error) {
	err = tx.Each(knownStmt, func(scan func(...any) error) error {
		var k wordKey
		if err := scan(&k.country, &k.lang, &k.word); err != nil {
			return err
		}
		out = append(out, k)
		return nil
	})
	return out, err
}

// vain is a word that led nowhere.
type vain struct {
	Country, Lang, Word string
	N                   int64
	Since               string // month
}

func readVain(tx *db.Tx, from string) (out []vain, err error) {
	err = tx.Each(wordsStmt, func(scan func(...any) error) error {
		var v vain
		if err := scan(&v.Country, &v.Lang, &v.Word, &v.N, &v.Since); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	}, from)
	return out, err
}

// gap is what was looked for together and hardly there.
type gap struct {
	Country, Territory, Help, Language string
	N                                  int64
}

func readGaps(tx *db.Tx, from string) (out []gap, err error) {
	err = tx.Each(gapsStmt, func(scan func(...any) error) error {
		var g gap
		if err := scan(&g.Country, &g.Territory, &g.Help, &g.Language, &g.N); err != nil {
			return err
		}
		out = append(out, g)
		return nil
	}, from)
	return out, err
}

// ignored is a word that an editor leaves as it is.
type ignored struct{ Word, Reason, By string }

func readIgnored(tx *db.Tx) (out []ignored, err error) {
	err = tx.Each(ignoredStmt, func(scan func(...any) error) error {
		var one ignored
		if err := scan(&one.Word, &one.Reason, &one.By); err != nil {
			return err
		}
		out = append(out, one)
		return nil
	})
	return out, err
}

func ignore(tx *db.Tx, word, reason string, who directory.By, at time.Time) error {
	_, err := tx.Exec(ignoreStmt, word, reason, who.User, who.Name, clock.Millis(at))
	return err
}

func unignore(tx *db.Tx, word string) error {
	_, err := tx.Exec(unignoreStmt, word)
	return err
}

func setSwitch(tx *db.Tx, state string, who directory.By, at time.Time) error {
	_, err := tx.Exec(setSwitchStmt, state, who.User, who.Name, clock.Millis(at))
	return err
}

// readOff says whether counting is switched off.
func readOff(tx *db.Tx) (off bool, err error) {
	err = tx.Each(switchStmt, func(scan func(...any) error) error {
		var state string
		err := scan(&state)
		off = state == "off"
		return err
	})
	return off, err
}

func insertAct(tx *db.Tx, a act) error {
	if _, err := tx.Exec(insertActStmt, a.ID, a.What, a.Concept, a.Into, a.By.User, a.By.Name, clock.Millis(a.At)); err != nil {
		return err
	}
	for _, r := range a.rows {
		if _, err := tx.Exec(insertActRowStmt, a.ID, string(r.kind), r.id, r.before, r.after); err != nil {
			return err
		}
	}
	return nil
}

func scanActs(tx *db.Tx, stmt *db.Stmt, arg any) (out []act, err error) {
	err = tx.Each(stmt, func(scan func(...any) error) error {
		var a act
		var at int64
		err := scan(&a.ID, &a.What, &a.Concept, &a.Into, &a.By.User, &a.By.Name, &at)
		a.At = clock.Time(at)
		out = append(out, a)
		return err
	}, arg)
	return out, err
}

// readActs are the newest acts, without their rows.
func readActs(tx *db.Tx) ([]act, error) { return scanActs(tx, actsStmt, int64(shownActs)) }

// readAct is an act with its rows. Errors: fault.NotFound.
func readAct(tx *db.Tx, actID string) (act, error) {
	a, err := db.First(scanActs(tx, actStmt, actID))
	if err != nil {
		return act{}, err
	}
	err = tx.Each(actRowsStmt, func(scan func(...any) error) error {
		var r actRow
		var kind string
		err := scan(&kind, &r.id, &r.before, &r.after)
		r.kind = directory.Kind(kind)
		a.rows = append(a.rows, r)
		return err
	}, actID)
	return a, err
}

func deleteAct(tx *db.Tx, actID string) error {
	if _, err := tx.Exec(dropActRowsStmt, actID); err != nil {
		return err
	}
	_, err := tx.Exec(dropActStmt, actID)
	return err
}

// forgetActs deletes the acts of before a time: they can no longer be taken
// back as one.
func forgetActs(tx *db.Tx, before time.Time) error {
	if _, err := tx.Exec(oldActRowsStmt, clock.Millis(before)); err != nil {
		return err
	}
	_, err := tx.Exec(oldActsStmt, clock.Millis(before))
	return err
}
