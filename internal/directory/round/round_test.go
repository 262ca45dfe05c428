package round

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http/httptest"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/vault"
)

// decodeMail is the subject and the text of a mail as a person reads them.
func decodeMail(raw string) string {
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return raw
	}
	subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	var body io.Reader = m.Body
	if strings.EqualFold(m.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(m.Body)
	}
	text, _ := io.ReadAll(body)
	return "To: " + m.Header.Get("To") + "\nSubject: " + subject + "\n\n" + string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
}

// The story of a round: a Greek office corrects an hour and a number on its
// telephone, an editor calls the number known before, and both are live.
func TestABodyCorrectsItsEntryByItsLinkAndAnEditorCallsBeforeAContactGoesLive(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		text, link := w.mailed("info@lychnari.example")
		if !strings.Contains(text, "Παρακαλούμε") || !strings.HasPrefix(link, "/el/") {
			t.Errorf("the mail is not in the body's language: %s", text)
		}
		code, page := w.get(link)
		if code != 200 || !strings.Contains(page, "Lychnari") || !strings.Contains(page, "Δευτέρα: 09:00–14:00") {
			t.Fatalf("%d %s", code, page)
		}
		id := "gr-lychnari-1"
		form := url.Values{"once": {"0123456789abcdef01"}, "rev." + id: {"1"}, "answer.languages." + id: {"right"}, "week." + id: {"1"},
			"phone." + id + ".0": {"2310 000222"}}
		for _, d := range []string{"Mo", "Tu", "We", "Th", "Fr"} {
			form.Set("day."+id+"."+d, "9-14")
		}
		form.Set("day."+id+".We", "9-14, 17.30–20")
		if code, page := w.post_(link, form); code != 303 {
			t.Fatalf("%d %s", code, page)
		}
		if _, page := w.get(link); !strings.Contains(page, "Σας ευχαριστούμε") || !strings.Contains(page, "30 Νοεμβρίου 2026") {
			t.Error("the page does not say what happens, and by when")
		}
		// Nothing of it is live: only what is right counts.
		if got := w.service(id); got.Phones[0].Number != "+302310000111" || len(got.Hours.Open) != 1 {
			t.Errorf("a correction went live by a link: %+v", got)
		}
		if c := w.checks("gr-lychnari"); len(c) != 1 || c[id+" languages"].How != directory.ByTheLink {
			t.Errorf("%+v", c)
		}
		if b := w.body(round, "gr-lychnari"); b.Answer != Corrected || b.Way != "link" {
			t.Errorf("%+v", b)
		}
		waiting := w.waiting("gr-lychnari")
		if len(waiting) != 1 || len(waiting[0].Contacts) != 1 || waiting[0].By.Way != directory.ByLink {
			t.Fatalf("%+v", waiting)
		}
		// The new number is not one that may be called.
		by := directory.By{User: lotte.UserID, Name: lotte.Name, Way: directory.ByEditor}
		for called, ok := range map[string]bool{"+302310000222": false, "+302310000111": true} {
			err := w.db.Write(t.Context(), func(tx *db.Tx) error {
				return w.d.Settle(tx, by, w.now, waiting[0].ID, directory.Settling{Accept: true, Called: called})
			})
			if (err == nil) != ok {
				t.Errorf("after a call to %s: %v", called, err)
			}
			if ok {
				break
			}
		}
		got := w.service(id)
		if got.Phones[0].Number != "+302310000222" || len(got.Hours.Open) != 3 {
			t.Errorf("not live: %+v", got)
		}
		if _, page := w.get("/el/entry/" + id); !strings.Contains(page, "2310 000 222") && !strings.Contains(page, "2310 000222") {
			t.Error("the public page does not have the new number")
		}
		if c := w.checks("gr-lychnari"); c[id+" phones"].How != directory.ByTelephone || c[id+" hours"].How == "" {
			t.Errorf("what the editor called about is not verified: %+v", c)
		}
	})
}

