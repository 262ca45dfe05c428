package agency

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/clock"
	"amelie/internal/db/dbtest"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/mail"
	"amelie/internal/web"
)

// site is a running site where the header X-As says who is there.
type site struct {
	*field
	base string
	as_  string
	body string
	code int
}

func opens(t *testing.T) *site {
	f := newField(t, dbtest.Open(t, schemas...))
	texts, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	f.cfg.Texts = texts
	sh := web.New(web.Config{Languages: i18n.Languages, Texts: texts, Now: clock.Fixed(f.now)})
	f.Mount(sh)
	sh.Authenticate = func(r *http.Request) (*web.Viewer, error) {
		if who := r.Header.Get("X-As"); who != "" {
			return f.as(who), nil
		}
		return nil, nil
	}
	srv := httptest.NewServer(sh.Handler())
	t.Cleanup(srv.Close)
	f.cfg.BaseURL = srv.URL
	return &site{field: f, base: srv.URL}
}

func (s *site) is(who string) *site { s.as_ = who; return s }

func (s *site) asks(method, path string, fields ...string) *site {
	s.t.Helper()
	v := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(method, s.base+path, strings.NewReader(v.Encode()))
	s.must(err)
	r.Header.Set("X-As", s.as_)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	client := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error { r.Header.Set("X-As", s.as_); return nil }}
	resp, err := client.Do(r)
	s.must(err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	s.must(err)
	s.body, s.code = string(raw), resp.StatusCode
	return s
}

func (s *site) reads(code int, words ...string) *site {
	s.t.Helper()
	if s.code != code {
		s.t.Fatalf("status %d, want %d\n%s", s.code, code, s.body)
	}
	for _, w := range words {
		if !strings.Contains(s.body, w) {
			s.t.Errorf("no %q in\n%s", w, s.body)
		}
	}
	return s
}

func (s *site) find(pattern string) string {
	s.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(s.body)
	if m == nil {
		s.t.Fatalf("no %s in\n%s", pattern, s.body)
	}
	return m[1]
}

