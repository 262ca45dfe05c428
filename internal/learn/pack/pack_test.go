package pack_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/learn/learntest"
	"amelie/internal/learn/pack"
	"amelie/locale"
)

// maker packs the small course, after what change does to its files.
func maker(t testing.TB, change func(fstest.MapFS)) pack.Maker {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	folder := learntest.Files()
	if change != nil {
		change(folder)
	}
	return pack.Maker{Course: learntest.Read(t, folder), Texts: texts}
}

func packed(t testing.TB, m pack.Maker, format, lang string) map[string][]byte {
	t.Helper()
	b, err := m.Zip(format, lang)
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Zip(format, lang)
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("the same course makes another file (%v)", err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestTheManifestNamesOneThingToLearnAndEveryFile holds a manifest against the
// rules of SCORM 1.2, Content Aggregation Model, section 2.3.
func TestTheManifestNamesOneThingToLearnAndEveryFile(t *testing.T) {
	files := packed(t, maker(t, nil), pack.SCORM12, "de")
	const cp, adl = "http://www.imsproject.org/xsd/imscp_rootv1p1p2", "http://www.adlnet.org/xsd/adlcp_rootv1p2"
	var m struct {
		XMLName xml.Name `xml:"http://www.imsproject.org/xsd/imscp_rootv1p1p2 manifest"`
		Schema  string   `xml:"http://www.imsproject.org/xsd/imscp_rootv1p1p2 metadata>schema"`
		Version string   `xml:"metadata>schemaversion"`
		Orgs    struct {
			Default string `xml:"default,attr"`
			Org     []struct {
				ID    string `xml:"identifier,attr"`
				Title string `xml:"title"`
				Item  []struct {
					Ref     string `xml:"identifierref,attr"`
					Title   string `xml:"title"`
					Mastery string `xml:"http://www.adlnet.org/xsd/adlcp_rootv1p2 masteryscore"`
				} `xml:"item"`
			} `xml:"organization"`
		} `xml:"organizations"`
		Resource []struct {
			ID   string `xml:"identifier,attr"`
			Type string `xml:"type,attr"`
			Kind string `xml:"http://www.adlnet.org/xsd/adlcp_rootv1p2 scormtype,attr"`
			Href string `xml:"href,attr"`
			File []struct {
				Href string `xml:"href,attr"`
			} `xml:"file"`
		} `xml:"resources>resource"`
	}
	if err := xml.Unmarshal(files["imsmanifest.xml"], &m); err != nil {
		t.Fatal(err)
	}
	if m.XMLName.Space != cp || m.Schema != "ADL SCORM" || m.Version != "1.2" || !bytes.Contains(files["imsmanifest.xml"], []byte(adl)) {
		t.Errorf("not a manifest of SCORM 1.2: %+v", m)
	}
	if len(m.Orgs.Org) != 1 || m.Orgs.Default != m.Orgs.Org[0].ID || len(m.Orgs.Org[0].Item) != 1 || len(m.Resource) != 1 {
		t.Fatalf("not one thing to learn: %+v", m)
	}
	item, r := m.Orgs.Org[0].Item[0], m.Resource[0]
	// Moodle 4.5 marks an attempt by a mastery score when the reader leaves, and
	// so ends the one of whoever has not passed yet.
	if item.Ref != r.ID || item.Title != "A small course de" || item.Mastery != "" || r.Type != "webcontent" || r.Kind != "sco" || r.Href != "index.html" {
		t.Errorf("item %+v, resource %+v", item, r)
	}
	named := map[string]bool{"imsmanifest.xml": true}
	for _, f := range r.File {
		named[f.Href] = true
		if files[f.Href] == nil {
			t.Errorf("%s is named and not there", f.Href)
		}
	}
	if len(named) != len(files) {
		t.Errorf("%d files, %d named", len(files), len(named))
	}
}

var (
	leading = regexp.MustCompile(`\s(?:src|href|action|srcset)="([^"]*)"|(?:url\(|@import )["']?([^"')]+)`)
	loaded  = regexp.MustCompile(`^(#|data:|data\.js$|mark\.js$|lms\.js$|course\.js$|course\.css$)`)
)

func TestAPackageLeadsNowhereElse(t *testing.T) {
	for name, b := range packed(t, maker(t, nil), pack.SCORM12, pack.All) {
		if !strings.HasSuffix(name, ".html") && !strings.HasSuffix(name, ".css") {
			continue
		}
		for _, m := range leading.FindAllSubmatch(b, -1) {
			if to := append(m[1], m[2]...); !loaded.Match(to) {
				t.Errorf("%s leads to %s", name, to)
			}
		}
	}
}

func TestAPackageCarriesItsPictures(t *testing.T) {
	page := packed(t, maker(t, nil), pack.SCORM12, pack.All)["index.html"]
	if n := bytes.Count(page, []byte(`src="data:image/png;base64,iVBOR`)); n != 2 || !bytes.Contains(page, []byte(`alt="Zwei Stühle, einer an der Tür."`)) {
		t.Errorf("%d pictures in two languages", n)
	}
}

// evil is what must be shown and never run, where words are.
const evil = `</script></template></textarea><img src=x onerror="document.title='run'"><script>document.title='run'</script>`

// withEvil puts evil into titles, passages, answers and what is said to them.
func withEvil(folder fstest.MapFS) {
	for _, file := range []string{"talk/en.md", "talk/de.md", "course/en.md", "course/de.md", "case/corridor/en.md"} {
		text := strings.ReplaceAll(string(folder[file].Data), " words of ", " "+evil+" words of ")
		for _, title := range []string{"# Talking", "# A small course", "### Place"} {
			text = strings.ReplaceAll(text, title, title+" "+evil)
		}
		folder[file] = &fstest.MapFile{Data: []byte(text)}
	}
}

func TestWordsOfACourseAreTextInEveryFileOfAPackage(t *testing.T) {
	for name, b := range packed(t, maker(t, withEvil), pack.SCORM12, pack.All) {
		if bytes.Contains(b, []byte("<img src=x")) || bytes.Contains(b, []byte("document.title=")) && bytes.Contains(b, []byte("<script>")) {
			t.Errorf("%s holds markup out of the words", name)
		}
	}
}

func TestWhatThereIsNotIsNotFound(t *testing.T) {
	m := maker(t, nil)
	for _, x := range [][2]string{{"scorm2004", "en"}, {pack.SCORM12, "fr"}, {pack.SCORM12, ""}, {"", "en"}} {
		if _, err := m.Zip(x[0], x[1]); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v: %v", x, err)
		}
	}
	if got := packed(t, m, pack.Folder, "de"); string(got["course.toml"]) != string(learntest.Files()["course.toml"].Data) || got["talk/en.md"] == nil {
		t.Error("the folder is not the course's")
	}
}
