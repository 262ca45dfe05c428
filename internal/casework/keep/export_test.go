package keep

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
)

// asks for a copy through the page, as a browser does.
func (d *desk) asks(user, caseID string, form url.Values) *httptest.ResponseRecorder {
	d.T.Helper()
	return d.Pages(d.s.Mount).Do(user, "POST", "/en/cases/"+caseID+"/keep/copy", form)
}

// req: KEEP-4
func TestACopyOfTheWholeFileIsAskedTwiceNotedAndWholeInOpenFormats(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c := d.Begins("Rosa")
		note := d.Writes("mira", c, "note", ask.Answer{"words": {"first words"}})
		_, err := d.S.Save(d.Ctx, d.Users["mira"], c, casework.Typed{Kind: "note", Entry: note, Rev: 1, Posted: ask.Answer{"words": {"Ευχαριστώ"}}})
		d.Must(err)
		d.Writes("mira", c, "languages", ask.Answer{"language": {"ro"}})
		yes := url.Values{"handing": {"to-person"}, "given": {"1"}}
		if w := d.asks("mira", c, url.Values{"handing": {"to-person"}}); w.Code != 422 {
			t.Errorf("without the tick: %d", w.Code)
		}
		for _, user := range casetest.Strangers {
			if w := d.asks(user, c, yes); w.Code != 404 {
				t.Errorf("%s: %d", user, w.Code)
			}
		}
		w := d.asks("mira", c, yes)
		files := map[string]string{}
		z, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
		if err != nil {
			t.Fatalf("%d: %v", w.Code, err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			d.Must(err)
			text, err := io.ReadAll(r)
			d.Must(err)
			files[f.Name] = string(text)
		}
		for _, word := range []string{"first words", "Ευχαριστώ", "lavender", `"earlier_versions"`, `"format": "amelie-case"`} {
			if !strings.Contains(files["case.json"], word) {
				t.Errorf("case.json does not hold %s", word)
			}
		}
		var codes struct{ Record map[string]string }
		if err := json.Unmarshal([]byte(files["htcds.json"]), &codes); err != nil || codes.Record["cas_Status"] != "Active" || codes.Record["prs_PrimaryLanguage"] != "ro" || strings.Contains(files["htcds.json"], "Rosa") {
			t.Errorf("codes: %v %s", err, files["htcds.json"])
		}
		if !strings.HasPrefix(files["case.pdf"], "%PDF-") {
			t.Error("nothing for paper")
		}
		o, err := d.S.Look(d.Ctx, d.Users["boss"], c)
		d.Must(err)
		noted := 0
		for _, e := range o.Events {
			if e.Action == "keep.copy" && e.Other == "to-person" {
				noted++
			}
		}
		if noted != 1 {
			t.Errorf("noted %d times", noted)
		}
	})
}
