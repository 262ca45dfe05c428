package paper_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/paper"
	"amelie/internal/paper/papertest"
)

func TestWhatIsSetCanBeReadBackInThreeScriptsWithItsLanguage(t *testing.T) {
	d := paper.New("Σελίδα", "el")
	p := d.Page()
	p.Piece("H1", "", func() { p.Write(paper.Bold, 20, 20, 30, "Γραφείο 12, ΐ ώς") })
	p.Piece("P", "uk", func() { p.Write(paper.Text, 11, 20, 40, "Їжак ґанок") })
	p.Line(10, 10, 20, 20, .3, 0)
	p.WriteUp(paper.Text, 11, 20, 90, "„Größe“ ł ș ő Š")
	d.Page().Write(paper.Text, 8, 20, 20, "second")
	file := papertest.Read(t, d.Bytes())
	if file.Lang != "el" || file.Fonts != 2 || len(file.Pages) != 2 || !slices.Equal(file.Kinds, []string{"H1", "P"}) {
		t.Errorf("read back: %+v", file)
	}
	if want := "Γραφείο 12, ΐ ώς\nЇжак ґанок\n„Größe“ ł ș ő Š"; file.Pages[0] != want {
		t.Errorf("read %q, set %q", file.Pages[0], want)
	}
}

func TestTheSamePageIsTheSameFileAndSaysNothingAboutWhoMadeIt(t *testing.T) {
	make := func() []byte {
		d := paper.New("x", "en")
		d.Page().Write(paper.Text, 10, 10, 10, "zebra quill")
		return d.Bytes()
	}
	one := make()
	if !bytes.Equal(one, make()) {
		t.Error("two files of one page differ")
	}
	for _, word := range []string{"Producer", "Creator", "CreationDate", "Author", "melie/"} {
		if bytes.Contains(one, []byte(word)) {
			t.Errorf("the file says %s", word)
		}
	}
}

func TestLettersThatTheFaceLacksAreTold(t *testing.T) {
	for text, want := range map[string]string{"Straße, ξενώνας\nКнига": "", "a中b文中": "中文", "سلام": "سلام"} {
		if got := paper.Lacks(text); got != want {
			t.Errorf("%q lacks %q, want %q", text, got, want)
		}
	}
}

// The widths are those of the published font: a digit is 497, a space 200
// thousandths of the size.
func TestTextIsAsWideAsTheFontSays(t *testing.T) {
	for text, thousandths := range map[string]float64{"0123456789": 4970, " ": 200, "": 0} {
		if got, want := paper.Text.Width(72, text), thousandths/1000*25.4; math.Abs(got-want) > .01 {
			t.Errorf("%q is %.3f mm wide, want %.3f", text, got, want)
		}
	}
}

func TestABrokenTextFitsItsWidthAndLosesNoLetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aWi .ßωΩж\n")), 0, 200, -1).Draw(t, "text")
		size, width := rapid.Float64Range(5, 30).Draw(t, "size"), rapid.Float64Range(15, 190).Draw(t, "width")
		lines := paper.Text.Wrap(size, width, text)
		for _, l := range lines {
			if paper.Text.Width(size, l) > width+1e-9 {
				t.Fatalf("%q is wider than %.1f mm", l, width)
			}
		}
		without := strings.NewReplacer(" ", "", "\n", "")
		if got := without.Replace(strings.Join(lines, "")); got != without.Replace(text) {
			t.Fatalf("%q became %q", text, lines)
		}
	})
}