// req: ROUND-5
func TestAMailScannerThatOpensEveryLinkChangesNothing(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		_, link := w.mailed("leitung@haus.example")
		before := fmt.Sprint(w.body(round, "de-haus"), w.checks("de-haus"), w.waiting("de-haus"))
		_, page := w.get(link)
		for i := range 100 {
			w.from = fmt.Sprintf("192.0.2.%d:1000", i+1)
			method := []string{"GET", "HEAD", "OPTIONS", "GET"}[i%4]
			path := link
			if i%7 == 0 {
				path += "?all=right&gone=1&remark=x"
			}
			if code, _ := w.do(httptest.NewRequest(method, path, nil)); code >= 500 {
				t.Fatalf("%s %s: %d", method, path, code)
			}
		}
		// Every link on the page, and the forms' addresses as if they were links.
		for _, m := range hrefs.FindAllStringSubmatch(page, -1) {
			if strings.HasPrefix(m[1], "/") {
				w.get(m[1])
			}
		}
		if after := fmt.Sprint(w.body(round, "de-haus"), w.checks("de-haus"), w.waiting("de-haus")); after != before {
			t.Errorf("before %s\nafter %s", before, after)
		}
	})
}

// req: ROUND-5
func TestAForgedExpiredForeignOrMistypedLinkSaysSoInTheSameWordsAndChangesNothing(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		_, link := w.mailed("info@lychnari.example")
		secret := link[strings.LastIndexByte(link, '/')+1:]
		other := New(Config{Secret: vault.NewServerSecret()})
		foreign := other.secret(round, "gr-lychnari") // of an installation with another secret
		flipped := []byte(secret)
		flipped[3] = map[bool]byte{true: 'b', false: 'a'}[flipped[3] == 'a']
		all := url.Values{"all": {"right"}, "once": {"0123456789abcdef02"}}
		var said []string
		try := func(name, secret string) {
			for _, post := range []bool{false, true} {
				code, page := w.get("/en/confirm/" + url.PathEscape(secret))
				if post {
					code, page = w.post_("/en/confirm/"+url.PathEscape(secret), all)
				}
				if code != 410 || !strings.Contains(page, "This link cannot be used") || !strings.Contains(page, "Nothing was changed") {
					t.Errorf("%s: %d", name, code)
				}
				said = append(said, strings.ReplaceAll(page, url.PathEscape(secret), ""))
			}
		}
		try("forged", string(flipped))
		try("foreign", foreign)
		try("short", secret[:20])
		try("garbage", "' OR 1=1 --")
		w.now = w.now.Add(Life)
		try("expired", secret)
		w.sweep()
		try("ended", secret)
		if b := w.body(round, "gr-lychnari"); b.Answer != "" || b.Mailbox != "" || b.hash != "" {
			t.Errorf("after the end: %+v", b)
		}
		for _, page := range said[2:] {
			if len(page) < len(said[0])-400 || len(page) > len(said[0])+400 {
				t.Error("pages about links that do not work differ")
			}
		}
		if len(w.checks("gr-lychnari")) != 0 || len(w.waiting("gr-lychnari")) != 0 {
			t.Error("something was changed")
		}
	})
}

func TestAButtonPressedTwiceActsOnceAndALinkAnswersAgainUntilTheRoundEnds(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		_, link := w.mailed("info@lychnari.example")
		right := url.Values{"all": {"right"}, "once": {"0123456789abcdef03"}}
		for range 2 {
			if code, _ := w.post_(link, right); code != 303 {
				t.Fatal(code)
			}
		}
		if c := w.checks("gr-lychnari"); len(c) != 5 || w.body(round, "gr-lychnari").Answer != Confirmed {
			t.Errorf("%+v", c)
		}
		if _, page := w.get(strings.Replace(link, "/el/", "/en/", 1)); !strings.Contains(page, "You answered on 23 November 2026") {
			t.Error("an answered link does not say so")
		}
		// Later it corrects a text and, before anybody read that, the languages:
		// the first correction is not lost.
		w.now = w.now.Add(time.Hour)
		id := "gr-lychnari-1"
		w.post_(link, url.Values{"once": {"0123456789abcdef04"}, "rev." + id: {"1"}, "summary." + id: {"Άλλα λόγια."}})
		w.now = w.now.Add(time.Hour)
		w.post_(link, url.Values{"once": {"0123456789abcdef05"}, "rev." + id: {"1"}, "languages." + id: {"1"}, "speaks." + id: {"el"}, "add." + id: {"ro", "xx"}})
		waiting := w.waiting("gr-lychnari")
		if len(waiting) != 1 || waiting[0].Row.Service.Summary["el"] != "Άλλα λόγια." || len(waiting[0].Row.Service.Languages) != 2 {
			t.Fatalf("%+v", waiting)
		}
		// An empty answer is none, and keeps what was typed.
		if code, page := w.post_(link, url.Values{"once": {"0123456789abcdef06"}, "rev." + id: {"1"}}); code != 422 || !strings.Contains(page, "Δεν έχει απαντηθεί") {
			t.Error(code)
		}
		if code, page := w.post_(link, url.Values{"once": {"0123456789abcdef07"}, "rev." + id: {"1"}, "week." + id: {"1"}, "day." + id + ".Mo": {"morgens"}, "remark": {"Μένει εδώ"}}); code != 422 || !strings.Contains(page, "morgens") || !strings.Contains(page, "Μένει εδώ") {
			t.Errorf("%d: what was typed is lost", code)
		}
	})
}

