package edit

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/learntest"
	"amelie/internal/web"
)

// folder is the working copy as files, as somebody has it who downloaded it.
func (x *office) folder(t testing.TB) map[string][]byte {
	t.Helper()
	packed, err := x.Folder(ctx)
	if err != nil {
		t.Fatal(err)
	}
	files, err := Unzip(packed)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sends packs a folder and hands it in.
func (x *office) sends(t testing.TB, v *web.Viewer, files map[string][]byte) (Intake, error) {
	t.Helper()
	packed, err := learn.Zip(files)
	if err != nil {
		t.Fatal(err)
	}
	return x.Send(ctx, v, packed)
}

func (x *office) takes(t testing.TB, in Intake) {
	t.Helper()
	if err := x.Take(ctx, trainer, "", in.ID, x.draft(t).Revision); err != nil {
		t.Fatal(err)
	}
}

func rewrite(files map[string][]byte, path, old, now string) {
	files[path] = []byte(strings.Replace(string(files[path]), old, now, 1))
}

// req: FOLDER-3
func TestAFolderThatWasWorkedOnElsewhereIsShownAndTakenAsAWhole(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.writes(t, trainer, "en", "lead", "Written in the browser.")
		x.publishes(t)
		published := x.Course().Version()
		files := x.folder(t)
		rewrite(files, "talk/en.md", "Written in the browser.", "Written at home.")
		rewrite(files, "talk/topic.toml", "minutes = 3", "minutes = 4")
		in, err := x.sends(t, other, files)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.says(t, "talk", "en", "lead").Body; got != "Written in the browser." {
			t.Errorf("sent, and taken by itself: %q", got)
		}
		_, d, diff, err := x.Preview(ctx, in.ID)
		if err != nil || len(diff.Texts) != 1 || diff.Texts[0] != (TextChange{"talk", "en", "lead", "Written in the browser.", "Written at home."}) || !slices.Equal(diff.Structure, []string{"talk/topic.toml"}) {
			t.Errorf("%+v %v", diff, err)
		}
		if err := x.Take(ctx, trainer, "", in.ID, d.Revision+1); fault.KindOf(err) != fault.Stale {
			t.Errorf("taken over what nobody compared: %v", err)
		}
		x.takes(t, in)
		if got := x.says(t, "talk", "en", "lead").Body; got != "Written at home." {
			t.Errorf("%q", got)
		}
		if x.Course().Version() != published {
			t.Error("what is published has changed")
		}
		if err := x.Take(ctx, trainer, "", in.ID, x.draft(t).Revision); fault.KindOf(err) != fault.NotFound {
			t.Errorf("taken twice: %v", err)
		}
		past, err := x.History(ctx, "talk/en.md", "lead")
		if err != nil || len(past) != 2 || past[0].Kind != Took || past[0].By.User != trainer.UserID {
			t.Errorf("%+v %v", past, err)
		}
		list, err := x.Intakes(ctx)
		if err != nil || len(list) != 1 || list[0].State != IntakeTaken || list[0].By.User != other.UserID {
			t.Fatalf("%+v %v", list, err)
		}
		if before, err := x.Kept(ctx, list[0].Before); err != nil || !bytes.Contains(flat(t, before), []byte("Written in the browser.")) {
			t.Errorf("what was replaced is gone: %v", err)
		}
	})
}

// flat is what a packed folder holds, one file after the other.
func flat(t testing.TB, packed []byte) []byte {
	t.Helper()
	files, err := Unzip(packed)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Join(slices.Collect(maps.Values(files)), nil)
}

func TestATopicThatAFolderHasNotGotGoesAndComesBackWithTheFolderBefore(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		whole := x.folder(t)
		less := maps.Clone(whole)
		rewrite(less, "course.toml", `cases = ["corridor"]`, `cases = []`)
		maps.DeleteFunc(less, func(path string, _ []byte) bool { return strings.HasPrefix(path, "case/") })
		in, err := x.sends(t, trainer, less)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, diff, err := x.Preview(ctx, in.ID); err != nil || !slices.Equal(diff.Gone, []string{"case/corridor"}) {
			t.Errorf("%+v %v", diff.Gone, err)
		}
		x.takes(t, in)
		if got := x.folder(t); !maps.Equal(texts(got), texts(less)) {
			t.Error("the working copy is not the folder")
		}
		again, err := x.sends(t, trainer, whole)
		if err != nil {
			t.Fatal(err)
		}
		x.takes(t, again)
		if got := x.folder(t); !maps.Equal(texts(got), texts(whole)) {
			t.Error("what was taken out did not come back")
		}
	})
}

