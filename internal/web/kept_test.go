package web_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"amelie/internal/web"
)

func TestAKeptPageIsMadeOncePerMinuteAndVersionAndNeverForAMember(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 5, 0, time.UTC)
	version, made := "1", 0
	s := web.New(web.Config{Languages: []string{"en"}, Now: func() time.Time { return now }})
	s.Public("GET /plain", web.Kept(func(*web.Ctx) string { return version }, func(c *web.Ctx) error {
		made++
		return c.Text(200, strings.Repeat("word ", 500)+c.R.URL.RawQuery)
	}))
	ask := func(path, encoding, cookie string) string {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Encoding", encoding)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") || w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		return w.Body.String()
	}
	for i, step := range []struct {
		do   func()
		path string
		enc  string
		jar  string
		want int
	}{
		{nil, "/en/plain", "", "", 1},
		{nil, "/en/plain", "", "", 1},                                   // kept
		{nil, "/en/plain", "br", "", 2},                                 // another encoding
		{nil, "/en/plain?q=secret", "", "", 3},                          // a query is never kept
		{nil, "/en/plain?q=secret", "", "", 4},                          //
		{nil, "/en/plain", "", "amelie_s=x.y", 5},                       // nor anything for a member
		{func() { version = "2" }, "/en/plain", "", "", 6},              // the directory changed
		{func() { now = now.Add(time.Minute) }, "/en/plain", "", "", 7}, // the clock went on
		{s.Forget, "/en/plain", "", "", 8},                              // nobody asked for a while
		{nil, "/en/plain", "", "", 8},                                   // kept again
	} {
		if step.do != nil {
			step.do()
		}
		body := ask(step.path, step.enc, step.jar)
		if made != step.want {
			t.Errorf("step %d: made %d times, want %d", i, made, step.want)
		}
		if !strings.Contains(step.path, "secret") && strings.Contains(body, "secret") {
			t.Errorf("step %d: somebody else's query is in the page", i)
		}
	}
}