// req: ROUND-4 ROUND-6
func TestAHiddenAddressIsShownByNoLinkAndNamedInNoMail(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.round()
		text, link := w.mailed("leitung@haus.example")
		for _, telling := range []string{"Haus", "Fluss", "Berlin", "Schutz", "Frauen", "Betroffene"} {
			if strings.Contains(strings.Replace(text, link, "", 1), telling) {
				t.Errorf("the mail says %q", telling)
			}
		}
		_, other := w.mailed("info@lychnari.example")
		if len(link) != len(other) {
			t.Error("links tell bodies apart")
		}
		_, page := w.get(link)
		for _, hidden := range []string{"Geheimweg", "10115", "23125777", "23125 777", "leitung@haus.example"} {
			if strings.Contains(page, hidden) {
				t.Errorf("the page of the link shows %q", hidden)
			}
		}
		for _, known := range []string{"G…", "… 77", "verdeckt"} {
			if !strings.Contains(page, known) {
				t.Errorf("the page does not show %q", known)
			}
		}
		// A new address waits, and stays hidden.
		place := "de-haus-1-p1"
		code, _ := w.post_(link, url.Values{"once": {"0123456789abcdef08"}, "rev." + place: {"1"}, "street." + place: {"Neuer Weg 1"}, "postal." + place: {""}, "phone." + place + ".0": {""}})
		if waiting := w.waiting("de-haus"); code != 303 || len(waiting) != 1 || waiting[0].Row.Place.Street != "Neuer Weg 1" ||
			waiting[0].Row.Place.PostalCode != "10115" || waiting[0].Row.Place.Address != directory.Hidden || len(waiting[0].Row.Place.Phones) != 1 {
			t.Errorf("%d %+v", code, waiting)
		}
	})
}

func TestRemindersStopWithAnAnswerAndSilenceLeadsToTheCallList(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		if got := len(w.post.Mails()); got != 2 {
			t.Fatalf("%d mails", got)
		}
		calls := func() (out []string) {
			_, list, err := w.s.Calls(t.Context(), lotte, round)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				out = append(out, c.Organization+" "+string(c.Reason))
			}
			return out
		}
		if got := fmt.Sprint(calls()); got != "[it-linea no-mail]" {
			t.Error(got)
		}
		for _, step := range []struct {
			days, mails int
		}{{13, 2}, {1, 4}, {0, 4}, {15, 4}, {1, 5}, {10, 5}} {
			w.now = w.now.Add(time.Duration(step.days) * 24 * time.Hour)
			w.sweep()
			if got := len(w.post.Mails()); got != step.mails {
				t.Errorf("on %s %d mails, want %d", w.now.Format(time.DateOnly), got, step.mails)
			}
			if step.days == 1 && step.mails == 4 {
				_, link := w.mailed("info@lychnari.example") // of the reminder: the same link
				w.post_(link, url.Values{"all": {"right"}, "once": {"0123456789abcdef09"}})
			}
		}
		if got := fmt.Sprint(calls()); got != "[de-haus silent it-linea no-mail]" {
			t.Error(got)
		}
	})
}

func TestAMailThatIsRefusedOrComesBackLeadsToTheCallList(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.post.Refuse, w.post.Only = "550 no such user", "leitung@haus.example"
		round := w.round()
		if b := w.body(round, "de-haus"); b.Mail != Bounced {
			t.Errorf("%+v", b)
		}
		if err := w.s.Returned(t.Context(), lotte, round, "gr-lychnari"); err != nil {
			t.Fatal(err)
		}
		_, list, err := w.s.Calls(t.Context(), lotte, round)
		if err != nil || len(list) != 3 {
			t.Fatal(list, err)
		}
		if dead, err := deadJobs(w); err != nil || dead != 0 {
			t.Errorf("%d dead jobs: %v", dead, err)
		}
	})
}