func TestFromAdmittingToReceivingInTheBrowser(t *testing.T) {
	s := opens(t)
	s.is("admin").asks("POST", "/en/admin/agencies", "organization", "", "name", "").reads(422, "identifier of the organisation")
	s.asks("POST", "/en/admin/agencies", "organization", "org-shelter", "name", "Shelter").reads(422, "police, prosecution")
	s.asks("POST", "/en/admin/agencies", "organization", "org-shelter", "name", "Shelter", "authority", "no")
	s.asks("GET", "/en/admin/agencies").reads(200, "Shelter", "cannot receive yet")
	agencyID := s.find(`/en/admin/agencies/([0-9a-f-]{36})"`)
	s.asks("POST", "/en/admin/agencies", "organization", "org-shelter", "name", "Shelter", "authority", "no").reads(200, "admitted already")
	s.asks("GET", "/en/admin/agencies/"+agencyID).reads(200, "<b>No, it helps people</b>")
	s.asks("POST", "/en/admin/agencies/"+agencyID+"/authority", "authority", "yes")
	s.asks("POST", "/en/admin/agencies/"+agencyID+"/authority", "authority", "").reads(422)
	s.asks("GET", "/en/admin/agencies/"+agencyID).reads(200, "<b>Yes, police, prosecution or another authority</b>")
	s.asks("POST", "/en/admin/agencies/"+agencyID+"/invite", "email", "lena@example.org", "lang", "de").reads(200, "works once")
	link := strings.TrimPrefix(s.find(`<code id="link">([^<]+)</code>`), s.base)
	if !strings.HasPrefix(link, "/de/invite/") {
		t.Errorf("the link is %s", link)
	}
	s.is("").asks("GET", link).reads(200, "Shelter lädt Sie ein")
	s.asks("GET", link).reads(200) // looking again changes nothing
	s.asks("POST", link, "name", "Lena", "login", "lena", "password", "x")
	s.asks("GET", link).reads(410, "schon benutzt")

	s.is("lena").asks("GET", "/en/agency").reads(200, "Before your agency can receive", "has the key")
	s.asks("POST", "/en/agency/invite", "label", "night shift").reads(422, "at least one role")
	s.asks("POST", "/en/agency/invite", "roles", "caseworker", "label", "night shift", "lang", "en").reads(200, "works once")
	link = strings.TrimPrefix(s.find(`<code id="link">([^<]+)</code>`), s.base)
	s.asks("GET", "/en/agency").reads(200, "night shift")
	s.is("").asks("POST", link, "name", "Cleo", "login", "cleo", "password", "x")
	s.is("lena").asks("GET", "/en/agency").reads(200, "waits for the key", "Let in 1 waiting member")
	s.asks("POST", "/en/agency/let-in")
	s.is("cleo").asks("GET", "/en/agency").reads(200, "Before your agency can receive")
	s.asks("GET", "/en/agency/recovery").reads(403)
	s.asks("POST", "/en/agency/invite", "roles", "lead").reads(403)

	s.is("lena").asks("POST", "/en/agency/recovery/make").reads(200, "Print it")
	tags := regexp.MustCompile(`<[^>]*>`)
	key := tags.ReplaceAllString(s.find(`<p class="printed-key"><code>(.*?)</code>`), "")
	s.asks("GET", "/en/agency/recovery").reads(200, "not typed back yet")
	if strings.Contains(s.body, key[:9]) {
		t.Error("the recovery key is shown twice")
	}
	s.asks("POST", "/en/agency/recovery/confirm", "recovery-key", mistyped(key)).reads(422, "missing or mistaken")
	s.asks("POST", "/en/agency/recovery/confirm", "recovery-key", strings.ToLower(key))
	s.asks("GET", "/en/agency").reads(200, "can receive")
	s.is("admin").asks("GET", "/en/admin/agencies/"+agencyID).reads(200, "The agency has leads")

	s.is("lena").asks("POST", "/en/agency/members/cleo/roles", "roles", "lead", "roles", "caseworker")
	s.asks("GET", "/en/agency/members/cleo").reads(200, "Cleo", "Remove Cleo")
	s.asks("POST", "/en/agency/members/cleo/recover").reads(200, "/en/recover/cleo")
	s.asks("POST", "/en/agency/members/cleo/remove")
	s.asks("GET", "/en/agency/members/cleo").reads(404)
	s.asks("POST", "/en/agency/members/lena/remove").reads(200, "at least one lead")
	s.asks("GET", "/en/agency").reads(200, "New key after a member left")
	s.is("cleo").asks("GET", "/en/agency").reads(404, "belong to no agency")

	s.is("admin").asks("POST", "/en/admin/agencies/"+agencyID+"/state", "state", "suspended")
	s.is("lena").asks("GET", "/en/agency").reads(200, "has suspended the agency")
}

func TestEveryPageOfAnAgencyOpensInEveryLanguage(t *testing.T) {
	s := opens(t)
	agencyID, _ := s.shelter()
	path, err := s.Invite(ctx, s.as("lena"), agencyID, []string{"caseworker"}, "x", "", "en")
	s.must(err)
	_, err = s.MakeRecovery(ctx, s.as("lena"))
	s.must(err)
	for _, lang := range i18n.Languages {
		for who, pages := range map[string][]string{
			"lena":  {"/agency", "/agency/members/omar", "/agency/recovery", path, path + "/join"},
			"admin": {"/admin/agencies", "/admin/agencies/" + agencyID},
		} {
			for _, p := range pages {
				s.is(who).asks("GET", "/"+lang+p).reads(200)
				if m := regexp.MustCompile(`>\s*(account|agency|web)\.[a-z.-]+\s*<`).FindString(s.body); m != "" {
					t.Errorf("%s%s shows a key %s", lang, p, m)
				}
			}
		}
	}
}

func TestAnInvitationByMailSaysNothingAboutTheAgency(t *testing.T) {
	s := opens(t)
	agencyID := s.admits("Refuge For Someone")
	_, err := s.Invite(ctx, s.as("admin"), agencyID, []string{"lead"}, "the night lead", "lena@example.org", "fr")
	s.must(err)
	catcher := mail.NewCatcher(5, clock.Fixed(s.now))
	runner := jobs.NewRunner(s.db, clock.Fixed(s.now), s.cfg.Log)
	runner.Handle(mail.Kind, mail.NewSender(catcher, mail.Telling(s.cfg.Texts, i18n.Languages)).Handle)
	s.must(runner.RunDue(ctx))
	got := catcher.For("lena@example.org")
	if len(got) != 1 || !strings.Contains(got[0].Text, s.base+"/fr/invite/") || strings.Contains(got[0].Subject+got[0].Text, "Refuge") || strings.Contains(got[0].Text, "night") {
		t.Errorf("the mail is %+v", got)
	}
}
