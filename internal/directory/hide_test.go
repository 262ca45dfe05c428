package directory

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/locale"
)

// speakingBody is an organisation whose every hideable field says a word of its own.
func speakingBody() Organization {
	say := func(w string) Text { return Text{"en": "word" + w + "z", "el": "word" + w + "z"} }
	return Organization{
		ID: "gr-tell", Country: "GR", Name: "Telling", Kind: "ngo", Group: Support, Summary: say("osummary"), Website: []Link{{URL: "https://wordowebsitez.example"}},
		Source: Source{ID: "s", Title: "S", Date: "2023"},
		Services: []Service{{
			ID: "gr-tell-one", Name: "Service", Summary: say("summary"), What: say("what"), WhenYouCall: say("whenyoucall"),
			Roles: []string{"ngo"}, Helps: []string{"wordhelpsz"}, For: []string{"wordforz"}, Forms: []string{"wordformsz"}, Settings: []string{"wordsettingsz"},
			Languages: []Language{{Code: "uk", By: "wordlanguagesz"}}, Area: []string{"GR"}, FreeNote: say("free"), MustInform: say("mustinform"),
			Intake: []string{"wordintakez"}, Hours: Hours{Note: say("hours")}, Phones: []Phone{{Short: "199", Printed: "wordphonesz", Note: say("phones")}},
			Emails: []Email{{Address: "wordemailsz@example.org"}}, Website: []Link{{URL: "https://wordwebsitez.example"}},
			Places: []Place{{ID: "gr-tell-place", Name: "wordpnamez", Names: say("pname"), Town: "Athens", Territory: "GR-I", Lat: 37.98, Lon: 23.73,
				Phones: []Phone{{Short: "198", Printed: "wordpphonesz", Note: say("pphones")}}, Emails: []Email{{Address: "wordpemailsz@example.org"}}, Hours: Hours{Note: say("phours")}}},
		}},
	}
}

// What an editor hides leaves by no door: neither as published content, nor in
// the open interface, nor as a contact to save, nor as a word that is found.
//
// req: DESK-2
func TestWhatIsHiddenLeavesByNoDoor(t *testing.T) {
	vocab := Vocabulary{}
	rapid.Check(t, func(rt *rapid.T) {
		o := speakingBody()
		hidden := map[Audience][]string{}
		draw := func(kind Kind, prefix string) Hide {
			h := Hide{}
			for _, f := range Hideable[kind] {
				v := rapid.SampledFrom([]Visibility{Public, Public, Professional, Hidden}).Draw(rt, prefix+f)
				h[f] = v
				word := "word" + prefix + strings.ToLower(f) + "z"
				if f == HideEntry {
					word = o.Services[0].ID
					if kind == KindPlace {
						word = o.Services[0].Places[0].ID
					}
				}
				for _, to := range []Audience{ForEveryone, ForProfessionals} {
					if !to.sees(v) {
						hidden[to] = append(hidden[to], word)
					}
				}
			}
			return h
		}
		o.Hide = draw(KindOrganization, "o")
		o.Services[0].Hide = draw(KindService, "")
		o.Services[0].Places[0].Hide = draw(KindPlace, "p")
		for to, words := range hidden {
			leaves := strings.ToLower(doors(rt, o, vocab, to))
			for _, w := range words {
				if at := strings.Index(leaves, w); at >= 0 {
					rt.Fatalf("%s left to audience %d: …%s…", w, to, leaves[max(0, at-80):min(len(leaves), at+80)])
				}
			}
		}
	})
}

// doors is everything that leaves of an organisation to an audience.
func doors(t *rapid.T, o Organization, vocab Vocabulary, to Audience) string {
	snap := newSnapshot(&stored{version: 1, organizations: []Organization{o}, vocabulary: vocab, changed: map[string]time.Time{}}, tuesday)
	var out strings.Builder
	put := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	put(snap.views[to].organizations)
	index := snap.inner()
	if to == ForEveryone {
		index = snap.index
		book := snap.book()
		put([]any{book.services, book.organizations, book.atLocations})
	}
	for _, r := range snap.views[to].byService {
		card, err := VCard(*r.organization, *r.service, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(card)
	}
	for _, word := range []string{"wordwhatz", "wordsummaryz", "wordosummaryz", "wordwhenyoucallz", "wordpnamez"} {
		for _, hit := range index.Search(Query{Text: word, Lang: "en", Now: tuesday, Limit: 5}).Hits {
			for _, why := range hit.Reasons {
				fmt.Fprintln(&out, why)
			}
		}
	}
	return out.String()
}

// req: DESK-1
func TestAHiddenAddressOpensOnlyWhenASecondPersonMadeSure(t *testing.T) {
	eachKept(t, func(k *kept) {
		var hidden Row
		k.must(func(tx *db.Tx) error {
			all, err := k.d.Rows(tx, KindPlace)
			if at := slices.IndexFunc(all, func(r Row) bool { return r.Place.Address == Hidden }); at >= 0 {
				hidden = all[at]
			}
			return err
		})
		if hidden.ID == "" {
			t.Fatal("the content has no hidden place")
		}
		open, err := hidden.Copy()
		if err != nil {
			t.Fatal(err)
		}
		open.Place.Address = Public
		k.refused(fault.Invalid, func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: open}) })
		var s string
		k.must(func(tx *db.Tx) error {
			s, err = k.d.Suggest(tx, editor, k.now, Change{Row: open, Note: "The owner wrote that it may be public."})
			return err
		})
		word := Settling{Accept: true, NoCall: "They came to the office in person."}
		k.refused(fault.Denied, func(tx *db.Tx) error { return k.d.Settle(tx, editor, k.now, s, word) })
		second := By{User: "u-second", Name: "Second", Way: ByEditor}
		k.must(func(tx *db.Tx) error { return k.d.Settle(tx, second, k.now, s, word) })
		if got := k.row(KindPlace, hidden.ID); got.Place.Address != Public {
			t.Errorf("still %q", got.Place.Address)
		}
	})
}