func TestWhatIsHeardOnTheTelephoneIsVerifiedAndWhatIsNotWaits(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		call := func(c Called) error { return w.s.Call(t.Context(), lotte, round, "it-linea", c) }
		for _, wrong := range []Called{{Outcome: "maybe", Once: "once-call-wrong1"}, {Outcome: CallConfirmed, Once: "once-call-wrong2"}, {Outcome: CallCorrected, Once: "once-call-wrong3"}} {
			if err := call(wrong); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v: %v", wrong, err)
			}
		}
		if err := call(Called{Outcome: CallNobody, Once: "once-call-00000001"}); err != nil {
			t.Fatal(err)
		}
		b := w.body(round, "it-linea")
		if b.Tries != 1 || b.NextCall.Weekday() != time.Tuesday || b.NextCall.Before(w.now.Add(12*time.Hour)) {
			t.Errorf("%+v", b)
		}
		if err := call(Called{Outcome: CallDead, Once: "once-call-00000002"}); err != nil {
			t.Fatal(err)
		}
		trust, err := w.s.Trust(t.Context(), midwife, "it-linea-1")
		if err != nil || trust.Broken == nil || trust.Keeper || trust.Reports != nil {
			t.Errorf("%+v %v", trust, err)
		}
		if err := call(Called{Outcome: CallConfirmed, Parts: []directory.Part{directory.PartPhones, directory.PartTakes, directory.PartHours}, Once: "once-call-00000003"}); err != nil {
			t.Fatal(err)
		}
		c := w.checks("it-linea")
		if len(c) != 2 || c["it-linea-1 phones"].By.Name != "Lotte Brand" || c["it-linea-1 phones"].How != directory.ByTelephone {
			t.Errorf("%+v", c)
		}
		if trust, _ = w.s.Trust(t.Context(), midwife, "it-linea-1"); trust.Broken != nil {
			t.Error("a number that answered is still called dead")
		}
		if _, list, _ := w.s.Calls(t.Context(), lotte, round); len(list) != 0 {
			t.Errorf("called and still on the list: %+v", list)
		}
	})
}

// req: ROUND-7
func TestAReportKeepsNothingButWhatWasWrittenAndLosesItsWords(t *testing.T) {
	eachWorld(t, func(w *world) {
		path := "/de/entry/gr-lychnari-1/wrong"
		if code, page := w.get(path); code != 200 || strings.Contains(page, "Set-Cookie") {
			t.Fatal(code)
		}
		send := func(once string, form url.Values) (int, string) {
			form.Set("once", once)
			return w.post_(path, form)
		}
		if code, _ := send("0123456789abcdef10", url.Values{"what": {"unsafe"}, "words": {"Die Tür steht offen."}}); code != 200 || len(w.told) != 1 || w.told[0] != "nikos@office.example" {
			t.Errorf("%d, told %v", code, w.told)
		}
		if code, _ := send("0123456789abcdef10", url.Values{"what": {"unsafe"}, "words": {"Die Tür steht offen."}}); code != 200 {
			t.Error(code)
		}
		if code, page := send("0123456789abcdef11", url.Values{"what": {"hours"}, "homepage": {"https://spam.example"}}); code != 200 || !strings.Contains(page, "angekommen") {
			t.Error("a program can tell that it was seen through")
		}
		if code, page := send("0123456789abcdef12", url.Values{"what": {"other"}, "contact": {"ich@example.org"}}); code != 422 || !strings.Contains(page, "ich@example.org") {
			t.Error(code)
		}
		if code, _ := send("0123456789abcdef13", url.Values{"what": {"hours"}, "words": {strings.Repeat("ä", 601)}}); code != 422 {
			t.Error("too many words were taken")
		}
		list, err := w.s.Reports(t.Context(), lotte, ReportOpen)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		if _, err := w.s.Reports(t.Context(), midwife, ReportOpen); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
			t.Errorf("a midwife reads reports: %v", err)
		}
		if err := w.s.Moderate(t.Context(), lotte, list[0].ID, ReportDone, ""); err != nil {
			t.Fatal(err)
		}
		for days, words := range map[int]string{29: "Die Tür steht offen.", 31: ""} {
			w.now = monday.Add(time.Duration(days) * 24 * time.Hour)
			w.sweep()
			if days == 29 || words == "" {
				done, err := w.s.Reports(t.Context(), lotte, ReportDone)
				if err != nil || len(done) != 1 || w.now.Sub(monday) > WordsLife && done[0].Words != "" {
					t.Errorf("after %d days: %+v %v", days, done, err)
				}
			}
		}
	})
}

