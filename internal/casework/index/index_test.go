package index

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var ctx = context.Background()

// house is agencies with a key each, and an index.
type house struct {
	casework.Agencies
	t    testing.TB
	x    *Index
	now  time.Time
	keys map[string]*vault.PrivateKey
	turn map[string]int
}

func newHouse(t testing.TB, d *db.DB) *house {
	h := &house{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), keys: map[string]*vault.PrivateKey{}, turn: map[string]int{}}
	for _, agency := range []string{"support", "second"} {
		h.newKey(agency)
	}
	h.x = New(Config{DB: d, Now: func() time.Time { return h.now }, Agencies: h})
	return h
}

func (h *house) newKey(agency string) {
	k, err := vault.NewPrivateKey()
	h.must(err)
	h.turn[agency]++
	h.keys[fmt.Sprint(agency, h.turn[agency])] = k
}

func (h *house) OwnKey(_ *db.Tx, agency string) (string, vault.PublicKey, error) {
	keyID := fmt.Sprint(agency, h.turn[agency])
	return keyID, h.keys[keyID].Public(), nil
}

func (h *house) OpenKey(_ *db.Tx, v *web.Viewer, keyID string) (*vault.PrivateKey, error) {
	if v.Key == nil || !strings.HasPrefix(keyID, v.AgencyID) {
		return nil, fault.New(fault.Unlock, "")
	}
	return h.keys[keyID], nil
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) as(agency, session string) *web.Viewer {
	return &web.Viewer{UserID: session, AgencyID: agency, SessionID: session, Key: h.keys[agency+"1"]}
}

func (h *house) notes(v *web.Viewer, caseID, entry string, texts ...string) {
	h.t.Helper()
	h.now = h.now.Add(time.Millisecond)
	write, err := h.x.Prepare(ctx, v, caseID, entry, texts)
	h.must(err)
	h.must(h.x.DB.Write(ctx, write))
}

func (h *house) finds(v *web.Viewer, query string) []string {
	h.t.Helper()
	found, err := h.x.Find(ctx, v, query)
	h.must(err)
	slices.Sort(found)
	return found
}

func TestACaseIsFoundByTheBeginningsOfItsWordsHoweverTheyAreTyped(t *testing.T) {
	dbtest.Each(t, []db.Schema{Schema}, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		mira := h.as("support", "mira")
		h.notes(mira, "c1", "e1", "Ρόζα Παπαδοπούλου")
		h.notes(mira, "c1", "e2", "Anruf beim Jugendamt in Lüttich")
		h.notes(mira, "c2", "e3", "Rosa")
		for query, want := range map[string][]string{"ροζ": {"c1"}, "papado": {"c1"}, "luett": {"c1"}, "ΡΟΖΑ jugend": {"c1"}, "ros": {"c2"}, "rosa jugend": nil, "?!": nil, "": nil, "zzz": nil} {
			if got := h.finds(mira, query); !slices.Equal(got, want) {
				t.Errorf("%q: %v, want %v", query, got, want)
			}
		}
		h.notes(mira, "c1", "e1", "Elena")
		if got := h.finds(mira, "ροζα"); got != nil {
			t.Errorf("after the entry was changed its old words find %v", got)
		}
		if got := h.finds(h.as("second", "x"), "rosa"); got != nil {
			t.Errorf("another agency finds %v", got)
		}
		locked := h.as("support", "mira")
		locked.Key = nil
		if _, err := h.x.Find(ctx, locked, "rosa"); fault.KindOf(err) != fault.Unlock {
			t.Errorf("a locked key: %v", err)
		}
	})
}

func TestManySmallSegmentsAreMergedAndNothingIsLost(t *testing.T) {
	dbtest.Each(t, []db.Schema{Schema}, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		mira := h.as("support", "mira")
		for i := range merged + 5 {
			h.notes(mira, fmt.Sprintf("c%02d", i), fmt.Sprint("e", i%40), fmt.Sprintf("word%02d common", i))
		}
		before := h.finds(mira, "common")
		var left []segment
		h.must(d.Read(ctx, func(tx *db.Tx) (err error) { left, err = loadIDs(tx, "support"); return err }))
		if len(left) != 1 || len(before) != 40 {
			t.Errorf("%d segments, %d cases", len(left), len(before))
		}
		h.x.Forget("mira")
		if n, _ := h.x.Held(); n != 0 {
			t.Errorf("%d agencies are held after the only sign-in ended", n)
		}
		if after := h.finds(h.as("support", "nils"), "common"); !slices.Equal(before, after) {
			t.Errorf("%d cases before, %d when loaded anew", len(before), len(after))
		}
	})
}

func TestWordsLeaveTheMemoryWithTheLastSignInAfterAWhileAndWhenTheBudgetIsFull(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, Schema))
	mira, nils := h.as("support", "mira"), h.as("support", "nils")
	h.notes(mira, "c1", "e1", "Rosa")
	h.finds(mira, "rosa")
	h.finds(nils, "rosa")
	h.x.Forget("mira")
	if n, _ := h.x.Held(); n != 1 {
		t.Errorf("%d agencies while nils is there", n)
	}
	h.now = h.now.Add(Idle + time.Second)
	h.x.Sweep()
	if n, _ := h.x.Held(); n != 0 {
		t.Errorf("%d agencies after nobody asked", n)
	}
	h.x.Budget = 1
	h.finds(mira, "rosa")
	h.notes(h.as("second", "x"), "c2", "e2", "Elena")
	h.finds(h.as("second", "x"), "elena")
	if n, bytes := h.x.Held(); n != 1 || bytes == 0 {
		t.Errorf("%d agencies in %d bytes, of a budget of 1", n, bytes)
	}
}

