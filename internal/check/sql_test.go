package check

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/app"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

func TestEveryStatementPreparesOnBothEngines(t *testing.T) {
	all := db.Statements()
	if len(all) < 100 {
		t.Fatalf("only %d statements are registered: the check looks in the wrong place", len(all))
	}
	dbtest.Each(t, app.Schemas(), func(t *testing.T, d *db.DB) {
		for _, s := range all {
			if strings.HasSuffix(s.File, "_test.go") || strings.Contains(s.File, "_test.go:") {
				continue
			}
			if err := d.Prepare(context.Background(), s); err != nil {
				t.Errorf("%v\n%s", err, s.SQL)
			}
		}
	})
}

var foreign = regexp.MustCompile(`(?i)\b(returning|ilike|nulls (first|last)|autoincrement|serial|jsonb?_|->>|for update|skip locked|::)`)

func TestStatementsStayInThePortableSubset(t *testing.T) {
	for _, s := range db.Statements() {
		if m := foreign.FindString(s.SQL); m != "" {
			t.Errorf("%s uses %q\n%s", s.File, m, s.SQL)
		}
	}
}