func TestAnAddressThatReportsTooOftenIsSlowed(t *testing.T) {
	w := newWorld(t, openSQLite(t))
	slow := 0
	for i := range 9 {
		form := url.Values{"what": {"hours"}, "once": {fmt.Sprintf("0123456789abcdef%02d", 20+i)}}
		if code, _ := w.post_("/en/entry/gr-lychnari-1/wrong", form); code == 429 {
			slow++
		}
	}
	if slow != 3 {
		t.Errorf("%d of 9 were slowed, want 3", slow)
	}
}

// req: ROUND-8
func TestTwoModeratedReportsThatANumberIsDeadAreShownToProfessionalsAlone(t *testing.T) {
	eachWorld(t, func(w *world) {
		service := "gr-lychnari-1"
		for i := range 3 {
			if err := w.s.Tell(t.Context(), Told{Service: service, What: NumberDead, Lang: "en", Once: fmt.Sprintf("once-dead-%d-0000000", i)}); err != nil {
				t.Fatal(err)
			}
		}
		broken := func() bool {
			trust, err := w.s.Trust(t.Context(), midwife, service)
			if err != nil {
				t.Fatal(err)
			}
			return trust.Broken != nil
		}
		if broken() {
			t.Error("reports that nobody moderated are believed")
		}
		list, _ := w.s.Reports(t.Context(), lotte, ReportOpen)
		for i, to := range []ReportState{ReportDismissed, ReportTaken} {
			if err := w.s.Moderate(t.Context(), lotte, list[i].ID, to, ""); err != nil {
				t.Fatal(err)
			}
		}
		if broken() {
			t.Error("one is enough")
		}
		if err := w.s.Moderate(t.Context(), lotte, list[2].ID, ReportMerged, list[2].ID); fault.KindOf(err) != fault.Invalid {
			t.Errorf("merged with itself: %v", err)
		}
		if err := w.s.Moderate(t.Context(), lotte, list[2].ID, ReportMerged, list[1].ID); err != nil {
			t.Fatal(err)
		}
		if !broken() {
			t.Error("two are not enough")
		}
		if _, page := w.get("/en/entry/" + service); strings.Contains(page, "not work") {
			t.Error("the public reads it")
		}
		if err := w.s.Moderate(t.Context(), lotte, list[0].ID, ReportTaken, ""); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a closed report moved on: %v", err)
		}
		if err := w.s.Works(t.Context(), lotte, service); err != nil || broken() {
			t.Error(err)
		}
	})
}

func TestOnlyWhoKeepsTheDirectoryStartsARound(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		_, err := w.s.Start(t.Context(), midwife, Scope{Only: ours}, "once-round-2")
		denied := func(name string, err error) {
			if k := fault.KindOf(err); k != fault.NotFound && k != fault.Denied {
				t.Errorf("%s: %v", name, err)
			}
		}
		denied("start", err)
		denied("stop", w.s.Steer(t.Context(), midwife, round, "stop"))
		denied("call", w.s.Call(t.Context(), midwife, round, "it-linea", Called{Outcome: CallNobody, Once: "once-x-0000000001"}))
		denied("verify", w.s.Verify(t.Context(), midwife, "it-linea-1", directory.ByTelephone, []directory.Part{directory.PartPhones}))
		_, _, err = w.s.Calls(t.Context(), midwife, round)
		denied("calls", err)
		w.viewer = midwife
		for _, path := range []string{"/en/rounds", "/en/rounds/new", "/en/round/" + round, "/en/round/" + round + "/calls", "/en/round/" + round + "/list.csv", "/en/reports"} {
			if code, _ := w.get(path); code != 404 && code != 403 {
				t.Errorf("%s: %d", path, code)
			}
		}
		w.viewer = lotte
		for _, lang := range i18n.Languages {
			for _, path := range []string{"/rounds", "/rounds/new?months=6&country=GR", "/round/" + round, "/round/" + round + "/calls", "/round/" + round + "/list.csv", "/reports", "/trust/it-linea-1"} {
				if code, page := w.get("/" + lang + path); code != 200 || unspoken.MatchString(page) {
					t.Errorf("/%s%s: %d", lang, path, code)
				}
			}
		}
	})
}

