package pack_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"amelie/internal/id"
	"amelie/internal/learn/pack"
)

// TestTheCourseStructureIsThatOfTheSchema reads cmi5.xml by the elements, the
// order and the values of the published CourseStructure.xsd.
func TestTheCourseStructureIsThatOfTheSchema(t *testing.T) {
	m := maker(t, nil)
	b := packed(t, m, pack.CMI5, pack.All)["cmi5.xml"]
	var order []string
	d := xml.NewDecoder(strings.NewReader(string(b)))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		x, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if x.Name.Space != "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd" {
			t.Errorf("%s is of %s", x.Name.Local, x.Name.Space)
		}
		order = append(order, x.Name.Local)
	}
	want := strings.Fields("courseStructure course title langstring langstring description langstring langstring au title langstring langstring description langstring langstring url")
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{`masteryScore="0.8"`, `moveOn="Passed"`, `launchMethod="AnyWindow"`, `<langstring lang="de">A small course de</langstring>`, `<url>index.html</url>`} {
		if !strings.Contains(string(b), part) {
			t.Errorf("no %s in %s", part, b)
		}
	}
	ids := regexp.MustCompile(`id="(urn:uuid:[0-9a-f-]{36})"`).FindAllSubmatch(b, -1)
	if len(ids) != 2 || string(ids[0][1]) == string(ids[1][1]) {
		t.Errorf("identifiers %q", ids)
	}
	if other := packed(t, m, pack.CMI5, "de")["cmi5.xml"]; strings.Contains(string(other), string(ids[0][1])) {
		t.Error("packages of other languages are the same course")
	}
}

const (
	actor    = `{"objectType":"Agent","account":{"homePage":"https://platform.example","name":"learner-7"}}`
	activity = "https://platform.example/activity/1"
	session  = "7f000001-0000-4000-8000-000000000001"
)

// lrs is a small record store: it takes what the standard lets it take.
type lrs struct {
	t          *testing.T
	mu         sync.Mutex
	statements []statement
	kept       map[string][]byte
	launch     string
	fetched    int
	away       bool // answers, but takes nothing
}

type statement struct {
	ID    string `json:"id"`
	Actor any    `json:"actor"`
	Verb  struct {
		ID string `json:"id"`
	} `json:"verb"`
	Object struct {
		ID string `json:"id"`
	} `json:"object"`
	Result *struct {
		Success    *bool  `json:"success"`
		Completion *bool  `json:"completion"`
		Duration   string `json:"duration"`
		Score      *struct {
			Scaled, Raw, Min, Max float64
		} `json:"score"`
	} `json:"result"`
	Context struct {
		Registration string `json:"registration"`
		Activities   struct {
			Category []struct {
				ID string `json:"id"`
			} `json:"category"`
			Grouping []any `json:"grouping"`
		} `json:"contextActivities"`
		Extensions map[string]any `json:"extensions"`
	} `json:"context"`
	Timestamp string `json:"timestamp"`
}

func (x *lrs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		x.t.Error(err)
	}
	if x.away {
		http.Error(w, "away", http.StatusServiceUnavailable)
		return
	}
	if r.URL.Path == "/lrs/fetch" {
		x.fetched++
		if r.Method != http.MethodPost || x.fetched > 1 {
			x.t.Errorf("the token is asked for by %s, time %d", r.Method, x.fetched)
		}
		fmt.Fprint(w, `{"auth-token":"dG9rZW46"}`)
		return
	}
	if r.Header.Get("Authorization") != "Basic dG9rZW46" || !strings.HasPrefix(r.Header.Get("X-Experience-API-Version"), "1.0.") {
		x.t.Errorf("%s: authorization %q, version %q", r.URL, r.Header.Get("Authorization"), r.Header.Get("X-Experience-API-Version"))
	}
	q := r.URL.Query()
	switch r.URL.Path {
	case "/lrs/statements":
		x.hear(r.Method, q.Get("statementId"), body)
		w.WriteHeader(http.StatusNoContent)
	case "/lrs/activities/state":
		if q.Get("activityId") != activity || q.Get("registration") != session || q.Get("agent") != actor {
			x.t.Errorf("state of %v", q)
		}
		x.state(w, r, q.Get("stateId"), body)
	case "/lrs/agents/profile":
		w.WriteHeader(http.StatusNotFound)
	default:
		x.t.Errorf("asked for %s", r.URL)
	}
}

