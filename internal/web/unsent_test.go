package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"amelie/internal/fault"
	"amelie/internal/vault"
	"amelie/internal/web"
)

// drawer keeps forms of whoever the header Former names, or of the viewer.
type drawer map[string]map[string][]string

func (d drawer) Keeps(r *http.Request, v *web.Viewer, _ string) bool {
	return v != nil || r.Header.Get("Former") != ""
}

func (d drawer) Keep(r *http.Request, v *web.Viewer, page, query, form string, values map[string][]string) (bool, error) {
	who := r.Header.Get("Former")
	if v != nil {
		who = v.UserID
	}
	if who == "" {
		return false, nil
	}
	d[who+page+"?"+query+"#"+form] = values
	return true, nil
}

func (d drawer) Find(_ context.Context, v *web.Viewer, page, query string) (map[string][]string, string, time.Time, error) {
	for place, values := range d {
		if form, ours := strings.CutPrefix(place, v.UserID+page+"?"+query+"#"); ours {
			return values, form, noon.Add(-time.Hour), nil
		}
	}
	return nil, "", noon, nil
}

func (d drawer) Drop(_ context.Context, v *web.Viewer, page, query, form string) error {
	delete(d, v.UserID+page+"?"+query+"#"+form)
	return nil
}

// drawered is a house that keeps forms, with a room that has a form of its own
// below its page.
func drawered(t *testing.T) (*house, drawer) {
	h, d := open(t), drawer{}
	h.Professional("POST /today/{id}/talk", func(c *web.Ctx) error {
		if c.Viewer.Key == nil {
			return fault.New(fault.Unlock, "")
		}
		if _, err := c.Upload(1 << 20); err != nil {
			return err
		}
		return c.Redirect("/today")
	})
	h.KeepForms(d)
	return h, d
}

func signedIn(t *testing.T, user string) *web.Viewer {
	t.Helper()
	k, err := vault.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	return &web.Viewer{UserID: user, Name: user, Key: k}
}

// req: WEB-7, DRAFT-1, DRAFT-2
func TestWhoSignsInAgainFindsTheFormFilledAndNobodyElseDoes(t *testing.T) {
	h, d := drawered(t)
	page := want(t, h.ask("POST", "/el/today?show=all", "name=a+safe+place&need=talk&once=0192f0c1-7777-7abc-8def-0123456789ab", "Former", "mira"), 401)
	holds(t, page, `href="/el/sign-in?to=%2Fel%2Ftoday%3Fshow%3Dall"`)
	if strings.Contains(page, "a safe place") || len(d) != 1 {
		t.Errorf("the words stand in the page, or were not kept: %v", d)
	}
	h.viewer = signedIn(t, "nils")
	if page := want(t, h.ask("GET", "/en/today?show=all", ""), 200); strings.Contains(page, "a safe place") || strings.Contains(page, "not sent") {
		t.Error("somebody else finds them")
	}
	h.viewer = &web.Viewer{UserID: "mira", Name: "mira"}
	if page := want(t, h.ask("GET", "/en/today?show=all", ""), 200); strings.Contains(page, "a safe place") {
		t.Error("they are opened without a key")
	}
	h.viewer = signedIn(t, "mira")
	page = want(t, h.ask("GET", "/en/today?show=all", ""), 200)
	holds(t, page, `value="a safe place"`, `value="talk" checked`, "22 November 2026", "not sent")
	if strings.Contains(page, "0192f0c1-7777") || strings.Contains(page, `value="bed" checked`) {
		t.Error("the token is used again, or more is ticked than was")
	}
	if page := want(t, h.ask("GET", "/en/today", ""), 200); strings.Contains(page, "a safe place") {
		t.Error("the words stand on another page")
	}
	want(t, h.ask("POST", "/de/today?show=all", "name=a+safe+place"), 303)
	if page := want(t, h.ask("GET", "/en/today?show=all", ""), 200); strings.Contains(page, "a safe place") || len(d) != 0 {
		t.Error("what was sent is still kept")
	}
}

// req: DRAFT-1
func TestALockedKeyLosesNothingAndAFormBelowAPageIsFoundOnIt(t *testing.T) {
	h, d := drawered(t)
	h.viewer = &web.Viewer{UserID: "mira", Name: "mira"}
	page := want(t, h.ask("POST", "/en/today/7/talk", "name=later"), 423)
	holds(t, page, `href="/en/unlock?to=%2Fen%2Ftoday"`)
	h.viewer = signedIn(t, "mira")
	holds(t, want(t, h.ask("GET", "/en/today", ""), 200), `value="later"`)
	want(t, h.ask("POST", "/en/today", "name=other"), 303)
	if len(d) != 1 {
		t.Error("another form of the page took it along")
	}
	want(t, h.ask("POST", "/en/unsent", "page=%2Ftoday&form=%2F7%2Ftalk"), 303)
	if len(d) != 0 {
		t.Error("it cannot be thrown away")
	}
	if to := h.ask("POST", "/en/unsent", "page=%2F%2Felsewhere.example%2F").Header.Get("Location"); to != "/en/" {
		t.Errorf("it leads to %q", to)
	}
}

// req: DRAFT-3
func TestSecretsButtonsAndFilesAreNotKeptAndWordsBesideAFileAre(t *testing.T) {
	h, d := drawered(t)
	for _, body := range []string{"name=x&password=hunter2", "design=library&secret=red+boat&again=red+boad", "code=1234", "token=abc&name=x",
		"do=withdraw&entry=0192f0c1-7777-7abc-8def-0123456789ab&rev=3", "name=&once=0192f0c1-7777-7abc-8def-0123456789ab"} {
		want(t, h.ask("POST", "/en/today", body, "Former", "mira"), map[bool]int{true: 303, false: 401}[strings.Contains(body, "password") || strings.Contains(body, "secret") || strings.Contains(body, "code=") || strings.Contains(body, "token=")])
		if len(d) != 0 {
			t.Fatalf("of %q was kept: %v", body, d)
		}
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	file, err := m.CreateFormFile("file", "scan.pdf")
	if err != nil {
		t.Fatal(err)
	}
	file.Write(bytes.Repeat([]byte("x"), 3<<20))
	m.WriteField("name", "words beside it")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	page := want(t, h.ask("POST", "/en/today/7/talk", b.String(), "Former", "mira", "Content-Type", m.FormDataContentType()), 401)
	holds(t, page, "Documents are not kept")
	for _, values := range d {
		if len(values) != 1 || values["name"][0] != "words beside it" {
			t.Errorf("%v", values)
		}
	}
	if len(d) != 1 {
		t.Error("the words beside a file were lost")
	}
}

func TestAFormThatWasMadeFromAnotherVersionSaysSo(t *testing.T) {
	h, _ := drawered(t)
	var overtaken [2]bool
	h.Professional("GET /thing", func(c *web.Ctx) error {
		overtaken = [2]bool{c.Overtaken("3"), c.Overtaken("4")}
		return c.Text(200, "")
	})
	h.Professional("POST /thing", func(c *web.Ctx) error { return c.Redirect("/thing") })
	want(t, h.ask("POST", "/en/thing", "rev=3&words=mine", "Former", "mira"), 401)
	h.viewer = signedIn(t, "mira")
	if want(t, h.ask("GET", "/en/thing", ""), 200); overtaken != [2]bool{false, true} {
		t.Errorf("%v", overtaken)
	}
}