func TestQueueingIsStoppedAndResumedAndLosesNobody(t *testing.T) {
	eachWorld(t, func(w *world) {
		round, err := w.s.Start(t.Context(), lotte, Scope{Only: ours}, "once-round-3")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.s.Steer(t.Context(), lotte, round, "stop"); err != nil {
			t.Fatal(err)
		}
		w.due()
		if len(w.post.Mails()) != 0 {
			t.Error("a stopped round writes")
		}
		if err := w.s.Steer(t.Context(), lotte, round, "resume"); err != nil {
			t.Fatal(err)
		}
		w.due()
		if len(w.post.Mails()) != 2 {
			t.Errorf("%d mails", len(w.post.Mails()))
		}
		if err := w.s.Steer(t.Context(), lotte, round, "resume"); fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	})
}

func TestTheCallListStartsWithWhoAnswersNow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := monday
		var list []Call
		for i := range rapid.IntRange(0, 20).Draw(t, "n") {
			c := Call{Body: Body{Name: fmt.Sprint(i), Country: rapid.SampledFrom([]string{"BE", "GR"}).Draw(t, "country")}, Reason: rapid.SampledFrom(reasons).Draw(t, "reason")}
			c.Open.Open, c.Open.Known = rapid.Bool().Draw(t, "open"), true
			if rapid.Bool().Draw(t, "later") {
				c.NextCall = at.Add(time.Hour)
			}
			list = append(list, c)
		}
		order(list, at)
		for i := 1; i < len(list); i++ {
			a, b := list[i-1], list[i]
			late := func(c Call) bool { return c.NextCall.After(at) }
			if a.Country > b.Country || a.Country == b.Country && (late(a) && !late(b) || late(a) == late(b) && !a.Open.Open && b.Open.Open && !late(a)) {
				t.Fatalf("%+v before %+v", a, b)
			}
		}
	})
}

func TestANextTryIsAWorkingDayAtTheOtherHalfOfTheDay(t *testing.T) {
	athens, _ := time.LoadLocation("Europe/Athens")
	rapid.Check(t, func(t *rapid.T) {
		at := monday.Add(time.Duration(rapid.Int64Range(0, 400*24).Draw(t, "hours")) * time.Hour)
		next := nextTry(at, athens)
		if d := next.Weekday(); d == time.Saturday || d == time.Sunday || !next.After(at) || next.Sub(at) > 5*24*time.Hour {
			t.Fatalf("%s -> %s", at, next)
		}
		if (at.In(athens).Hour() < 12) == (next.Hour() < 12) {
			t.Fatalf("%s -> %s: the same half", at, next)
		}
	})
}

// req: ROUND-6
func TestALinkShowsNoFieldAndNoServiceThatAnEditorHid(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.round()
		_, link := w.mailed("info@lychnari.example")
		var tree directory.Tree
		w.write(func(tx *db.Tx) (err error) { tree, err = w.d.Tree(tx, "gr-lychnari"); return err })
		service := tree.Services[0]
		number := strings.TrimPrefix(service.Service.Phones[0].Shown(), "+30 ") // a plus is escaped
		if _, page := w.get(link); !strings.Contains(page, number) || !strings.Contains(page, service.ID) {
			t.Fatalf("the page shows nothing to be hidden: %q %q", number, regexp.MustCompile(`23.{0,20}111`).FindString(page))
		}
		hide := func(h directory.Hide) {
			w.write(func(tx *db.Tx) error {
				r, err := w.d.Row(tx, directory.KindService, service.ID)
				if err != nil {
					return err
				}
				v := *r.Service
				v.Hide = h
				r.Service = &v
				return w.d.Change(tx, directory.By{User: "u-editor", Way: directory.ByEditor}, w.now, directory.Change{Row: r})
			})
		}
		hide(directory.Hide{"Phones": directory.Hidden, "Hours": directory.Professional})
		if _, page := w.get(link); strings.Contains(page, number) || !strings.Contains(page, "… "+number[len(number)-2:]) || strings.Contains(page, "answer.hours."+service.ID) {
			t.Error("the page of the link shows hidden fields")
		}
		hide(directory.Hide{directory.HideEntry: directory.Hidden})
		if _, page := w.get(link); strings.Contains(page, service.ID) {
			t.Error("the page of the link shows a hidden service")
		}
		if _, err := w.s.Trust(t.Context(), midwife, service.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a hidden service is known to every professional: %v", err)
		}
		if _, err := w.s.Trust(t.Context(), lotte, service.ID); err != nil {
			t.Errorf("its editor does not know it: %v", err)
		}
	})
}