func (x *lrs) state(w http.ResponseWriter, r *http.Request, name string, body []byte) {
	switch {
	case r.Method == http.MethodPut && name == "bookmark" && json.Valid(body):
		x.kept[name] = body
		w.WriteHeader(http.StatusNoContent)
	case name == "LMS.LaunchData":
		fmt.Fprint(w, x.launch)
	case x.kept[name] != nil:
		_, _ = w.Write(x.kept[name])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// hear takes one statement by its name, or several at once.
func (x *lrs) hear(method, name string, body []byte) {
	if method == http.MethodPut {
		x.take(name, body)
		return
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil || method != http.MethodPost {
		x.t.Errorf("%s %s: %v", method, body, err)
	}
	for _, one := range list {
		var named struct{ ID string }
		if err := json.Unmarshal(one, &named); err != nil {
			x.t.Error(err)
		}
		x.take(named.ID, one)
	}
}

var isoDuration = regexp.MustCompile(`^PT[0-9]+(\.[0-9]{1,2})?S$`)

// take checks a statement against xAPI 1.0.3 and cmi5, section 9.
func (x *lrs) take(name string, body []byte) {
	var s statement
	if err := json.Unmarshal(body, &s); err != nil {
		x.t.Error(err)
		return
	}
	verb := strings.TrimPrefix(s.Verb.ID, "http://adlnet.gov/expapi/verbs/")
	when, err := time.Parse(time.RFC3339, s.Timestamp)
	if err != nil || when.Location() != time.UTC || s.ID != name || !id.Valid(s.ID) || s.Object.ID != activity || s.Context.Registration != session {
		x.t.Errorf("%s: %s", verb, body)
	}
	if got, err := json.Marshal(s.Actor); err != nil || !strings.Contains(string(got), "learner-7") {
		x.t.Errorf("%s by %s", verb, got)
	}
	var categories []string
	for _, c := range s.Context.Activities.Category {
		categories = append(categories, strings.TrimPrefix(c.ID, "https://w3id.org/xapi/cmi5/context/categories/"))
	}
	moves := slices.Contains([]string{"completed", "passed", "failed"}, verb)
	want := []string{"cmi5"}
	if moves {
		want = []string{"cmi5", "moveon"}
	}
	if !slices.Equal(categories, want) || len(s.Context.Activities.Grouping) != 1 || s.Context.Extensions["https://w3id.org/xapi/cmi5/context/extensions/sessionid"] != "s-1" {
		x.t.Errorf("%s: not the platform's context: %s", verb, body)
	}
	if (moves || verb == "terminated") != (s.Result != nil && isoDuration.MatchString(s.Result.Duration)) {
		x.t.Errorf("%s: no duration: %s", verb, body)
	}
	x.statements = append(x.statements, s)
}

func (x *lrs) verbs() (out []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.statements {
		out = append(out, strings.TrimPrefix(s.Verb.ID, "http://adlnet.gov/expapi/verbs/"))
	}
	return out
}

// scored holds a statement against the share that a test came to, 0 or 1.
func (x *lrs) scored(i int, want float64) {
	x.t.Helper()
	s := x.statements[i]
	r := s.Result
	if r.Success == nil || *r.Success != (want == 1) || r.Score == nil || r.Score.Scaled != want || r.Score.Raw != 100*want || r.Score.Max != 100 || s.Context.Extensions["https://w3id.org/xapi/cmi5/context/extensions/masteryscore"] != 0.8 {
		x.t.Errorf("result %+v", r)
	}
}

// launched opens a package as a platform launches it.
func launched(t *testing.T, files map[string][]byte, store *lrs) *platform {
	t.Helper()
	store.t, store.fetched = t, 0
	launch := url.Values{"endpoint": {"/lrs/"}, "fetch": {"/lrs/fetch"}, "actor": {actor}, "registration": {session}, "activityId": {activity}}
	page := `<!doctype html><title>platform</title><iframe src="/course/index.html?` + strings.ReplaceAll(launch.Encode(), "&", "&amp;") + `" width="390" height="800"></iframe>`
	served := fstest.MapFS{"index.html": {Data: []byte(page)}}
	for name, b := range files {
		served["course/"+name] = &fstest.MapFile{Data: b}
	}
	return open(t, files, served, store)
}

// said waits until the store has heard something n times.
func (p *platform) said(store *lrs, verb string, n int) {
	p.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		count := 0
		for _, v := range store.verbs() {
			if v == verb {
				count++
			}
		}
		if count >= n {
			return
		}
		select {
		case <-p.tab.Done():
			p.Fatalf("%s was never said: %v", verb, store.verbs())
		case <-again.C:
		}
	}
}

// newLRS is a store that has heard nothing yet, for a launch in a mode.
func newLRS(mode string) *lrs {
	return &lrs{kept: map[string][]byte{}, launch: `{"contextTemplate":{"contextActivities":{"grouping":[{"id":"https://platform.example/course"}]},"extensions":{"https://w3id.org/xapi/cmi5/context/extensions/sessionid":"s-1"}},"launchMode":"` + mode + `","masteryScore":0.8,"moveOn":"Passed","returnURL":"https://platform.example/back"}`}
}

func TestAStatementIsSaidUntilTheStoreHasIt(t *testing.T) {
	store := newLRS("Normal")
	p := launched(t, packed(t, maker(t, nil), pack.CMI5, pack.All), store)
	away := func(is bool) {
		store.mu.Lock()
		defer store.mu.Unlock()
		store.away = is
	}
	p.goTo("test")
	away(true)
	p.answer(true)
	p.reads("lost")
	away(false)
	in[bool](p, `win.dispatchEvent(new win.Event("online"))`)
	p.said(store, "completed", 1)
	if diff := cmp.Diff([]string{"initialized", "passed", "completed"}, store.verbs()); diff != "" {
		t.Error(diff)
	}
	p.reads("heard")
}

func TestARecordStoreHearsNothingOfALookBack(t *testing.T) {
	files := packed(t, maker(t, nil), pack.CMI5, pack.All)
	for mode, says := range map[string]string{"Browse": "preview", "Review": "over"} {
		store := newLRS(mode)
		p := launched(t, files, store)
		p.reads(says)
		p.goTo("test")
		p.answer(true)
		in[bool](p, `(doc.defaultView.frameElement.remove(), true)`)
		p.said(store, "terminated", 1)
		if diff := cmp.Diff([]string{"initialized", "terminated"}, store.verbs()); diff != "" {
			t.Errorf("%s: %s", mode, diff)
		}
	}
}

func TestARecordStoreHearsWhatCmi5SaysAndNoMore(t *testing.T) {
	files := packed(t, maker(t, nil), pack.CMI5, pack.All)
	store := newLRS("Normal")
	p := launched(t, files, store)
	if !in[bool](p, `doc.getElementById("leave").href === "https://platform.example/back" && !doc.getElementById("leave").hidden`) {
		t.Error("no way back to the platform")
	}
	p.goTo("test")
	p.answer(false)
	in[bool](p, `(doc.querySelector("[data-again]").click(), true)`)
	p.answer(false)
	in[bool](p, `(doc.defaultView.frameElement.remove(), true)`)
	p.said(store, "terminated", 1)
	if diff := cmp.Diff([]string{"initialized", "failed", "terminated"}, store.verbs()); diff != "" {
		t.Error(diff)
	}
	store.scored(1, 0)
	store.statements = nil
	p = launched(t, files, store)
	in[bool](p, `(doc.querySelector("[data-again]").click(), true)`)
	p.answer(false)
	in[bool](p, `(doc.querySelector("[data-again]").click(), true)`)
	p.answer(true)
	p.said(store, "completed", 1)
	in[bool](p, `(doc.querySelector("[data-again]").click(), true)`)
	p.answer(true)
	p.goTo("talk.u2")
	in[bool](p, `(doc.defaultView.frameElement.remove(), true)`)
	p.said(store, "terminated", 1)
	// "failed" beside "passed" in one session is against cmi5, 9.3; platforms
	// refuse the second of them.
	if diff := cmp.Diff([]string{"initialized", "passed", "completed", "terminated"}, store.verbs()); diff != "" {
		t.Error(diff)
	}
	store.scored(1, 1)
	store.statements = nil
	back := launched(t, files, store)
	back.until(`!document.querySelector("iframe").contentDocument.getElementById("talk.u2").hidden`)
	back.goTo("test")
	in[bool](back, `(doc.querySelector("[data-again]").click(), true)`)
	back.answer(false)
	in[bool](back, `(doc.defaultView.frameElement.remove(), true)`)
	back.said(store, "terminated", 1)
	if diff := cmp.Diff([]string{"initialized", "terminated"}, store.verbs()); diff != "" {
		t.Errorf("what was passed is told again: %s", diff)
	}
}
