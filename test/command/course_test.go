package command

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACourseIsExportedCheckedAndExportedAgain(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "course")
	works(t, "", "course", "export", "health", "--format", "folder", "--lang", "all", "-o", folder)
	if out := works(t, "", "course", "check", folder); !strings.Contains(out, "health: 9 topics, 8 cases") {
		t.Errorf("an exported folder: %s", out)
	}
	for _, format := range []string{"scorm12", "cmi5", "folder"} {
		file := filepath.Join(dir, format+".zip")
		works(t, "", "course", "export", "health", "--format", format, "--lang", "de", "-o", file)
		z, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"scorm12": "imsmanifest.xml", "cmi5": "cmi5.xml", "folder": "course.toml"}[format]
		if f, err := z.Open(want); err != nil {
			t.Errorf("%s: %v", format, err)
		} else {
			f.Close()
		}
		z.Close()
	}
	if _, _, code := fed(t, "", "course", "export", "elsewhere", "-o", filepath.Join(dir, "x")); code != 1 {
		t.Errorf("a course that there is not ends with %d", code)
	}
	if _, _, code := fed(t, "", "course", "export", "health", "--lang", "xx", "-o", filepath.Join(dir, "x")); code != 1 {
		t.Errorf("a language that there is not ends with %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); err == nil {
		t.Error("what was refused left a file")
	}
}