// req: ROUND-7
func TestManyReportsOfDangerFillNoMailbox(t *testing.T) {
	eachWorld(t, func(w *world) {
		tell := func(words string) {
			err := w.s.Tell(t.Context(), Told{Service: "it-linea-1", What: Unsafe, Words: words, Lang: "en", Once: id.New()})
			if err != nil {
				t.Fatal(err)
			}
		}
		before := len(w.told)
		tell("one")
		once := len(w.told) - before
		for range 5 {
			tell("again")
		}
		if once == 0 || len(w.told)-before != once {
			t.Errorf("%d mails for the first, %d for six", once, len(w.told)-before)
		}
		w.now = w.now.Add(alertPause + time.Minute)
		if tell("later"); len(w.told)-before != 2*once {
			t.Errorf("%d mails after the pause", len(w.told)-before)
		}
	})
}

func TestEveryBodyOfALargeRoundStandsOnAPage(t *testing.T) {
	eachWorld(t, func(w *world) {
		round := w.round()
		w.viewer = lotte
		w.write(func(tx *db.Tx) error {
			for n := range 2 * perPage {
				err := insertBody(tx, Body{Round: round, Organization: fmt.Sprintf("gr-zz-%03d", n), Name: fmt.Sprintf("Large %03d", n), Country: "GR", Lang: "el", Mail: NoMailbox})
				if err != nil {
					return err
				}
			}
			return nil
		})
		seen, path := map[string]int{}, "/en/round/"+round+"?show=open"
		for range 5 {
			_, page := w.get(path)
			for _, name := range regexp.MustCompile(`Large \d{3}`).FindAllString(page, -1) {
				seen[name]++
			}
			next := regexp.MustCompile(`rel="next" href="([^"]*)"`).FindStringSubmatch(page)
			if next == nil {
				break
			}
			path = html.UnescapeString(next[1])
		}
		for name, times := range seen {
			if times != 1 {
				t.Errorf("%s stands there %d times", name, times)
			}
		}
		if len(seen) != 2*perPage {
			t.Errorf("%d of %d bodies stand on a page", len(seen), 2*perPage)
		}
		if !strings.Contains(path, "show=open") {
			t.Errorf("turning the page loses what was chosen: %s", path)
		}
	})
}

func TestAResultThatWantsAnotherLookKeepsWhatWasTyped(t *testing.T) {
	eachWorld(t, func(w *world) {
		w.viewer = lotte
		path := "/en/round/" + w.round() + "/calls?country=IT"
		_, page := w.get(path)
		if !strings.Contains(page, `action="`+path+`"`) {
			t.Error("a result leads away from the page on which it was written")
		}
		code, page := w.post_(path, url.Values{"organization": {"it-linea"}, "outcome": {"confirmed"}, "note": {"the head of the office"}, "once": {"once-kept-00000001"}})
		if code != 422 || !strings.Contains(page, ">the head of the office</textarea>") || !strings.Contains(page, `id="f-parts"`) || !strings.Contains(page, `<details class="fold" open>`) {
			t.Errorf("%d: what was typed is lost or out of sight", code)
		}
	})
}

func TestTheSamePersonsSecondPressOnAReportIsNoConflict(t *testing.T) {
	eachWorld(t, func(w *world) {
		if err := w.s.Tell(t.Context(), Told{Service: "it-linea-1", What: WrongHours, Words: "open later", Lang: "en", Once: id.New()}); err != nil {
			t.Fatal(err)
		}
		list, err := w.s.Reports(t.Context(), lotte, ReportOpen)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		for range 2 {
			if err := w.s.Moderate(t.Context(), lotte, list[0].ID, ReportTaken, ""); err != nil {
				t.Fatal(err)
			}
		}
		other := *lotte
		other.UserID = "u-other-editor"
		if err := w.s.Moderate(t.Context(), &other, list[0].ID, ReportTaken, ""); fault.KindOf(err) != fault.Conflict {
			t.Errorf("somebody else's: %v", err)
		}
	})
}
