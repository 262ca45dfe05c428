package procedure

import (
	"fmt"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/internal/paper/papertest"
)

// asSheet is a page of our general text in a language, with two numbers.
func (h *house) asSheet(lang string) sheet {
	text, textLang := h.Template("el").In(lang)
	s := sheet{Title: "A4", House: "Γενικό Νοσοκομείο", Staff: h.Texts.T(lang, "procedure.a4.staff"), Lang: lang, TextLang: textLang, Steps: text.Steps,
		Numbers: []row{{Label: h.Texts.T(lang, "procedure.role.social-worker"), Text: "2210", Note: "8–22"}, {Label: h.Texts.T(lang, "procedure.role.interpreter"), Text: "2299"}},
		Foot:    []string{h.Texts.T(lang, "procedure.adopted", "date", "22.11.2026", "name", "M. K."), h.Texts.T(lang, "procedure.a4.hang")}}
	for _, f := range []string{"room", "code"} {
		s.Facts = append(s.Facts, row{Label: h.Texts.T(lang, "procedure.field."+f), Text: "Office 12"})
	}
	return s
}

func TestTheHousesPageIsOnePageInEachLanguageAndReadsInItsOrder(t *testing.T) {
	h := newHouse(t, nil)
	for _, lang := range i18n.Languages {
		s := h.asSheet(lang)
		file := papertest.Read(t, s.pdf())
		if len(file.Pages) != 1 || file.Lang != lang || file.Fonts != 2 || file.Kinds[0] != "H1" {
			t.Fatalf("%s: %d pages in %q, %d fonts, begins with %v", lang, len(file.Pages), file.Lang, file.Fonts, file.Kinds[:1])
		}
		text, from := strings.ReplaceAll(file.Pages[0], "\n", " "), 0
		parts := []string{s.House, s.Staff, "2210", "2299", s.Facts[1].Label, s.Steps[0], s.Steps[8], s.Foot[0], s.Foot[1]}
		for _, part := range parts {
			part = strings.ReplaceAll(part, "\u00a0", " ") // one glyph draws both spaces, and a file names one letter for it
			at := strings.Index(text[from:], part)
			if at < 0 {
				t.Fatalf("%s: %q is missing after %q", lang, part, text[:from])
			}
			from += at + len(part)
		}
	}
}

func TestTheLongestProcedureIsReadableAndTakesAsManyPagesAsItNeeds(t *testing.T) {
	long := func(n int) string { return strings.Repeat("Wort ", n/5) }
	s := sheet{House: long(120), Staff: "Für das Personal", Lang: "de", TextLang: "de", Foot: []string{long(200)}}
	for range MaxSteps {
		s.Steps = append(s.Steps, long(maxStep))
	}
	for range MaxNumbers {
		s.Numbers = append(s.Numbers, row{Label: long(maxLine), Text: "+49 30 1234567 ", Note: long(maxLine)})
	}
	var words Text
	for range words.facts() {
		s.Facts = append(s.Facts, row{Label: "Raum für ein vertrauliches Gespräch", Text: long(maxText)})
	}
	file := papertest.Read(t, s.pdf())
	all := strings.Join(file.Pages, "\n")
	if got, want := strings.Count(all, "Wort"), strings.Count(s.text(), "Wort"); got != want || len(file.Pages) != s.pages() || s.pages() < 2 {
		t.Errorf("%d of %d words on %d pages, said are %d", got, want, len(file.Pages), s.pages())
	}
	if size := s.size(); size < 8 {
		t.Errorf("set at %.2f points, which nobody reads on a wall", size)
	}
	for i, page := range file.Pages {
		if want := fmt.Sprintf("%d / %d", i+1, len(file.Pages)); !strings.Contains(page, want) {
			t.Errorf("page %d does not say that it is %s", i+1, want)
		}
	}
}

// req: PROCEDURE-1
func TestAPageThatNoLeadAdoptedSaysSo(t *testing.T) {
	h := newHouse(t, nil)
	s := h.asSheet("en")
	s.Draft = h.Texts.T("en", "procedure.a4.not-adopted")
	if text := papertest.Read(t, s.pdf()).Pages[0]; !strings.Contains(text, "not adopted") {
		t.Errorf("nothing says that it is not the house's own: %q", text)
	}
}
