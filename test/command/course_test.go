package command

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"amelie/internal/app"
	"amelie/internal/learn/edit"
	"amelie/internal/web"
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

// A folder goes into an installation's working copy or is refused as a whole,
// and what is exported is what is published there.
func TestACourseIsImportedPublishedAndExportedAsItIsInTheInstallation(t *testing.T) {
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	start(t, "serve", "--data", data, "--addr", "127.0.0.1:0", "--country", "GR").stop(t)
	folder, file := filepath.Join(dir, "course"), filepath.Join(dir, "course", "talk", "en.md")
	export := func(said string) string {
		t.Helper()
		if _, errs, code := fed(t, "", "course", "export", "health", "--data", data, "--format", "folder", "--lang", "all", "-o", folder); code != 0 || !strings.Contains(errs, said) {
			t.Fatalf("ended with %d and said %q", code, errs)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	shipped := export("nothing was published in the installation")
	works(t, "nothing was changed", "course", "import", folder, "--data", data)
	changed := strings.Replace(shipped, "{#lead}", "And one sentence more.\n{#lead}", 1)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(file, changed)
	scenario := filepath.Join(folder, "case", "dublin", "scenario.toml")
	whole, err := os.ReadFile(scenario)
	if err != nil {
		t.Fatal(err)
	}
	write(scenario, strings.Replace(string(whole), `to = "s2"`, `to = "s99"`, 1))
	refuses(t, 1, "case/dublin/scenario.toml:", "course", "import", folder, "--data", data)
	refuses(t, 1, "leads nowhere", "course", "import", folder, "--data", data)
	refuses(t, 1, "--data is missing", "course", "import", folder)
	write(scenario, string(whole))
	works(t, "brought: 1 texts", "course", "import", folder, "--data", data)
	if export("nothing was published in the installation") != shipped {
		t.Error("what nobody published was exported")
	}
	publish(t, data)
	if now := export("as it is published in the installation"); now != changed {
		t.Error("what was published was not exported")
	}
	if _, errs, _ := fed(t, "", "course", "export", "health", "-o", filepath.Join(dir, "x.zip")); !strings.Contains(errs, "ships with the program") {
		t.Errorf("without an installation it says %q", errs)
	}
}

// publish does what a coordinator does in the browser.
func publish(t *testing.T, data string) {
	t.Helper()
	course, stop, err := app.OpenCourse(t.Context(), app.Config{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	draft, err := course.Draft(t.Context())
	if err == nil {
		_, err = course.Publish(t.Context(), &web.Viewer{UserID: "u", Name: "Ida", Roles: []string{"coordinator"}}, edit.Wish{Seen: draft.Revision})
	}
	if err != nil {
		t.Fatal(err)
	}
}