// req: FOLDER-1
func TestAFolderWithABadFileIsRefusedAsAWholeWithFileLineAndReason(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		for name, spoil := range map[string]func(map[string][]byte){
			"talk/de.md":      func(f map[string][]byte) { rewrite(f, "talk/de.md", "{#lead", "{#nowhere") },
			"talk/topic.toml": func(f map[string][]byte) { rewrite(f, "talk/topic.toml", "minutes = 3", "minutes = 300") },
			"virus.exe":       func(f map[string][]byte) { f["virus.exe"] = []byte("MZ") },
			"sources.toml":    func(f map[string][]byte) { delete(f, "sources.toml") },
			"course.toml":     func(f map[string][]byte) { rewrite(f, "course.toml", `"small"`, `"another"`) },
		} {
			files := x.folder(t)
			spoil(files)
			_, err := x.sends(t, trainer, files)
			var problems learn.Problems
			if !errors.As(err, &problems) || !slices.ContainsFunc(problems, func(p learn.Problem) bool { return p.File == name && p.Key != "" }) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, err := x.Intakes(ctx); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

// entry is one file of a zip as an attacker writes it.
type entry struct {
	name string
	mode uint32
	body []byte
}

func crafted(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, ExternalAttrs: e.mode << 16, CreatorVersion: 3 << 8}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(e.body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// req: FOLDER-1
func TestAFileThatIsNoFolderOfTextIsNotUnpacked(t *testing.T) {
	const link = 0o120777
	many := make([]entry, 40)
	for i := range many {
		many[i] = entry{name: "a/" + strings.Repeat("x", i+1) + ".png", body: make([]byte, 1900<<10)}
	}
	for key, packed := range map[string][]byte{
		"not-zip":  []byte("PK but no more"),
		"path":     crafted(t, entry{name: "../../etc/passwd", body: []byte("x")}),
		"path ":    crafted(t, entry{name: "/course.toml", body: []byte("x")}),
		"path  ":   crafted(t, entry{name: `talk\..\en.md`, body: []byte("x")}),
		"path   ":  crafted(t, entry{name: "course.toml", mode: link, body: []byte("/etc/passwd")}),
		"twice":    crafted(t, entry{name: "course.toml", body: []byte("x")}, entry{name: "course.toml", body: []byte("y")}),
		"too-big":  crafted(t, entry{name: "talk/en.md", body: make([]byte, 64<<20)}),
		"too-big ": crafted(t, many...),
		"not-text": crafted(t, entry{name: "talk/en.md", body: []byte{0xff, 0xfe}}),
	} {
		_, err := Unzip(packed)
		var problems learn.Problems
		if !errors.As(err, &problems) || problems[0].Key != "review.folder."+strings.TrimSpace(key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestAFolderWithinAFolderWithADesktopsLeftoversIsTaken(t *testing.T) {
	files, err := Unzip(crafted(t, entry{name: "health/course.toml", body: []byte("x")}, entry{name: "health/talk/en.md", body: []byte("y")},
		entry{name: "__MACOSX/health/._course.toml", body: []byte("z")}, entry{name: "health/.DS_Store", body: []byte("z")}))
	if err != nil || len(files) != 2 || string(files["course.toml"]) != "x" || string(files["talk/en.md"]) != "y" {
		t.Errorf("%v %v", files, err)
	}
}

func FuzzUnzip(f *testing.F) {
	f.Add([]byte("PK"))
	f.Add(crafted(f, entry{name: "course.toml", body: []byte("id")}))
	f.Add(crafted(f, entry{name: "../x", body: []byte("id")}))
	f.Fuzz(func(t *testing.T, packed []byte) {
		files, err := Unzip(packed)
		if err != nil && files != nil {
			t.Error("files beside an error")
		}
		for name := range files {
			if strings.Contains(name, "..") && strings.Contains(name, "/../") || strings.HasPrefix(name, "/") {
				t.Errorf("%q", name)
			}
		}
	})
}

func TestWhoMayNotEditSendsNoFolder(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		files := x.folder(t)
		if _, err := x.sends(t, insider, files); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
		if _, err := x.sends(t, admin, files); fault.KindOf(err) != fault.Denied {
			t.Errorf("%v", err)
		}
		in, err := x.sends(t, trainer, files)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.SendBack(ctx, insider, in.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
		if err := x.SendBack(ctx, other, in.ID); err != nil {
			t.Error(err)
		}
		if err := x.Take(ctx, trainer, "", in.ID, 0); fault.KindOf(err) != fault.NotFound {
			t.Errorf("sent back and taken: %v", err)
		}
	})
}

// req: FOLDER-2
func TestWhateverIsEditedGoesOutAndComesBackAndGoesOutAsTheSameBytes(t *testing.T) {
	d := dbtest.Open(t, schemas...)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		x, elsewhere := officeOf(d, 2*n), officeOf(d, 2*n+1)
		n++
		x.edits(t, 5)
		first, err := x.Folder(ctx)
		if err != nil {
			t.Fatal(err)
		}
		in, err := elsewhere.Send(ctx, trainer, first)
		var problems learn.Problems
		if errors.As(err, &problems) && x.unfinished(t) {
			return // what cannot be published cannot be sent either
		}
		if err == nil {
			err = elsewhere.Take(ctx, trainer, "", in.ID, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		if second, err := elsewhere.Folder(ctx); err != nil || !bytes.Equal(first, second) {
			t.Errorf("other bytes: %v", err)
		}
	})
}

// unfinished says whether the working copy has a fault of its own.
func (x *office) unfinished(t *rapid.T) bool {
	files, err := x.Files(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, problems := learn.Draft(files, learntest.Known)
	return len(problems) > 0
}

// Whoever has the machine brings a folder at the command line.
//
// req: FOLDER-3
func TestAFolderIsImportedWholeOrNotAtAllAndWhatIsPublishedStays(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		who := By{Name: "amelie course import"}
		files, err := x.Files(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := x.Import(ctx, who, maps.Clone(files)); err != nil || !d.None() || x.draft(t).Revision != 0 {
			t.Fatal("the same folder changes something", d, err)
		}
		files["talk/en.md"] = []byte(strings.Replace(string(files["talk/en.md"]), "How to begin.", "How one begins.", 1))
		bad := maps.Clone(files)
		bad["talk/de.md"] = []byte("nothing")
		if _, err := x.Import(ctx, who, bad); !errors.As(err, new(learn.Problems)) {
			t.Fatal(err)
		}
		if got := x.says(t, "talk", "en", "lead").Body; got != "How to begin." {
			t.Errorf("a part of a bad folder came: %q", got)
		}
		d, err := x.Import(ctx, who, files)
		if err != nil || len(d.Texts) != 1 {
			t.Fatal(d, err)
		}
		if got := x.says(t, "talk", "en", "lead").Body; got != "How one begins." {
			t.Errorf("%q", got)
		}
		if course, here, err := x.Published(ctx); err != nil || here || course.Words("talk", "en").Line("lead") != "How to begin." {
			t.Error("what is published did not stay", here, err)
		}
		x.publishes(t)
		if course, here, err := x.twin(t).Published(ctx); err != nil || !here || course.Words("talk", "en").Line("lead") != "How one begins." {
			t.Error("what was published is not found", here, err)
		}
		past, err := x.History(ctx, "talk/en.md", "lead")
		if err != nil || len(past) != 1 || past[0].By != who || past[0].Kind != Took {
			t.Error(past, err)
		}
	})
}

// req: EDIT-6
func TestAFolderBringsReviewsThatWereGivenHereAndNoOthers(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.asks(t, author, "de", "s")
		if err := x.judges(t, other, Approve, "de", "s"); err != nil {
			t.Fatal(err)
		}
		given := x.looks(t, "de", "s").Review
		reads := func(want bool, files map[string][]byte) {
			t.Helper()
			in, err := x.sends(t, other, files)
			if err != nil {
				t.Fatal(err)
			}
			x.takes(t, in)
			course := x.draft(t).Course
			if _, ok := course.Reviewed("talk", "s", "de"); ok != want {
				t.Errorf("what was read counts as read: %v", ok)
			}
			for _, file := range []string{"talk", "course"} {
				if _, ok := course.Reviewed(file, course.Parts(file)[0], "de"); ok {
					t.Errorf("nobody has read %s, and the folder says so", file)
				}
			}
		}
		before := x.folder(t)
		forged := maps.Clone(before)
		line := learn.Review{Part: learn.PartLead, Digest: x.looks(t, "de", learn.PartLead).Text, Date: "2026-03-04", Name: "Nobody (invented)", Profession: "Hebamme"}
		rewrite(forged, "talk/de.md", "\nreviewed: ", "\nreviewed: "+line.String()+"\nreviewed: ")
		rewrite(forged, "course/de.md", "state: not-reviewed", "state: reviewed\nreviewer: Nobody (invented)\ndate: 2026-03-04")
		if !bytes.Contains(forged["talk/de.md"], []byte("Nobody")) || !bytes.Contains(forged["course/de.md"], []byte("Nobody")) {
			t.Fatal("nothing is forged")
		}
		reads(true, forged)
		bare := maps.Clone(before)
		rewrite(bare, "talk/de.md", "reviewed: "+given.String()+"\n", "")
		reads(false, bare)
		reads(true, before) // as it stood in the working copy that was kept
	})
}