func TestATranslationKnowsWhenItsSourceChanged(t *testing.T) {
	eachKept(t, func(k *kept) {
		state := func(lang string) Translation {
			t.Helper()
			var all []Translation
			row := k.row(KindService, someService)
			k.must(func(tx *db.Tx) (err error) { all, err = k.d.Translations(tx, row); return err })
			for _, one := range all {
				if one.Field == "Summary" && one.Lang == lang {
					return one
				}
			}
			return Translation{}
		}
		write := func(lang, words string) {
			t.Helper()
			row, err := k.row(KindService, someService).Copy()
			if err != nil {
				t.Fatal(err)
			}
			row.Service.Summary[lang] = words
			k.must(func(tx *db.Tx) error { return k.d.Change(tx, editor, k.now, Change{Row: row}) })
		}
		if got := state("el").State; got != TextWritten {
			t.Errorf("as released: %s", got)
		}
		write("en", "A line for everyone who needs it.")
		if got := state("el").State; got != TextOlder {
			t.Errorf("after the source changed: %s", got)
		}
		write("el", "Μια γραμμή για όλους.")
		if got := state("el"); got.State != TextWritten || got.By != editor.Name {
			t.Errorf("written anew: %+v", got)
		}
		k.must(func(tx *db.Tx) error {
			return k.d.ReviewText(tx, editor, k.now, KindService, someService, "Summary", "de")
		})
		if got := state("de").State; got != TextReviewed {
			t.Errorf("reviewed: %s", got)
		}
		write("en", "Another line.")
		for _, lang := range []string{"el", "de"} {
			if got := state(lang).State; got != TextOlder {
				t.Errorf("%s after the source changed again: %s", lang, got)
			}
		}
		write("fr", "")
		if got := state("fr").State; got != TextMissing {
			t.Errorf("taken out: %s", got)
		}
	})
}

func TestEveryReasonThatAFormCanMeetIsToldInTheEditorsLanguage(t *testing.T) {
	// What only a file can get wrong stays English.
	only := []string{"is not one of", "is not yes, no or empty", "is not empty", "is not support", "is not link", "needs kind", "needs id", "an organisation without", "ISO 3166-1 code", "\"%v\""}
	source, err := os.ReadFile("content.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(source), "\n") {
		if _, rest, found := strings.Cut(line, "c.failInFile("); found && !slices.ContainsFunc(only, func(o string) bool { return strings.Contains(rest, o) }) {
			t.Errorf("no sentence for %s", strings.TrimSpace(line))
		}
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("problem.go")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(\w+)\s+= rule\{"([a-z0-9-]+)", "(.*)"\}`).FindAllStringSubmatch(string(file), -1)
	for _, r := range rules {
		name, key, verbs := r[1], "desk.problem."+r[2], regexp.MustCompile(`%[qsv]`).FindAllString(r[3], -1)
		if !strings.Contains(string(source), ", "+name) {
			t.Errorf("nothing breaks the rule %s", name)
		}
		for _, lang := range i18n.Languages {
			if !texts.Has(lang, key) {
				t.Errorf("%s: no sentence for %q", lang, r[3])
			}
			told := texts.T(lang, key, "a", "{a}", "b", "{b}", "c", "{c}")
			for _, missing := range []string{"{a}", "{b}", "{c}"}[len(verbs):] {
				if strings.Contains(told, missing) {
					t.Errorf("%s: %q asks for more than %q gives", lang, told, r[3])
				}
			}
		}
	}
	if len(rules) < 35 {
		t.Errorf("only %d rules found: the test looks in the wrong place", len(rules))
	}
}
