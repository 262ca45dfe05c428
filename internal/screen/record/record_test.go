package record

import (
	"html"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/i18n"
	"amelie/internal/web"
	"amelie/locale"
)

func site(t *testing.T) *web.Shell {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	s := web.New(web.Config{Languages: i18n.Languages, Texts: texts, NeutralName: "Notes", Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	Mount(s, "/guide")
	return s
}

var (
	line  = regexp.MustCompile(`<p(?: class="[^"]*")? data-line="([a-z]+)"( hidden)?>([^<]*)</p>`)
	until = regexp.MustCompile(`<li data-unless="([a-z]+)"( hidden)?>`)
)

// asked posts ticks, as a browser without a script does, and gives the visible
// lines of the note by id, and what is to be kept out.
func asked(t interface{ Fatal(...any) }, s *web.Shell, lang string, ticked map[string][]string) (note map[string]string, out []string) {
	r := httptest.NewRequest("POST", "/"+lang+"/guide/record", strings.NewReader(url.Values(ticked).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || len(w.Result().Cookies()) > 0 {
		t.Fatal(w.Code, w.Header())
	}
	note = map[string]string{}
	lines := line.FindAllStringSubmatch(w.Body.String(), -1)
	if len(lines) != len(seen)+len(done)+len(agreed)+1 {
		t.Fatal("lines of the note:", len(lines))
	}
	for _, m := range lines {
		if m[2] == "" {
			note[m[1]] = html.UnescapeString(m[3])
		}
	}
	for _, m := range until.FindAllStringSubmatch(w.Body.String(), -1) {
		if m[2] == "" {
			out = append(out, m[1])
		}
	}
	return note, out
}

// telling are beginnings of words that a note may not hold without the person's
// yes, in the six languages.
var telling = []string{"exploit", "traffick", "violen", "abuse", "victim", "code", "ausbeut", "menschenhandel", "gewalt", "opfer", "schlüssel",
	"sfrutta", "tratta", "vittim", "codice", "uitbuit", "mensenhandel", "geweld", "slachtoffer", "traite", "victime", "εκμετ", "εμπορ", "βία", "θύμα", "κωδικ"}

// req: RECORD-1
func TestWithoutTheOwnYesTheNoteNamesNothingAndAsksToBeLeftOut(t *testing.T) {
	s := site(t)
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom(i18n.Languages).Draw(t, "lang")
		ticked := map[string][]string{}
		for name, ids := range map[string][]string{"seen": seen, "done": done} {
			for _, id := range ids {
				if rapid.Bool().Draw(t, id) {
					ticked[name] = append(ticked[name], id)
				}
			}
		}
		ticked["done"] = append(ticked["done"], "named") // a yes counts only in its own place
		note, out := asked(t, s, lang, ticked)
		said := strings.ToLower(strings.Join(mapValues(note), " "))
		for _, word := range telling {
			if strings.Contains(said, word) {
				t.Fatalf("the note says %q: %s", word, said)
			}
		}
		some := len(ticked["seen"])+len(ticked["done"]) > 1
		if (note["hidden"] != "") != some || (note["empty"] != "") == some {
			t.Fatalf("%v: %v", ticked, note)
		}
		if len(out) != len(agreed) {
			t.Fatalf("kept out: %v", out)
		}
	})
}

func mapValues(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// req: RECORD-1
func TestEachYesAllowsItsOwnPartAndNoOther(t *testing.T) {
	s := site(t)
	for _, lang := range i18n.Languages {
		for id, want := range map[string][]string{"named": {"alone", "named", "hidden"}, "coded": {"alone", "coded", "hidden"}, "shown": {"alone"}} {
			note, out := asked(t, s, lang, map[string][]string{"seen": {"alone"}, "agreed": {id}})
			if len(note) != len(want) {
				t.Errorf("%s %s: %v", lang, id, note)
			}
			for _, l := range want {
				if note[l] == "" {
					t.Errorf("%s %s: the line %s is missing", lang, id, l)
				}
			}
			if len(out) != 2 || strings.Contains(strings.Join(out, " "), id) {
				t.Errorf("%s %s: kept out are %v", lang, id, out)
			}
		}
	}
}
