package pack_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"amelie/internal/i18n"
	"amelie/internal/learn"
	"amelie/internal/learn/pack"
	"amelie/internal/web"
	"amelie/locale"
)

func TestAnybodyTakesAPackageHomeWithOneClick(t *testing.T) {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: func() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }})
	m := maker(t, nil)
	pack.New(func() *learn.Course { return m.Course }, texts).Mount(shell)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		shell.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%s sets a cookie", path)
		}
		return w
	}
	page := get("/de/learn/package").Body.String()
	for _, want := range []string{`name="format" value="scorm12"`, `name="format" value="cmi5"`, `name="format" value="folder"`, `<option value="de" lang="de" selected>`, `action="/de/learn/package/file"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Count(page, "<ol>") != 2 || !strings.Contains(page, texts.T("de", "kit.how-scorm12-3")) || !strings.Contains(page, texts.T("de", "kit.how-cmi5-2")) {
		t.Error("the page does not say how a package is set up")
	}
	for _, format := range pack.Formats {
		first, second := get("/de/learn/package/file?format="+format+"&for=all"), get("/en/learn/package/file?format="+format+"&for=all")
		b := first.Body.Bytes()
		if _, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err != nil || !bytes.Equal(b, second.Body.Bytes()) {
			t.Errorf("%s: %d bytes, %v", format, len(b), err)
		}
		if got := first.Header().Get("Content-Disposition"); !strings.Contains(got, "course-small-all-"+format+".zip") || first.Header().Get("Content-Type") != "application/zip" {
			t.Errorf("%s is sent as %q", format, got)
		}
	}
	for _, wrong := range []string{"", "?format=scorm12", "?format=scorm12&for=xx", "?format=../x&for=en"} {
		if w := get("/en/learn/package/file" + wrong); w.Code != http.StatusNotFound {
			t.Errorf("%q: %d", wrong, w.Code)
		}
	}
}
