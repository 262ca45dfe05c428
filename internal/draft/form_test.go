package draft

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/id"
	"amelie/internal/web"
)

// req: DRAFT-1, DRAFT-2
func TestAFormIsFoundOnItsPageByItsWriterUntilItIsSentOrTwoWeeksOld(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, []db.Schema{Schema}, func(t *testing.T, d *db.DB) {
		who := writers(t)
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		f := Forms{Shelf: &Shelf{DB: d, Now: func() time.Time { return now }, Keys: who},
			Former: func(r *http.Request) (string, bool) { return r.Header.Get("Former"), r.Header.Get("Former") != "" },
			Place: func(page string) string {
				if page == "/elsewhere" {
					return ""
				}
				return "form" + page
			},
			Gone: func(_ context.Context, page string) (bool, error) { return page == "/gone", nil }}
		mira, nils := &web.Viewer{UserID: "mira", Key: who["mira"]}, &web.Viewer{UserID: "nils", Key: who["nils"]}
		r := httptest.NewRequest("POST", "/", nil)
		keep := func(v *web.Viewer, page, query, form, words string) bool {
			t.Helper()
			now = now.Add(time.Minute)
			kept, err := f.Keep(r, v, page, query, form, map[string][]string{"words": {words}})
			if err != nil {
				t.Fatal(err)
			}
			return kept
		}
		finds := func(v *web.Viewer, page, query, words, form string) {
			t.Helper()
			values, got, _, err := f.Find(ctx, v, page, query)
			if err != nil || len(values["words"]) != min(len(words), 1) || words != "" && (values["words"][0] != words || got != form) {
				t.Errorf("%s finds %v of %q on %s: %v", v.UserID, values, got, page, err)
			}
		}
		if keep(nil, "/day", "", "", "a stranger's") || keep(mira, "/elsewhere", "", "", "x") {
			t.Error("kept of a stranger, or of a page whose forms are not")
		}
		r.Header.Set("Former", "mira")
		if keep(mira, "/gone", "", "", "x") || !f.Keeps(r, nil, "/day") || f.Keeps(r, nil, "/elsewhere") {
			t.Error("kept about what was erased, or not known before it is read")
		}
		for _, form := range []string{"", "/own", "/ask"} {
			if !keep(nil, "/day", "", form, "typed into "+form) {
				t.Fatal("not kept")
			}
		}
		keep(&web.Viewer{UserID: "mira"}, "/day", "show=all", "", "locked")
		finds(mira, "/day", "", "typed into /ask", "/ask") // the newest
		finds(mira, "/day", "show=all", "locked", "")
		finds(mira, "/day", "show=some", "", "")
		finds(mira, "/da", "", "", "")
		one := id.New()
		keep(mira, "/day", "entry="+one+"&list=children", "", "of one")
		finds(mira, "/day", "entry="+one+"&list=children", "of one", "")
		if err := d.Read(ctx, func(tx *db.Tx) error {
			return tx.Each(placesStmt, func(scan func(...any) error) error {
				var place string
				var touched int64
				err := scan(&place, &touched)
				if strings.Contains(place, "children") || strings.Contains(place, "show") {
					t.Errorf("a word stands readable: %q", place)
				}
				return err
			}, "mira", 0)
		}); err != nil {
			t.Fatal(err)
		}
		finds(nils, "/day", "", "", "")
		finds(&web.Viewer{UserID: "mira"}, "/day", "", "", "")
		for range 2 {
			if err := f.Drop(ctx, mira, "/day", "", "/ask"); err != nil {
				t.Fatal(err)
			}
		}
		finds(mira, "/day", "", "typed into /own", "/own")
		for n := range Most {
			keep(mira, "/many", "", strconv.Itoa(n), "x")
		}
		if keep(nil, "/day", "", "", "pushes out another") {
			t.Error("who is not signed in pushes out what was kept")
		}
		now = now.Add(Life)
		finds(mira, "/day", "", "", "")
	})
}