// req: CASE-8
func TestAReplacedAgencyKeyBeginsANewSearchKey(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, Schema))
	mira := h.as("support", "mira")
	h.notes(mira, "c1", "e1", "Rosa")
	h.newKey("support")
	h.notes(mira, "c2", "e2", "Elena")
	if a, b := h.finds(mira, "rosa"), h.finds(mira, "elena"); len(a)+len(b) != 2 {
		t.Errorf("%v %v", a, b)
	}
	var keys []searchKey
	h.must(h.x.DB.Read(ctx, func(tx *db.Tx) (err error) { keys, err = loadKeys(tx, "support"); return err }))
	if len(keys) != 2 {
		t.Fatalf("%d search keys", len(keys))
	}
	if _, err := vault.UnwrapDataKey(h.keys["support1"], keys[1].env, searchPlace(keys[1].id, "support")); err == nil {
		t.Error("the old key opens the new search key")
	}
}

// The database file, its log and whatever lies beside it.
//
// req: CASE-11
func TestNoWordStandsOnTheDiskInClear(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(ctx, db.Config{Path: filepath.Join(dir, "a.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(ctx, Schema); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, d)
	mira := h.as("support", "mira")
	for i := range merged + 2 {
		h.notes(mira, fmt.Sprint("c", i), fmt.Sprint("e", i), "Quetzalina Zimtstern")
	}
	if len(h.finds(mira, "quetzal")) != merged+2 {
		t.Fatal("not found")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%v %v: the log is not there", files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"quetzal", "zimtst"} {
			if strings.Contains(strings.ToLower(string(text)), word) {
				t.Errorf("%s holds %q", f.Name(), word)
			}
		}
	}
}

// Searching compared with a plain look at every word.
func TestTheIndexFindsWhatALookAtEveryWordFinds(t *testing.T) {
	letters := rapid.StringMatching(`[abα]{1,4}`)
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf()
		now := map[string]record{}
		for i := range rapid.IntRange(1, 20).Draw(t, "records") {
			r := record{Case: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "case"), At: int64(i), Words: folded(rapid.SliceOfN(letters, 1, 4).Draw(t, "words"))}
			r.Entry = r.Case + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "entry")
			s.add(fmt.Sprint(i), []record{r})
			now[r.Entry] = r
		}
		query := rapid.SliceOfN(letters, 1, 3).Draw(t, "query")
		var forms [][]string
		for _, w := range query {
			forms = append(forms, fold.Forms(w))
		}
		got := s.find(forms)
		for _, c := range []string{"x", "y", "z"} {
			if want := plainly(now, c, forms); want != slices.Contains(got, c) {
				t.Fatalf("%s for %v: %v, want %v", c, query, got, want)
			}
		}
	})
}

func plainly(now map[string]record, caseID string, forms [][]string) bool {
	for _, any := range forms {
		found := false
		for _, r := range now {
			for _, w := range r.Words {
				found = found || r.Case == caseID && slices.ContainsFunc(any, func(f string) bool { return strings.HasPrefix(w, f) })
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// req: KEEP-1
func TestTheWordsOfAnErasedCaseLeaveTheSegmentsAndTheOthersStay(t *testing.T) {
	dbtest.Each(t, []db.Schema{Schema}, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		v := h.as("support", "one")
		for i := range 70 { // so that a search merges them
			h.notes(v, fmt.Sprint("case-", i%2), fmt.Sprint("entry-", i), "lavender")
		}
		if found := h.finds(v, "lavender"); len(found) != 2 {
			t.Fatalf("before: %v", found)
		}
		h.must(d.Write(context.Background(), func(tx *db.Tx) error { return Erased(tx, "support", "case-1") }))
		h.must(h.x.Purge(context.Background(), v))
		if found := h.finds(v, "lavender"); !slices.Equal(found, []string{"case-0"}) {
			t.Errorf("after: %v", found)
		}
		old, _, err := h.x.without(context.Background(), v, map[string]bool{"case-1": true})
		if err != nil || len(old) > 0 {
			t.Errorf("%d segments still hold its words, %v", len(old), err)
		}
		if gone, err := h.x.gone(context.Background(), v); err != nil || len(gone) > 0 {
			t.Errorf("still to go: %v, %v", gone, err)
		}
	})
}

// Words stay only as long as somebody of the agency has an unlocked key.
//
// req: CASE-11
func TestWordsLeaveTheMemoryWhenTheLastKeyOfTheAgencyIsLocked(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, Schema))
	mira, nils := h.as("support", "mira"), h.as("support", "nils")
	h.notes(mira, "c1", "e1", "Rosa")
	h.finds(mira, "rosa")
	h.finds(nils, "rosa")
	open := map[string]bool{"mira": true}
	for _, want := range []int{1, 0} {
		h.must(h.x.Retain(func([]string) (map[string]bool, error) { return open, nil }))
		if n, _ := h.x.Held(); n != want {
			t.Errorf("%d agencies are held while %v is unlocked, want %d", n, open, want)
		}
		delete(open, "mira")
	}
}
