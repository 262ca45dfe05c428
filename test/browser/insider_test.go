package browser

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"amelie/internal/id"
	"amelie/internal/web"
)

// A curious insider with a valid account, and others who have no business in a
// case: each asks for every page and presses every button of Care with the real
// identifiers of other people's cases. Nothing is told apart from what is not
// there, and nothing is done.

// raider is somebody signed in, without a browser.
type raider struct {
	t    *testing.T
	who  string
	base string
	http *http.Client
	// known are identifiers of members and agencies, which are no secret, by themselves.
	known map[string]string
}

func (h *house) raider(t *testing.T, who string) *raider {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &raider{t, who, h.base, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, h.people(t)}
	if got := r.sends(attack{method: "POST", path: "/en/demo", fields: url.Values{"person": {who}}}); got.to != "/en/today" {
		t.Fatalf("%s does not come in: %+v", who, got)
	}
	return r
}

// attack is one request.
type attack struct {
	method, path string
	fields       url.Values
	files        []string // names of fields that hold a file
}

// reply is what came back.
type reply struct {
	status int
	to     string // where it leads on
	body   string
}

func (r *raider) sends(a attack) reply {
	r.t.Helper()
	body, kind := io.Reader(strings.NewReader(a.fields.Encode())), "application/x-www-form-urlencoded"
	if len(a.files) > 0 {
		body, kind = a.multipart(r.t)
	}
	ask, err := http.NewRequest(a.method, r.base+a.path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	if a.method == http.MethodPost {
		ask.Header.Set("Content-Type", kind)
		ask.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	got, err := r.http.Do(ask)
	if err != nil {
		r.t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	defer got.Body.Close()
	return reply{got.StatusCode, got.Header.Get("Location"), string(mustRead(r.t, got.Body))}
}

// multipart is the form with a small picture.
func (a attack) multipart(t *testing.T) (io.Reader, string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for name, values := range a.fields {
		for _, v := range values {
			w.WriteField(name, v) //nolint:errcheck // into memory
		}
	}
	picture, err := os.ReadFile(drawnPicture(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range a.files {
		f, err := w.CreateFormFile(name, "a.png")
		if err != nil {
			t.Fatal(err)
		}
		f.Write(picture) //nolint:errcheck // into memory
	}
	w.Close()
	return &out, w.FormDataContentType()
}

var identifier = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// people are the identifiers of members and their agencies.
func (h *house) people(t *testing.T) map[string]string {
	t.Helper()
	ctx, out := context.Background(), map[string]string{}
	list, err := h.app.Accounts.People(ctx, h.member(t, "admin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		out[p.ID], out[p.AgencyID] = p.ID, p.AgencyID
	}
	return out
}

// member is somebody of the demo, for what is done without a page.
func (h *house) member(t *testing.T, who string) *web.Viewer {
	t.Helper()
	user, err := h.app.Accounts.ByLogin(context.Background(), who+"@demo.invalid")
	if err != nil {
		t.Fatal(err)
	}
	v, err := h.app.Accounts.DemoViewer(context.Background(), user)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// elsewhere is the same attack on what does not exist; what is known stays.
func (a attack) elsewhere(known map[string]string) attack {
	none := maps.Clone(known)
	swap := func(s string) string {
		return identifier.ReplaceAllStringFunc(s, func(real string) string {
			if none[real] == "" {
				none[real] = id.New()
			}
			return none[real]
		})
	}
	out := attack{a.method, swap(a.path), url.Values{}, a.files}
	for name, values := range a.fields {
		for _, v := range values {
			out.fields.Add(name, swap(v))
		}
	}
	return out
}

// bare is the reply without identifiers.
func (r reply) bare() reply {
	return reply{r.status, identifier.ReplaceAllString(r.to, "ID"), identifier.ReplaceAllString(r.body, "ID")}
}

// booty is what rightful members see of cases: pages, forms and identifiers.
type booty struct {
	pages   map[string]bool
	forms   map[string]attack // by what tells them apart
	ids     []string
	visited map[string]bool
}

// gathers follows the links of pages as somebody who may, as far as they lead to
// one of the things.
func (r *raider) gathers(b *booty, things []string, path string) {
	r.t.Helper()
	path, _, _ = strings.Cut(path, "#")
	if b.visited[r.who+path] {
		return
	}
	b.visited[r.who+path] = true
	got := r.sends(attack{method: "GET", path: path})
	if got.status != http.StatusOK || !strings.Contains(got.body, "<main") {
		if got.status == http.StatusOK {
			b.pages[path] = true // a document
		}
		return
	}
	b.pages[path] = true
	doc, err := html.Parse(strings.NewReader(got.body))
	if err != nil {
		r.t.Fatal(err)
	}
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.Data == "a" || n.Data == "img":
			to := attribute(n, "href") + attribute(n, "src")
			if slices.ContainsFunc(things, func(x string) bool { return strings.Contains(to, x) }) && strings.HasPrefix(to, "/en/") {
				r.gathers(b, things, to)
			}
		case n.Data == "form" && attribute(n, "method") == "post":
			r.form(b, path, n)
		}
	}
	for _, x := range identifier.FindAllString(path, -1) {
		if !slices.Contains(b.ids, x) {
			b.ids = append(b.ids, x)
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// form keeps a form, once for each of its buttons: filled in as it stands, the
// first answer of each question chosen.
func (r *raider) form(b *booty, page string, form *html.Node) {
	a := attack{method: "POST", path: attribute(form, "action"), fields: url.Values{}}
	if a.path == "" {
		a.path = page
	}
	if !strings.HasPrefix(a.path, "/en/") {
		return
	}
	buttons := []([2]string){{"", ""}}
	for n := range form.Descendants() {
		name := attribute(n, "name")
		switch {
		case n.Type != html.ElementNode || name == "" || name == "once":
		case n.Data == "button":
			buttons = append(buttons, [2]string{name, attribute(n, "value")})
		case n.Data == "textarea":
			a.fields.Set(name, "Curious (invented)")
		case n.Data == "select":
			a.fields.Set(name, firstOption(n))
		case n.Data == "input":
			a.control(n, name)
		}
	}
	for _, button := range buttons[min(1, len(buttons)-1):] {
		one := attack{a.method, a.path, url.Values{}, a.files}
		for k, v := range a.fields {
			one.fields[k] = v
		}
		if button[0] != "" {
			one.fields.Set(button[0], button[1])
		}
		b.forms[one.path+" "+button[0]+"="+button[1]+" "+strings.Join(keys(one.fields), " ")] = one
	}
}

// control fills in an input.
func (a *attack) control(n *html.Node, name string) {
	value := attribute(n, "value")
	switch attribute(n, "type") {
	case "file":
		a.files = append(a.files, name)
	case "radio", "checkbox":
		if !a.fields.Has(name) {
			a.fields.Set(name, value)
		}
	case "hidden":
		a.fields.Add(name, value)
	case "date":
		a.fields.Set(name, "2030-01-02")
	case "datetime-local":
		a.fields.Set(name, "2030-01-02T10:00")
	case "time":
		a.fields.Set(name, "10:00")
	case "number":
		a.fields.Set(name, "3")
	default:
		a.fields.Set(name, "Curious (invented)")
	}
}

func firstOption(list *html.Node) string {
	for n := range list.Descendants() {
		if v := attribute(n, "value"); n.Data == "option" && v != "" {
			return v
		}
	}
	return ""
}

func keys(v url.Values) (out []string) {
	for k := range v {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

var quotedRoute = regexp.MustCompile(`"((?:GET|POST) /[^"]+)"`)

// careRoutes are the routes of the shell whose first step is one that a room of the
// case file registers, so that a new room is attacked by itself.
func careRoutes(t *testing.T, h *house) (out []string) {
	t.Helper()
	first := map[string]bool{}
	err := filepath.WalkDir("../../internal/casework", func(path string, e os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range quotedRoute.FindAllSubmatch(text, -1) {
			first[step1(string(m[1]))] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range h.app.Shell.Routes() {
		if first[step1(route)] {
			out = append(out, route)
		}
	}
	if len(out) < 80 {
		t.Fatalf("Care has only %d routes: %v", len(out), out)
	}
	return out
}

// step1 is the first step of a route's path.
func step1(route string) string {
	_, path, _ := strings.Cut(route, " /")
	first, _, _ := strings.Cut(path, "/")
	return first
}

// matches says whether a path is one of a route.
func matches(route, method, path string) bool {
	m, pattern, _ := strings.Cut(route, " ")
	path, _, _ = strings.Cut(strings.TrimPrefix(path, "/en"), "?")
	steps, named := strings.Split(path, "/"), strings.Split(pattern, "/")
	if m != method || len(steps) != len(named) {
		return false
	}
	for i, s := range named {
		if !strings.HasPrefix(s, "{") && s != steps[i] {
			return false
		}
	}
	return true
}

// attacks are all requests: each route at least once, with what rightful members
// see of it, and where they see nothing with every identifier that may be meant. Of
// pages that differ in their query alone two are asked for.
func (b *booty) attacks(routes, things []string) (out []attack) {
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route, " ")
		before, asked := len(out), map[string]int{}
		for _, page := range keysOf(b.pages) {
			path, _, _ := strings.Cut(page, "?")
			if asked[path]++; asked[path] <= 2 && matches(route, method, page) {
				out = append(out, attack{method: method, path: page})
			}
		}
		for _, a := range b.forms {
			if !matches(route, method, a.path) {
				continue
			}
			if out = append(out, a); asked[a.path+"?"] == 0 {
				asked[a.path+"?"] = 1
				out = append(out, attack{method: a.method, path: a.path}) // with nothing filled in
			}
		}
		if len(out) == before {
			out = append(out, b.guessed(method, pattern, things)...)
		}
	}
	return out
}

// guessed fills the parameters of a route: a case where one is meant, a kind of
// entry, whatever identifier there is for what else lies in it; its fields are those
// of every form.
func (b *booty) guessed(method, pattern string, things []string) (out []attack) {
	paths, all := []string{"/en" + pattern}, url.Values{}
	for _, a := range b.forms {
		for name, values := range a.fields {
			all[name] = values
		}
	}
	if method == http.MethodGet {
		all = nil
	}
	paths = each(each(paths, "{id}", things), "{kind}", []string{"needs", "note"})
	for _, path := range each(paths, "", b.ids) {
		out = append(out, attack{method: method, path: path, fields: all})
	}
	return out
}

// each puts each of the values in the place of a parameter; "" is any that is left.
func each(paths []string, parameter string, values []string) (out []string) {
	for _, path := range paths {
		p := parameter
		if p == "" {
			p = anyParameter.FindString(path)
		}
		if p == "" || !strings.Contains(path, p) {
			out = append(out, path)
			continue
		}
		for _, v := range values {
			out = append(out, strings.Replace(path, p, v, 1))
		}
	}
	return out
}

var anyParameter = regexp.MustCompile(`\{[^}]+\}`)

// The insiders, and the routes of which each has something of their own.
var insiders = []struct {
	who string
	own []string // how their paths begin
}{
	{"insider", nil},
	{"yannis", []string{"/interpreters", "/cases/day/settle"}}, // the list of his agency; a case of his that he hands over
	{"coordinator", nil},
	{"auditor", nil},
	{"admin", nil},
	{"police", nil}, // an authority has nothing by default
	{"interpreter", []string{"/interpreting"}},
	{"ekka-second", nil},    // locked meanwhile
	{"shelter-second", nil}, // no member any more
}

// theirWords are words of the two cases that are attacked.
var theirWords = []string{"Rosa", "lavender", "Brings the papers", "bakery", "First talk with the lawyer", "at the station", "Amir", "cook of the day centre", "quiet room", "appointment at the office", "Römischer"}

// req: CASE-4
func TestACuriousInsiderFindsNothingOnAnyPageAndMovesNothing(t *testing.T) {
	unhurried(t)
	dir := t.TempDir()
	h := serve(t, dir, "127.0.0.1:0")
	t.Cleanup(h.stop)
	var out []*raider
	for _, x := range insiders {
		out = append(out, h.raider(t, x.who))
	}
	h.expels(t)
	mira := h.raider(t, "mira")
	things := []string{mira.caseNamed("Rosa"), mira.caseNamed("Amir")}
	b := h.gathered(t, things)
	attacks := b.attacks(careRoutes(t, h), things)
	before, apart := mira.sight(b, things), 0
	for i, r := range out {
		r.tries(attacks, insiders[i].own)
	}
	if after := mira.sight(b, things); after != before {
		t.Errorf("something changed: %s", firstDifference(before, after))
	}
	for _, a := range attacks { // who may sees what nobody else does: the attacks are real
		if _, differs := mira.tells(a, mira.sends(a), map[string]reply{}); a.method == http.MethodGet && differs {
			apart++
		}
	}
	if t.Logf("%d requests by each of %d; %d pages are there for who may see them", len(attacks), len(out), apart); apart < 100 {
		t.Errorf("only %d pages are there for who may see them", apart)
	}
}

// gathered is what those see who may: the worker and a lead of the cases, who was
// given a part of one, who is asked for a place, who interprets.
func (h *house) gathered(t *testing.T, things []string) *booty {
	t.Helper()
	b := &booty{map[string]bool{}, map[string]attack{}, nil, map[string]bool{}}
	rosa, amir := "/en/cases/"+things[0], "/en/cases/"+things[1]
	for who, paths := range map[string][]string{"mira": {rosa, amir, "/en/cases", "/en/cases/day", "/en/cases/day/hand-over", "/en/interpreters", "/en/glass", "/en/shared", "/en/cases/new"},
		"shelter-lead": {rosa, "/en/case-keep", "/en/cases/day/team"}, "ekka-case": {rosa, "/en/places", "/en/talks"}, "garden-case": {"/en/places"}, "interpreter": {"/en/interpreting"}} {
		r := h.raider(t, who)
		for _, p := range paths {
			r.gathers(b, append(things, "/places/asked/", "/places/own/", "/interpreters/"), p)
		}
	}
	return b
}

// expels keeps one insider out and takes another's membership.
func (h *house) expels(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	if err := h.app.Accounts.SetState(ctx, h.member(t, "admin"), h.member(t, "ekka-second").UserID, "disabled"); err != nil {
		t.Fatal(err)
	}
	if err := h.app.Agencies.Remove(ctx, h.member(t, "shelter-lead"), h.member(t, "shelter-second").UserID); err != nil {
		t.Fatal(err)
	}
}

// caseNamed is the identifier of an own case.
func (r *raider) caseNamed(name string) string {
	r.t.Helper()
	page := r.sends(attack{method: "GET", path: "/en/cases"}).body
	m := regexp.MustCompile(`/en/cases/(` + identifier.String() + `)"[^>]*>[^<]*` + name).FindStringSubmatch(page)
	if m == nil {
		r.t.Fatalf("no case of %s\n%s", name, clip(page))
	}
	return m[1]
}

// sight is everything of the cases that the responsible worker sees, to be compared.
func (r *raider) sight(b *booty, things []string) string {
	r.t.Helper()
	var out strings.Builder
	for _, path := range keysOf(b.pages) {
		if !slices.ContainsFunc(things, func(x string) bool { return strings.Contains(path, x) }) {
			continue
		}
		got := r.sends(attack{method: "GET", path: path}).bare()
		fmt.Fprintln(&out, path, got.status, got.body)
	}
	return out.String()
}

func keysOf(m map[string]bool) (out []string) {
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return clip(x[i]) + "\nis now\n" + clip(y[i])
		}
	}
	return "the length"
}

// tries sends each attack, and the same on what does not exist. No answer tells
// the two apart, and none holds a word of the person.
func (r *raider) tries(attacks []attack, own []string) {
	r.t.Helper()
	none := map[string]reply{}
	for _, a := range attacks {
		if slices.ContainsFunc(own, func(path string) bool { return strings.HasPrefix(a.path, "/en"+path) }) {
			continue
		}
		got := r.sends(a)
		for _, word := range theirWords {
			if strings.Contains(got.body, word) {
				r.t.Errorf("%s reads %q by %s %s", r.who, word, a.method, a.path)
			}
		}
		if name, differs := r.tells(a, got, none); differs {
			r.t.Errorf("%s tells by %s %s %v what there is: %d %s, and %d %s for nothing\n%s", r.who, a.method, a.path, a.fields, got.status, got.to, name.status, name.to, firstDifference(got.bare().body, name.body))
		}
	}
}

// tells says whether a reply is another than that to the same attack on what does
// not exist, which is kept for the attacks that differ in their identifiers alone.
func (r *raider) tells(a attack, got reply, none map[string]reply) (reply, bool) {
	r.t.Helper()
	what := a.path + " " + a.fields.Encode()
	if !identifier.MatchString(what) { // it is about what is the insider's own
		if a.method == http.MethodPost {
			r.sends(attack{method: "GET", path: "/en/cases/" + id.New()}) // takes what the next page would say of it
		}
		return reply{}, false
	}
	key := a.method + identifier.ReplaceAllString(what, "ID")
	if none[key] != got.bare() { // not asked yet, or something of the insider's own changed since
		none[key] = r.sends(a.elsewhere(r.known)).bare()
	}
	return none[key], none[key] != got.bare()
}
