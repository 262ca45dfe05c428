package account

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"amelie/internal/db"
)

var dumpStmts = map[string]*db.Stmt{}

func init() {
	for _, t := range []string{"account_user", "account_lock", "account_session", "account_token", "account_try", "account_code",
		"account_role", "account_passkey", "account_ceremony", "account_link"} {
		dumpStmts[t] = db.Statement("SELECT * FROM " + t)
	}
}

// dump is everything a table holds, as text; it holds something.
func dump(t *testing.T, d *db.DB, table string) string {
	t.Helper()
	text := dumped(t, d, table)
	if text == "" && table != "account_try" {
		t.Fatalf("%s is empty, so the search would prove nothing", table)
	}
	return text
}

// dumped is everything a table holds, as text.
func dumped(t *testing.T, d *db.DB, table string) string {
	t.Helper()
	var b strings.Builder
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		rows, err := tx.Query(dumpStmts[table])
		if err != nil {
			return err
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			cells := make([]any, len(names))
			for i := range cells {
				cells[i] = new(any)
			}
			if err := rows.Scan(cells...); err != nil {
				return err
			}
			for _, c := range cells {
				switch v := (*c.(*any)).(type) {
				case []byte:
					b.Write(v)
				default:
					fmt.Fprint(&b, v)
				}
				b.WriteByte('\n')
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
