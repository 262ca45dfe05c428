package card

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"amelie/internal/paper"
	"amelie/internal/paper/papertest"
)

var sixteen = strings.Fields("en el it de nl fr ar sq bg zh hu pl pt ro es uk")

func loaded(t *testing.T) map[string]Words {
	t.Helper()
	words, err := Load(os.DirFS("../../../content"), sixteen, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// req: CARD-1
func TestAFileWithATellingWordAMissingWordOrAnUnknownOneIsRefused(t *testing.T) {
	text, err := os.ReadFile("../../../content/print/card.toml")
	if err != nil {
		t.Fatal(err)
	}
	tells := func(s string) string {
		if strings.Contains(s, "shelter") {
			return "shelter"
		}
		return ""
	}
	for change, want := range map[string]string{"Lip balm\"=shelter\"": "en says \"shelter\"", "Lip balm\"=\"": "en lacks a word", "[uk]=[xx]": "uk lacks a word", "balm ==\nbalsam =": "not a word of a card"} {
		from, to, _ := strings.Cut(change, "=")
		if change == "balm ==\nbalsam =" {
			from, to = "balm =", "balsam ="
		}
		fsys := fstest.MapFS{file: {Data: []byte(strings.Replace(string(text), from, to, 1))}}
		if _, err := Load(fsys, sixteen, tells); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", change, err, want)
		}
	}
}

// strict stands for the places on a page: it fails when something leaves its
// card.
type strict struct {
	t             *testing.T
	width, height float64
	drawn         int
}

func (s *strict) in(x, y float64) {
	s.drawn++
	if x < 1.5 || y < 1.5 || x > s.width-1.5 || y > s.height-1.5 {
		s.t.Errorf("something lies at %.1f, %.1f of a card of %.0f × %.0f mm", x, y, s.width, s.height)
	}
}

func (s *strict) text(bold bool, size, x, y float64, at side, text string) {
	face := paper.Text
	if bold {
		face = paper.Bold
	}
	wide := face.Width(size, text)
	s.in(x-float64(at)/2*wide, y-size*.25)
	s.in(x-float64(at)/2*wide+wide, y)
}
func (s *strict) line(x1, y1, x2, y2, _, _ float64) { s.in(x1, y1); s.in(x2, y2) }
func (s *strict) box(x, y, w, h, _ float64)         { s.in(x, y); s.in(x+w, y+h) }
func (s *strict) curve(_, _ float64, points ...paper.Point) {
	for _, p := range points {
		s.in(p.X, p.Y)
	}
}

func TestEveryCardFitsItsEdgesInEveryLanguageAndTheCardsFitThePage(t *testing.T) {
	for lang, words := range loaded(t) {
		if paper.Lacks(words.text()) != "" {
			continue // measured by the browser alone
		}
		for _, f := range Formats {
			s := &strict{t: t, width: f.Width, height: f.Height}
			f.draw(drawing{on: s}, words, "0800 0000 000 00")
			if s.drawn < 10 || t.Failed() {
				t.Fatalf("%s in %s: %d places", f.ID, lang, s.drawn)
			}
		}
	}
	for _, f := range Formats {
		x, y := f.place(f.Columns-1, f.Rows-1)
		if first, _ := f.place(0, 0); first < 0 || x+f.Width > areaWidth || y+f.Height > areaHeight {
			t.Errorf("%s runs over the edge", f.ID)
		}
	}
}

// req: CARD-2
func TestACardHoldsTheNumberAndItsWordsAndNothingElse(t *testing.T) {
	for lang, words := range loaded(t) {
		if lang == "ar" || lang == "zh" {
			if paper.Lacks(words.text()) == "" {
				t.Errorf("%s: the PDF has its letters now: offer it", lang)
			}
			continue
		}
		if lacks := paper.Lacks(words.text()); lacks != "" {
			t.Errorf("%s: the PDF lacks %q", lang, lacks)
		}
		for _, f := range Formats {
			doc := paper.New("A4", lang)
			f.fill(sheet{doc.Page()}, words, "800 290 290")
			file := papertest.Read(t, doc.Bytes())
			if n := strings.Count(file.Pages[0], "800 290 290"); n != f.Columns*f.Rows || len(file.Pages) != 1 {
				t.Errorf("%s in %s: the number stands %d times on %d pages", f.ID, lang, n, len(file.Pages))
			}
			known := strings.Join(words.all(), "\n") + "\n800 290 290\nEU\nUK\ncm\n4,8 g"
			for _, row := range shoes {
				known += "\n" + strings.Join(row[:], "\n")
			}
			for line := range strings.SplitSeq(file.Pages[0], "\n") {
				if !strings.Contains("\n"+known+"\n", "\n"+line+"\n") {
					t.Errorf("%s in %s says %q", f.ID, lang, line)
				}
			}
		}
	}
}

func TestTheLookOfGoodsIsNoCodeThatATillWouldRead(t *testing.T) {
	p := &picture{}
	bars(drawing{on: p}, 0, 0, 24, 5, digits("800 290 290"))
	if n := strings.Count(p.b.String(), "<rect"); n < 40 || n == 7*13+11 {
		t.Errorf("%d bars", n)
	}
}

// req: CARD-3
func TestANumberReadsTheSameBesideTextThatRunsFromTheRight(t *testing.T) {
	words := loaded(t)["ar"]
	for _, f := range Formats {
		p := &picture{}
		f.fill(p, words, "800 290 290")
		drawn := p.b.String()
		if n := strings.Count(drawn, `direction="ltr">800 290 290<`); n != f.Columns*f.Rows {
			t.Errorf("%s: the number stands %d times in its order", f.ID, n)
		}
		if strings.Contains(drawn, `direction="ltr">`+words.Item) || !strings.Contains(drawn, `direction="rtl">`) {
			t.Errorf("%s: Arabic is set from the left", f.ID)
		}
	}
	p := &picture{}
	drawing{on: p, turn: 88}.text(true, 10, 8, 14, left, "<تاريخ>")
	if got := p.b.String(); !strings.Contains(got, `x="80.00"`) || !strings.Contains(got, `text-anchor="start" direction="rtl">&lt;`) {
		t.Error(got)
	}
}

// The page draws all cards at once, a device one that it repeats: both are the
// same drawing.
//
// req: CARD-4
func TestTheDrawingsForADeviceAreThoseOfThePage(t *testing.T) {
	languages := loaded(t)
	b, err := formsOf(languages)
	if err != nil {
		t.Fatal(err)
	}
	var got forms
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	of := numberOf("800 290 290")
	for lang, words := range languages {
		for _, f := range Formats {
			card, number := got.Cards[lang], of.Plain[f.ID]
			if card.Turned {
				number = of.Turned[f.ID]
			}
			var page picture
			single := f
			single.Columns, single.Rows = 1, 1
			single.fill(&page, words, "800 290 290")
			whole, bars := card.Drawn[f.ID]+number, 0
			if _, has := got.Bars[f.ID]; has {
				bars = strings.Count(of.Bars, "1")
			}
			if strings.Count(whole, "<text") != strings.Count(page.b.String(), "<text") ||
				strings.Count(whole, "<rect")+bars != strings.Count(page.b.String(), "<rect") || strings.Count(whole, "<path") != strings.Count(page.b.String(), "<path") {
				t.Errorf("%s in %s: the device draws another card", f.ID, lang)
			}
			if strings.Contains(card.Drawn[f.ID], "800") || len(got.Places[f.ID]) != f.Columns*f.Rows {
				t.Errorf("%s in %s: a number in the words, or %d places", f.ID, lang, len(got.Places[f.ID]))
			}
		}
		if got.Cards[lang].Turned != (lang == "ar") || got.Cards[lang].PDF != (paper.Lacks(words.text()) == "") {
			t.Errorf("%s: %v", lang, got.Cards[lang])
		}
	}
}
