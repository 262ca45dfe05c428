package keep

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/casetest"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/id"
	"amelie/internal/policy"
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
		files := d.unpacks(w)
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

// unpacks reads the archive that was answered.
func (d *desk) unpacks(w *httptest.ResponseRecorder) map[string]string {
	d.T.Helper()
	files := map[string]string{}
	z, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	if err != nil {
		d.T.Fatalf("%d: %v", w.Code, err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		d.Must(err)
		text, err := io.ReadAll(r)
		d.Must(err)
		files[f.Name] = string(text)
	}
	return files
}

// req: KEEP-4
func TestWhatThePaperCannotSetStandsInAPageOfTheCopy(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c := d.Begins("Rosa")
		d.Writes("mira", c, "note", ask.Answer{"words": {"গোলাপ <b>loud</b>"}})
		files := d.unpacks(d.asks("mira", c, url.Values{"handing": {"to-person"}, "given": {"1"}}))
		if page := files["case.html"]; !strings.Contains(page, "গোলাপ &lt;b&gt;loud") || !strings.Contains(page, "Rosa") || !strings.Contains(page, "default-src 'none'") || strings.Contains(page, "<b>") || strings.Contains(page, "<script") {
			t.Errorf("the page is\n%s", page)
		}
		if _, there := files["case.pdf"]; there || !strings.Contains(files["case.json"], "case.html has them") {
			t.Error("a paper that lacks letters left, or nothing says that it lacks")
		}
	})
}

// gone is a browser that closes after some bytes.
type gone struct {
	*httptest.ResponseRecorder
	left int
}

func (g *gone) Write(b []byte) (int, error) {
	if g.left -= len(b); g.left < 0 {
		return 0, errors.New("nobody there")
	}
	return g.ResponseRecorder.Write(b)
}

// documents puts documents of a size into a case.
func (d *desk) documents(caseID string, n, size int) {
	d.T.Helper()
	for i := range n {
		body := append([]byte("%PDF-1.7 "), bytes.Repeat([]byte{byte('a' + i%20)}, size)...)
		_, err := d.S.Keep(d.Ctx, d.Users["mira"], caseID, casework.Upload{Name: "scan.pdf", Body: body, Part: casework.Notes, Words: fmt.Sprint("scan ", i)})
		d.Must(err)
	}
}

// A copy that breaks off has no end, is aborted, and the history says that it did.
//
// req: KEEP-4
func TestACopyThatBreaksOffIsVisiblyBrokenAndTheHistorySaysSo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c := d.Begins("Rosa")
		d.documents(c, 2, 200_000)
		w := &gone{httptest.NewRecorder(), 250_000}
		aborted := func() (is bool) {
			defer func() { is = recover() == http.ErrAbortHandler }()
			d.Pages(d.s.Mount).Into(w, "mira", "POST", "/en/cases/"+c+"/keep/copy", url.Values{"handing": {"to-person"}, "given": {"1"}})
			return false
		}
		if !aborted() {
			t.Error("the answer looks like a whole one")
		}
		if _, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len())); err == nil || w.Body.Len() < 200_000 {
			t.Errorf("%d bytes, %v", w.Body.Len(), err)
		}
		o, err := d.S.Look(d.Ctx, d.Users["boss"], c)
		d.Must(err)
		noted := []string{}
		for _, e := range o.Events {
			if strings.HasPrefix(e.Action, "keep.") {
				noted = append(noted, e.Action)
			}
		}
		if strings.Join(noted, " ") != "keep.copy keep.copy-broke" && strings.Join(noted, " ") != "keep.copy-broke keep.copy" {
			t.Errorf("noted %v", noted)
		}
	})
}

// peak is the most memory that was in use while something was done, in bytes.
func peak(do func()) (most uint64) {
	runtime.GC()
	stop, done := make(chan struct{}), sync.WaitGroup{}
	done.Go(func() {
		for tick := time.NewTicker(2 * time.Millisecond); ; {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	do()
	close(stop)
	done.Wait()
	return most
}

// counts is a browser that keeps nothing.
type counts struct {
	http.ResponseWriter
	n int
}

func (c *counts) Write(b []byte) (int, error) { c.n += len(b); return len(b), nil }

// However many documents a file has, a copy takes the memory of a few.
func TestACopyOfManyLargeDocumentsTakesLittleMemory(t *testing.T) {
	d := &desk{House: casetest.New(t, dbtest.Open(t, append(append([]db.Schema(nil), casetest.Schemas...), Schema)...))}
	d.s = New(Config{Cases: d.S, Policy: policy.Must(Policy), Now: d.Clock, Backups: func() int { return 30 },
		Country: func(*db.Tx, string) (string, error) { return "GR", nil }, Tell: func(*db.Tx, string) error { return nil }})
	c := d.Begins("Rosa")
	const n, size = 12, 4 << 20
	d.documents(c, n, size)
	pages, w := d.Pages(d.s.Mount), &counts{ResponseWriter: httptest.NewRecorder()}
	most := peak(func() {
		pages.Into(w, "mira", "POST", "/en/cases/"+c+"/keep/copy", url.Values{"handing": {"to-person"}, "given": {"1"}, "once": {id.New()}})
	})
	if w.n < n*size {
		t.Fatalf("%d bytes of %d left", w.n, n*size)
	}
	if most > n*size {
		t.Errorf("%d MB in use for a copy of %d MB", most>>20, n*size>>20)
	}
	t.Logf("%d MB in use for a copy of %d MB", most>>20, w.n>>20)
}
