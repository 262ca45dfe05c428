package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/andybalholm/brotli"
	"pgregory.net/rapid"

	"amelie/internal/i18n"
	"amelie/locale"
)

func bundle(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var keyInTemplate = regexp.MustCompile(`"(web\.[a-z0-9.-]+)"`)

func TestEverySentenceThatATemplateAsksForExistsInEveryLanguage(t *testing.T) {
	texts, found := bundle(t), 0
	for _, fsys := range []fs.FS{frame, pages} {
		err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".html") {
				return err
			}
			b, err := fs.ReadFile(fsys, path)
			for _, m := range keyInTemplate.FindAllStringSubmatch(string(b), -1) {
				found++
				for _, lang := range i18n.Languages {
					if !texts.Has(lang, m[1]) {
						t.Errorf("%s: %s is missing in %s", path, m[1], lang)
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 50 {
		t.Errorf("only %d keys found", found)
	}
}

func TestThePatientWordsNameOnlySentencesThatExistAndAreWholeInEachLanguage(t *testing.T) {
	texts := bundle(t)
	all := patientWords()
	for lang, w := range all {
		for key := range w.Words {
			if !texts.Has("en", "web."+key) {
				t.Errorf("%s: web.%s is no sentence", lang, key)
			}
		}
		for key := range all["ro"].Words {
			if w.Words[key] == "" {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
	if len(all) != 10 {
		t.Errorf("%d patient languages beside the interface's", len(all))
	}
}

func TestTheDesignPageShowsEveryComponentInEveryLanguageWithoutAHole(t *testing.T) {
	s := New(Config{Languages: i18n.Languages, Demo: true, Texts: bundle(t)})
	source, err := fs.ReadFile(pages, "page/design.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"component/form.html", "component/show.html"} {
		b, err := fs.ReadFile(frame, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`{{define "(c-[a-z]+)"}}`).FindAllStringSubmatch(string(b), -1) {
			inner := map[string]bool{"c-label": true, "c-wrong": true, "c-saved": true}
			if !inner[m[1]] && !strings.Contains(string(source), `"`+m[1]+`"`) {
				t.Errorf("the design page does not show %s", m[1])
			}
		}
	}
	for _, lang := range i18n.Languages {
		for _, method := range []string{"GET", "POST"} {
			r := httptest.NewRequest(method, "/"+lang+"/design", strings.NewReader("name=Ana"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			page := w.Body.String()
			for _, hole := range []string{"<no value>", "&lt;no value", "&lt;nil&gt;", "ZgotmplZ", "%!"} {
				if strings.Contains(page, hole) {
					t.Errorf("%s %s: the page has a hole: %s", method, lang, hole)
				}
			}
			if !strings.Contains(page, "</html>") {
				t.Errorf("%s %s: the page ends early with status %d", method, lang, w.Code)
			}
			checkMarkup(t, method+" "+lang, page)
		}
	}
}

var (
	idAttr  = regexp.MustCompile(` id="([^"]*)"`)
	forAttr = regexp.MustCompile(` (?:for|aria-describedby|aria-labelledby|popovertarget)="([^"]*)"`)
)

// checkMarkup finds identifiers that stand twice and references that lead
// nowhere.
func checkMarkup(t *testing.T, where, page string) {
	t.Helper()
	ids := map[string]int{}
	for _, m := range idAttr.FindAllStringSubmatch(page, -1) {
		ids[m[1]]++
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: the id %s stands %d times", where, id, n)
		}
	}
	for _, m := range forAttr.FindAllStringSubmatch(page, -1) {
		for ref := range strings.FieldsSeq(m[1]) {
			if ids[ref] == 0 {
				t.Errorf("%s: a reference leads to no element: %s", where, ref)
			}
		}
	}
}

// blocks reads the token blocks of the style sheet: the light one, and each
// media block laid over it.
func blocks(t *testing.T) map[string]map[string]string {
	t.Helper()
	b, err := assets.ReadFile("asset/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	css := cssComment.ReplaceAllString(string(b), "")
	parts := regexp.MustCompile(`(?s)(@media ([^{]*))?\s*\{?\s*:root \{(.*?)\}`).FindAllStringSubmatch(css, -1)
	read := map[string]map[string]string{}
	for _, p := range parts {
		own := map[string]string{}
		for _, v := range regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6})\b`).FindAllStringSubmatch(p[3], -1) {
			own[v[1]] = v[2]
		}
		read[strings.TrimSpace(p[2])] = own
	}
	over := func(names ...string) map[string]string {
		sum := map[string]string{}
		for _, n := range names {
			if len(read[n]) == 0 {
				t.Fatalf("no tokens for %q; there are %v", n, len(read))
			}
			for k, v := range read[n] {
				sum[k] = v
			}
		}
		return sum
	}
	dark, more := "(prefers-color-scheme: dark)", "(prefers-contrast: more)"
	return map[string]map[string]string{
		"light": over(""), "dark": over("", dark), "contrast": over("", more),
		"dark contrast": over("", dark, more, more+" and "+dark), "print": over("", "print"), "dark print": over("", dark, "print"),
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatalf("no colour: %q", hex)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(n>>(16-8*i)&255) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// contrast is the ratio of WCAG 2.2, 1.4.3.
func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestEveryTextCanBeReadInEveryLight(t *testing.T) {
	grounds := []string{"paper", "surface", "sunk"}
	var text, shapes [][2]string
	for _, g := range grounds {
		for _, ink := range []string{"ink", "muted", "teal", "teal-deep", "brick", "amber", "moss"} {
			text = append(text, [2]string{ink, g})
		}
		for _, s := range []string{"edge", "apricot-deep", "ring"} {
			shapes = append(shapes, [2]string{s, g})
		}
	}
	for _, soft := range []string{"teal-soft", "apricot-soft", "moss-soft", "amber-soft", "brick-soft"} {
		text = append(text, [2]string{"ink", soft}, [2]string{"muted", soft})
		shapes = append(shapes, [2]string{"ring", soft})
	}
	text = append(text, [2]string{"teal", "teal-soft"}, [2]string{"teal-deep", "teal-soft"}, [2]string{"moss", "moss-soft"}, [2]string{"amber", "amber-soft"}, [2]string{"brick", "brick-soft"},
		[2]string{"on-teal", "teal"}, [2]string{"on-teal", "teal-deep"}, [2]string{"on-brick", "brick"}, [2]string{"on-leave", "leave"}, [2]string{"surface", "moss"}, [2]string{"paper", "ink"})
	shapes = append(shapes, [2]string{"apricot-deep", "apricot-soft"}, [2]string{"moss", "surface"})
	for light, tokens := range blocks(t) {
		for _, p := range text {
			if c := contrast(t, tokens[p[0]], tokens[p[1]]); c < 4.5 {
				t.Errorf("%s: %s on %s has %.2f, text needs 4.5", light, p[0], p[1], c)
			}
		}
		for _, p := range shapes {
			if c := contrast(t, tokens[p[0]], tokens[p[1]]); c < 3 {
				t.Errorf("%s: %s on %s has %.2f, a shape needs 3", light, p[0], p[1], c)
			}
		}
	}
}

func TestTheContrastMeasureKnowsBlackOnWhite(t *testing.T) {
	if c := contrast(t, "#000000", "#ffffff"); math.Abs(c-21) > 0.001 {
		t.Errorf("black on white has %.3f", c)
	}
	if c := contrast(t, "#777777", "#ffffff"); math.Abs(c-4.478) > 0.01 {
		t.Errorf("#777 on white has %.3f", c)
	}
}

func TestNoStyleSheetNamesAColourBesideTheTokens(t *testing.T) {
	for _, n := range []string{"base", "frame", "component", "print"} {
		b, err := assets.ReadFile("asset/css/" + n + ".css")
		if err != nil {
			t.Fatal(err)
		}
		css := regexp.MustCompile(`url\("data:[^"]*"\)`).ReplaceAllString(cssComment.ReplaceAllString(string(b), ""), "")
		if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[^{]*;`).FindString(css); m != "" {
			t.Errorf("%s.css names the colour %s", n, m)
		}
		if strings.Count(css, "{") != strings.Count(css, "}") {
			t.Errorf("%s.css: braces do not match", n)
		}
		small := string(tight(b))
		if strings.Count(small, "{") != strings.Count(css, "{") || strings.Contains(small, "/*") {
			t.Errorf("%s.css changes when it is made small", n)
		}
	}
}

func TestEveryTokenThatAStyleSheetUsesExists(t *testing.T) {
	tokens, err := assets.ReadFile("asset/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"base", "frame", "component", "print"} {
		b, err := assets.ReadFile("asset/css/" + n + ".css")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`var\(--([a-z0-9-]+)`).FindAllStringSubmatch(string(b), -1) {
			if !strings.Contains(string(tokens), "--"+m[1]+":") {
				t.Errorf("%s.css uses --%s, which is no token", n, m[1])
			}
		}
	}
}

// budgets of DESIGN.md, in bytes. 1 KB is 1000 bytes.
const (
	pageBudget = 30_000
	fontBudget = 45_000
	cssAim     = 12_000
	jsAim      = 4_000
)

func TestAFirstVisitFitsTheBudget(t *testing.T) {
	s := New(Config{Languages: i18n.Languages, Texts: bundle(t)})
	Sample(s)
	css, js := shelve().byName["app.css"], shelve().byName["app.js"]
	css.pack()
	js.pack()
	t.Logf("app.css %d bytes with brotli, app.js %d", len(css.br), len(js.br))
	if len(css.br) > cssAim || len(js.br) > jsAim {
		t.Errorf("app.css has %d bytes, app.js %d", len(css.br), len(js.br))
	}
	for _, lang := range i18n.Languages {
		r := httptest.NewRequest("GET", "/"+lang+"/", nil)
		r.Header.Set("Accept-Encoding", "br")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		sum := w.Body.Len() + len(css.br) + len(js.br) + len(shelve().byName["mark.svg"].plain)
		t.Logf("%s: page %d, first visit %d bytes", lang, w.Body.Len(), sum)
		if sum > pageBudget {
			t.Errorf("%s: a first visit has %d bytes", lang, sum)
		}
	}
}

type face struct {
	file   string
	ranges [][2]rune
}

func faces(t *testing.T) []face {
	t.Helper()
	b, err := assets.ReadFile("asset/css/font.css")
	if err != nil {
		t.Fatal(err)
	}
	var list []face
	for _, m := range regexp.MustCompile(`url\(font/([a-z-]+)\.woff2\).*unicode-range: ([^}]*)`).FindAllStringSubmatch(string(b), -1) {
		f := face{file: m[1]}
		for part := range strings.SplitSeq(m[2], ",") {
			from, to, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(part), "U+"), "-")
			if !found {
				to = from
			}
			lo, err1 := strconv.ParseInt(from, 16, 32)
			hi, err2 := strconv.ParseInt(to, 16, 32)
			if err1 != nil || err2 != nil {
				t.Fatalf("unicode-range %q", part)
			}
			f.ranges = append(f.ranges, [2]rune{rune(lo), rune(hi)})
		}
		list = append(list, f)
	}
	if len(list) != 8 {
		t.Fatalf("%d font faces", len(list))
	}
	return list
}

func (f face) has(r rune) bool {
	for _, p := range f.ranges {
		if r >= p[0] && r <= p[1] {
			return true
		}
	}
	return false
}

func TestTheFontsOfALanguageFitTheBudgetAndHaveAllItsLetters(t *testing.T) {
	all := faces(t)
	for _, lang := range i18n.Languages {
		c := &Ctx{Lang: lang}
		sum, loaded := 0, map[string]bool{}
		for _, p := range c.FontPreloads() {
			a := shelve().byHash[strings.TrimPrefix(p, "/asset/")]
			sum += len(a.plain)
			loaded[strings.TrimSuffix(strings.TrimPrefix(a.name, "font/"), ".woff2")] = true
		}
		t.Logf("%s: %d bytes of fonts", lang, sum)
		if sum > fontBudget {
			t.Errorf("%s needs %d bytes of fonts", lang, sum)
		}
		missing := map[rune]bool{}
		for _, r := range words(t, lang) {
			if r <= ' ' || r == 0x202f || !unicode.IsPrint(r) {
				continue
			}
			ok := false
			for _, f := range all {
				ok = ok || loaded[f.file] && strings.HasPrefix(f.file, "sans") && f.has(r)
			}
			if !ok {
				missing[r] = true
			}
		}
		for r := range missing {
			t.Errorf("%s: no font that the page loads has %q", lang, r)
		}
	}
}

// words are the shell's sentences of a language, without the samples in other
// languages.
func words(t *testing.T, lang string) string {
	t.Helper()
	b, err := fs.ReadFile(locale.Files, lang+"/web.toml")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		if _, text, found := strings.Cut(line, " = "); found && !strings.HasPrefix(line, "ro-") {
			out.WriteString(text)
		}
	}
	return out.String()
}

func TestPackedAssetsComeBackAsTheyWere(t *testing.T) {
	for name, a := range shelve().byName {
		a.packed.Do(a.pack)
		if a.br != nil {
			if b, err := io.ReadAll(brotli.NewReader(bytes.NewReader(a.br))); err != nil || !bytes.Equal(b, a.plain) {
				t.Errorf("%s: brotli %v", name, err)
			}
		}
		if a.gz != nil {
			z, err := gzip.NewReader(bytes.NewReader(a.gz))
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(z); err != nil || !bytes.Equal(b, a.plain) {
				t.Errorf("%s: gzip %v", name, err)
			}
		}
	}
}

func TestALocalAddressNeverLeavesTheSite(t *testing.T) {
	for to, want := range map[string]string{"/en/today": "/en/today", "/en/find?q=a b": "/en/find?q=a b", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/", "javascript:alert(1)": "/", "": "/", "en": "/", "/\t/evil.example": "/"} {
		if got := Local(to, "/"); got != want {
			t.Errorf("Local(%q) is %q", to, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		to := Local(rapid.StringMatching(`[/\\a-z:.@?#\t]{0,12}`).Draw(t, "to"), "/home")
		if !strings.HasPrefix(to, "/") || len(to) > 1 && (to[1] == '/' || to[1] == '\\') {
			t.Fatalf("leaves the site: %q", to)
		}
	})
}

func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/en/", "//a", "/\\a", "http://a", "/%2f/a", "/a?b#c"} {
		f.Add(s)
	}
	base, err := http.NewRequest("GET", "https://site.example/en/sign-in", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, to string) {
		u, err := base.URL.Parse(Local(to, "/"))
		if err != nil || u.Host != "site.example" {
			t.Fatalf("%q leads to %v, %v", to, u, err)
		}
	})
}

func FuzzRichNeverLetsMarkupThrough(f *testing.F) {
	for _, s := range []string{"a **b** c", "<b>", "**<i>**", "a\n\nb", "****", "** **\n\n\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		left := regexp.MustCompile(`</?(strong|p)>`).ReplaceAllString(string(Rich(s)), "")
		if strings.ContainsAny(left, "<>") {
			t.Fatalf("%q gives %q", s, Rich(s))
		}
	})
}

func FuzzATypedLineIsCleanAndKeepsItsLetters(f *testing.F) {
	for _, s := range []string{"Ana", "a\r\nb", "\x00\x1f", "\xff\xfe", "Ελένη"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := cleanLine(s)
		if twice := cleanLine(once); twice != once {
			t.Fatalf("%q cleaned twice differs: %q %q", s, once, twice)
		}
		for _, r := range once {
			if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f {
				t.Fatalf("%q keeps %U", s, r)
			}
		}
	})
}

func TestACallLinkHoldsDigitsOnly(t *testing.T) {
	for number, want := range map[string]string{"+30 2310 537-690": "tel:+302310537690", "116 000": "tel:116000", "08000 116 016 (free)": "tel:08000116016", "1+1": "tel:11", "\"><script>": "tel:"} {
		if got := string(SafeTel(number)); got != want {
			t.Errorf("SafeTel(%q) is %q", number, got)
		}
	}
}

func TestAcceptEncodingIsReadAsTheStandardSays(t *testing.T) {
	for header, want := range map[string]bool{"br": true, "gzip, br": true, "gzip;q=1, BR;q=0.5": true, "br;q=0": false, "br; q=0.0": false, "gzip": false, "": false, "brotli": false} {
		if accepts(header, "br") != want {
			t.Errorf("%q", header)
		}
	}
}

func TestEveryIconIsDrawnWithTheSamePen(t *testing.T) {
	for name, body := range icons {
		if strings.Contains(body, "style=") || strings.Contains(body, "stroke-width") || !strings.HasPrefix(body, "<") {
			t.Errorf("%s is drawn with another pen", name)
		}
		for _, m := range regexp.MustCompile(`<(\w+)`).FindAllStringSubmatch(body, -1) {
			if m[1] != "path" && m[1] != "circle" && m[1] != "rect" {
				t.Errorf("%s holds <%s>", name, m[1])
			}
		}
	}
	if !strings.Contains(string(icon("no such")), "<circle") {
		t.Error("an unknown icon leaves a hole")
	}
}

func BenchmarkPublicPage(b *testing.B) {
	s := New(Config{Languages: i18n.Languages, Texts: bundle(b)})
	Sample(s)
	h := s.Handler()
	for b.Loop() {
		r := httptest.NewRequest("GET", "/el/", nil)
		r.Header.Set("Accept-Encoding", "br")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(fmt.Sprint(w.Code))
		}
	}
}
