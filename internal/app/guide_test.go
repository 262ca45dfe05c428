package app_test

import (
	"encoding/json"
	"html"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// From the signs an adult's way goes on with what the person wants, a child's
// with who protects. Both are addresses, so that they work without a line.
//
// req: GUIDE-1
func TestFromTheSignsTheGuideGoesOnWhereTheAgeSays(t *testing.T) {
	a := demo(t)
	guide := asked(a, "/en/guide", nil).Body.String()
	for age, question := range map[string]string{"adult": "What does the person want?", "child": "Who protects this child now?", "unknown": "Who protects this child now?"} {
		page := asked(a, "/en/signs", url.Values{"age": {age}}).Body.String()
		links := regexp.MustCompile(`href="/en/guide#(s\d+)"><span>`).FindAllStringSubmatch(page, -1)
		if len(links) != 1 {
			t.Fatalf("%s: %d ways to the guide are shown", age, len(links))
		}
		if heading := `<h1 id="` + links[0][1] + `-h" tabindex="-1">` + question; !strings.Contains(guide, heading) {
			t.Errorf("%s: the guide goes on with %s, which does not ask %q", age, links[0][1], question)
		}
	}
}

// req: GUIDE-3
func TestWhatADeviceKeepsIsSmallAndHoldsNoPageForSurvivors(t *testing.T) {
	a := demo(t)
	var list struct {
		Version string
		Files   []string
		Bytes   int
	}
	ask := func(path string) int {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code == 200 {
			if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
				t.Fatal(err)
			}
		}
		return w.Code
	}
	for _, languages := range []string{"en+el", "de+fr"} {
		if code := ask("/guide/kept/gr/" + languages); code != 200 {
			t.Fatalf("%s: %d", languages, code)
		}
		t.Logf("%s: %d addresses, %.1f KB", languages, len(list.Files), float64(list.Bytes)/1024)
		if list.Bytes > 600*1024 || list.Bytes < 50*1024 {
			t.Errorf("%s weigh %d bytes, at most 600 KB", languages, list.Bytes)
		}
		first, _, _ := strings.Cut(languages, "+")
		for _, want := range []string{"/" + first + "/guide", "/" + first + "/guide/midwifery", "/" + first + "/guide/lines", "/guide/say/ar.json", "/pack/gr", "/" + first + "/instruments/qyit", "/" + first + "/instruments/delphi-labour-adult"} {
			if !slices.Contains(list.Files, want) {
				t.Errorf("%s is not kept", want)
			}
		}
		for _, file := range list.Files {
			for _, never := range []string{"/info", "/today", "/refer", "/sign-in", "/exit", "/find", "/demo"} {
				if strings.Contains(file, never) {
					t.Errorf("%s would be kept", file)
				}
			}
		}
	}
	before := list.Version
	if ask("/guide/kept/gr/de+fr"); list.Version != before {
		t.Error("the same state has two versions")
	}
	for _, wrong := range []string{"/guide/kept/xx/en", "/guide/kept/gr/ar", "/guide/kept/gr/en+xx"} {
		if code := ask(wrong); code != 404 {
			t.Errorf("%s: %d", wrong, code)
		}
	}
}

// The lines of the shipped directory, as the guide of each country shows them.
func TestAChildsStepsShowALineForChildrenWhereTheDirectoryHasOneAndNobodyInterpretsWhoOnlyHelps(t *testing.T) {
	a := demo(t)
	for country, want := range map[string]struct{ child, interpreter string }{
		"gr": {"tel:116000", "tel:1109"},
		"de": {"tel:+498002255530", ""},
		"it": {"tel:+39800290290", ""},
		"be": {"tel:+3232011690", ""},
	} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/en/guide/facts/"+country, nil))
		var facts struct{ Facts map[string]string }
		if err := json.Unmarshal(w.Body.Bytes(), &facts); err != nil {
			t.Fatal(err)
		}
		child, interpreter := html.UnescapeString(facts.Facts["helpline-child"]), facts.Facts["interpreter"]
		if _, first, _ := strings.Cut(child, `href="tel:`); !strings.HasPrefix("tel:"+first, want.child+`"`) {
			t.Errorf("%s: about a child %s is not the first to call: %s", country, want.child, child)
		}
		if bar := facts.Facts["bar"]; (country == "gr" || country == "be") && strings.Contains(bar, "closed") {
			t.Errorf("%s: a line whose hours are not known is said to be closed: %s", country, bar)
		}
		if strings.Contains(interpreter, "tel:") != (want.interpreter != "") || !strings.Contains(interpreter, want.interpreter) {
			t.Errorf("%s: interpreter %q, shown %s", country, want.interpreter, interpreter)
		}
	}
}
