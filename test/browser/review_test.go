package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"amelie/internal/app"
	"amelie/internal/learn"
)

// sendsFolder gives a folder to the page on which the course comes back.
func (v *visitor) sendsFolder(language string, files map[string][]byte) {
	v.t.Helper()
	packed, err := learn.Zip(files)
	if err != nil {
		v.t.Fatal(err)
	}
	path := filepath.Join(v.t.TempDir(), "course.zip")
	if err := os.WriteFile(path, packed, 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.goTo("/" + language + "/desk/course/folder")
	v.run(chromedp.SetUploadFiles(`input[name=file]`, []string{path}))
	v.press(`form[enctype] .actions button`)
}

// folderWalk is one walk of an editor with the course as a folder.
type folderWalk struct {
	language string
	look     look
	refused  string
	says     []string
	dropped  string
}

var folderWalks = []folderWalk{
	{"en", desktop, "there is one thing to mend", []string{"What would change", "talk · lead", "Zephyr wrote this"}, "The folder was sent back"},
	{"el", look{width: 390, height: 844, noScript: true}, "ένα σημείο χρειάζεται διόρθωση", []string{"Τι θα άλλαζε", "talk · lead", "Zephyr wrote this"}, "Ο φάκελος επιστράφηκε"},
}

// An editor brings the course back as a folder: one with a strange file is
// refused with its name, one with another sentence is shown before it is taken.
func TestACourseComesBackAsAFolderAndIsLookedAtFirst(t *testing.T) {
	h := demo(t)
	for _, one := range folderWalks {
		t.Run(one.language, func(t *testing.T) {
			course, err := app.ShippedCourse()
			if err != nil {
				t.Fatal(err)
			}
			v := h.visitor(t, one.look)
			v.enter("editor")
			files := course.Files()
			files["talk/notes.docx"] = []byte("not of the course")
			v.sendsFolder(one.language, files)
			v.sees(one.refused, "talk/notes.docx")
			v.ok()
			delete(files, "talk/notes.docx")
			words := course.Own("talk", learn.Source)
			files["talk/en.md"] = words.With("lead", learn.Text{Body: "Zephyr wrote this."}, "").Markdown()
			v.sendsFolder(one.language, files)
			v.sees(one.says...)
			v.ok()
			v.press(`button[value=drop]`)
			v.sees(one.dropped)
			v.ok()
			v.clean()
		})
	}
}
