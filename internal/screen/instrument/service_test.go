package instrument

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/policy"
	"amelie/internal/web"
	"amelie/locale"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	admin = &web.Viewer{UserID: "u1", Name: "Alex Admin", Roles: []string{"administrator"}}
	nurse = &web.Viewer{UserID: "u2", Name: "Nil Nurse", AgencyID: "a1", Roles: []string{"professional", "lead"}}
)

func each(t *testing.T, story func(t *testing.T, s *Service)) {
	dbtest.Each(t, []db.Schema{audit.Schema, Schema}, func(t *testing.T, d *db.DB) {
		story(t, New(Config{DB: d, Policy: policy.Must(Policy), Packs: shipped(t), Now: clock.Fixed(start)}))
	})
}

func (s *Service) now(t *testing.T) Kept {
	t.Helper()
	k, err := s.Kept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// rows counts what stands in the database, by table.
func (s *Service) rows(t *testing.T) (n map[string]int) {
	t.Helper()
	n = map[string]int{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		clear(n)
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, tab := range tables {
			if err := tx.EachRow(tab, func([]any) error { n[tab.Name]++; return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// req: INSTRUMENT-6
func TestAnAdministratorConfirmsAReconstructionAndEveryResultSaysWhatItIs(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		const id = "delphi-sexual-adult"
		for _, v := range []*web.Viewer{nurse, nil} {
			if err := s.Confirm(ctx, v, id, true, ""); err == nil {
				t.Fatalf("%v may confirm", v)
			}
		}
		for range 2 { // a button pressed twice
			if err := s.Confirm(ctx, admin, id, true, "once-once-once-1"); err != nil {
				t.Fatal(err)
			}
		}
		k := s.now(t)
		p, _ := k.Get(id)
		r, err := p.Score(Response{Adult, Answers{}})
		if err != nil || len(r.Warnings) == 0 || r.Warnings[0] != NotCompared {
			t.Fatalf("%v %v", r, err)
		}
		if c := k.Confirmed[id]; c.By != admin.Name || !c.At.Equal(start) || c.Version != p.Version {
			t.Errorf("%+v", c)
		}
		if other, _ := k.Get("delphi-sexual-child"); other.State != Off {
			t.Error("the children's list was not confirmed")
		}
		if own, _ := s.Config.Packs.Get(id); own.State != Off {
			t.Error("the shipped pack was changed")
		}
		if err := s.Confirm(ctx, admin, id, false, ""); err != nil {
			t.Fatal(err)
		}
		if p, _ := s.now(t).Get(id); p.State != Off {
			t.Error("withdrawn, and still on")
		}
		for _, wrong := range []string{"delphi-labour-adult", "raft", "nothing"} {
			if err := s.Confirm(ctx, admin, wrong, true, ""); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", wrong, err)
			}
		}
	})
}

func TestAConfirmationHoldsForTheVersionThatWasCompared(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		const id = "delphi-sexual-adult"
		if err := s.Confirm(ctx, admin, id, true, ""); err != nil {
			t.Fatal(err)
		}
		next := *pack(t, id)
		next.Version = "1.0.1"
		upgraded := New(Config{DB: s.DB, Policy: s.Policy, Packs: Packs{&next}, Now: s.Now})
		if p, _ := upgraded.now(t).Get(id); p.State != Off {
			t.Error("a list that nobody compared is on")
		}
	})
}

func TestAnImportedInstrumentTakesThePlaceOfItsTemplateAndCanBeRemoved(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		own := replaced(counted, `id = "small"`, `id = "qyit"`, `permission = "own-words"`, `permission = "granted"`)
		if _, err := s.Import(ctx, nurse, []byte(own), ""); fault.KindOf(err) == fault.Internal {
			t.Fatalf("a nurse imports: %v", err)
		}
		for _, text := range []string{own, replaced(own, "1.0.0", "1.1.0")} {
			if _, err := s.Import(ctx, admin, []byte(text), ""); err != nil {
				t.Fatal(err)
			}
		}
		k := s.now(t)
		p, _ := k.Get("qyit")
		if p.State != Installed || p.Version != "1.1.0" || k.Imported["qyit"].By != admin.Name {
			t.Fatalf("%+v", p)
		}
		if n := len(k.Packs); n != len(s.Config.Packs) {
			t.Errorf("%d packs", n)
		}
		if _, err := s.Import(ctx, admin, []byte(replaced(own, "qyit", "delphi-labour-adult")), ""); err == nil {
			t.Error("a shipped list was replaced")
		}
		if _, err := s.Import(ctx, admin, []byte("id = 1"), ""); err == nil {
			t.Error("nonsense was imported")
		}
		if err := s.Remove(ctx, admin, "qyit", ""); err != nil {
			t.Fatal(err)
		}
		if p, _ := s.now(t).Get("qyit"); p.State != Template {
			t.Error("removed, and still there")
		}
		if err := s.Remove(ctx, admin, "qyit", ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("removed twice: %v", err)
		}
	})
}

// site is the pages of a service; what the shell logs goes to out.
func site(t *testing.T, s *Service, out *strings.Builder) http.Handler {
	t.Helper()
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	shell := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: s.Now, Log: slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	shell.Authenticate = func(r *http.Request) (*web.Viewer, error) {
		switch r.Header.Get("X-As") {
		case "admin":
			return admin, nil
		case "nurse":
			return nurse, nil
		}
		return nil, nil
	}
	s.Mount(shell)
	return shell.Handler()
}

func ask(h http.Handler, method, path, as string, form url.Values) (int, http.Header, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-As", as)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Header(), html.UnescapeString(w.Body.String())
}

// req: INSTRUMENT-7
func TestAnswersLeaveNothingOnTheServer(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		var log strings.Builder
		h := site(t, s, &log)
		before := s.rows(t)
		status, head, body := ask(h, "POST", "/fr/signs", "", url.Values{"age": {"child"}, "exploitation-hours": {"yes"}, "exploitation-pay": {"yes"}, "control-debt": {"no"}})
		if status != http.StatusOK || !strings.Contains(body, `data-class="trafficking"><p`) {
			t.Fatalf("%d", status)
		}
		if head.Get("Cache-Control") != "no-store" || head.Get("Set-Cookie") != "" {
			t.Errorf("%v", head)
		}
		if after := s.rows(t); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("stored: %v, before %v", after, before)
		}
		for _, word := range []string{"exploitation", "child", "trafficking"} {
			if strings.Contains(log.String(), word) {
				t.Errorf("the log says %q", word)
			}
		}
	})
}

func TestAFormWithoutAnAgeIsAskedAgainWithEverythingTicked(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		status, _, body := ask(h, "POST", "/en/signs", "", url.Values{"exploitation-pay": {"yes"}, "control-debt": {"perhaps"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `name="exploitation-pay" value="yes" checked`) || !strings.Contains(body, `name="control-debt" value="unknown" checked`) {
			t.Errorf("%d", status)
		}
		if strings.Contains(body, `data-topic`) || strings.Contains(body, `name="topic"`) {
			t.Error("a topic that is switched off is offered")
		}
	})
}

func TestRulesOfAPackThatIsOffAreNotServed(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		for path, want := range map[string]int{RulesPath("delphi-labour-child"): 200, RulesPath("delphi-sexual-child"): 404, RulesPath("raft"): 404, "/guide/instrument/delphi-labour-child": 404} {
			if status, head, _ := ask(h, "GET", path, "", nil); status != want || head.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d", path, status)
			}
		}
		if err := s.Confirm(ctx, admin, "delphi-sexual-child", true, ""); err != nil {
			t.Fatal(err)
		}
		if status, _, body := ask(h, "GET", RulesPath("delphi-sexual-child"), "", nil); status != 200 || !strings.Contains(body, `"reason":"not-compared"`) {
			t.Errorf("%d %s", status, body)
		}
	})
}

func TestOnlyAdministratorsKnowWhoConfirmed(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		const act = "/en/admin/instruments/delphi-sexual-adult"
		confirm := url.Values{"act": {"confirm"}, "once": {"0123456789abcdef"}, "compared-delphi-sexual-adult": {"1"}}
		if status, _, _ := ask(h, "POST", act, "nurse", confirm); status < 400 {
			t.Fatalf("a nurse confirms: %d", status)
		}
		if status, _, body := ask(h, "POST", act, "admin", url.Values{"act": {"confirm"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Tick that you have compared it.") {
			t.Errorf("without the tick: %d", status)
		}
		if status, _, _ := ask(h, "POST", act, "admin", confirm); status != http.StatusSeeOther {
			t.Fatalf("%d", status)
		}
		if _, _, body := ask(h, "GET", "/en/admin/instruments", "admin", nil); !strings.Contains(body, "Confirmed by Alex Admin") {
			t.Error("the page does not say who")
		}
		if status, _, body := ask(h, "GET", "/en/admin/instruments", "nurse", nil); status < 400 || strings.Contains(body, "Alex") {
			t.Errorf("a nurse reads it: %d", status)
		}
		if _, _, body := ask(h, "GET", "/en/instruments/delphi-sexual-adult", "", nil); strings.Contains(body, "Alex") || !strings.Contains(body, "Comparison confirmed") {
			t.Error("the public page says who, or not that")
		}
	})
}

// unsaid is the key of a sentence that stands where the sentence should.
var unsaid = regexp.MustCompile(`instrument\.[a-z]`)

func TestEveryPageSpeaksEveryLanguageWhole(t *testing.T) {
	each(t, func(t *testing.T, s *Service) {
		h := site(t, s, &strings.Builder{})
		paths := []string{"/signs", "/instruments"}
		for _, p := range s.Config.Packs {
			paths = append(paths, "/instruments/"+p.ID)
		}
		for _, lang := range i18n.Languages {
			for _, path := range paths {
				if status, _, body := ask(h, "GET", "/"+lang+path, "", nil); status != 200 || unsaid.MatchString(strings.ReplaceAll(body, "/asset/instrument.", "")) {
					t.Errorf("%s%s: %d", lang, path, status)
				}
			}
		}
	})
}
