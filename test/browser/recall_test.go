package browser

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/emersion/go-ical"

	"amelie/internal/app"
	"amelie/internal/db"
	"amelie/internal/jobs"
	"amelie/internal/learn"
	"amelie/internal/learn/recall"
	"amelie/internal/mail"
	"amelie/internal/mail/mailtest"
)

// almanac is the clock of a house, which a test moves; from there on it goes.
type almanac struct{ ahead atomic.Int64 }

func begins(at time.Time) *almanac {
	a := new(almanac)
	a.turnTo(at)
	return a
}

func (a *almanac) now() time.Time                 { return time.Now().Add(time.Duration(a.ahead.Load())) }
func (a *almanac) turnTo(at time.Time)            { a.ahead.Store(int64(time.Until(at))) }
func (h *house) zone() *time.Location             { return h.app.Shell.Zone() }
func (h *house) day(l string, t time.Time) string { return h.app.Texts.Date(l, t.In(h.zone())) }

// nurse is a learner of the journey.
type nurse struct {
	*visitor
	lang, mailbox string
	keyboard      bool
	path          string // of the link in the mail
}

// says is a sentence in her language, as a page's text has it.
func (n *nurse) says(key string, args ...any) string {
	return strings.ReplaceAll(n.h.app.Texts.T(n.lang, key, args...), "\u00a0", " ")
}

func (n *nurse) at(path string) string { return "/" + n.lang + path }

// Units that are read: what is asked in the first two is known, in the
// essentials it is not.
var (
	knownUnits   = []string{"what.u1", "what.u2"}
	unknownUnits = []string{"signs.u5", "talk.u1", "refer.u1"}
)

// Three who read in the night, on a telephone, with the keyboard alone and
// without JavaScript: what they did not know comes back after a month, by one
// mail that says nothing, and after three months to those who did not end it.
//
// req: RECALL-1
// req: RECALL-2
func TestWhatWentWrongComesBackAfterAMonthByOneMail(t *testing.T) {
	clock := begins(time.Date(2027, 3, 10, 2, 10, 0, 0, time.UTC))
	post := mailtest.New(t, func(s *mailtest.Server) { s.NoAuth = true })
	h, _ := serveFresh(t, app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0", Name: "Amelie", Now: clock.now,
		MailServer: post.Addr(), MailFrom: "post@learn.example", MailCAFile: post.CAFile})
	days := recall.Days(clock.now(), h.zone())
	noScript := phone
	noScript.noScript = true
	nurses := []*nurse{
		{visitor: h.visitor(t, phone), lang: "en", mailbox: "nora@house.example"},
		{visitor: h.visitor(t, desktop), lang: "el", mailbox: "keys@house.example", keyboard: true},
		{visitor: h.visitor(t, noScript), lang: "de", mailbox: "plain@house.example"},
	}
	for _, n := range nurses {
		n.learns()
		n.asksToBeReminded(days)
	}
	h.sweeps(t)
	if list := post.Letters(); len(list) != 0 {
		t.Fatal("written to before the day:", list)
	}
	clock.turnTo(days[0].Add(time.Minute))
	h.sweeps(t)
	for _, n := range nurses {
		n.getsOneMail(post, 1)
		n.isAskedWhatWentWrong(days)
	}
	nurses[0].endsItByTheLink()
	clock.turnTo(days[1].Add(time.Minute))
	h.sweeps(t)
	for i, n := range nurses {
		n.getsOneMail(post, min(2, 1+i))
		n.clean()
	}
}

// sweeps lets the day's work be done twice, and waits until no mail waits.
func (h *house) sweeps(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	for range 2 {
		if err := h.app.Recall.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		if err := h.app.Jobs.RunDue(ctx); err != nil {
			t.Fatal(err)
		}
		var waiting int64
		err := h.app.DB.Read(ctx, func(tx *db.Tx) error {
			kinds, err := jobs.ByKind(tx)
			waiting = kinds[mail.Kind].Waiting
			return err
		})
		if err == nil && waiting == 0 {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%d mails wait after 20 s: %v", waiting, err)
		}
	}
}

// learns reads the units, knows some answers and not others.
func (n *nurse) learns() {
	n.t.Helper()
	n.goTo(n.at("/study"))
	n.choose("do", "begin")
	n.goTo(n.at("/study/recall"))
	n.ok(n.says("recall.early"))
	for _, unit := range append(slices.Clone(knownUnits), unknownUnits...) {
		topic, _, _ := n.h.app.Course().Find(unit)
		n.goTo(n.at("/study/" + strings.ReplaceAll(unit, ".", "/")))
		for _, q := range asked(n.h.app.Course(), unit) {
			given := q.Solution()
			if slices.Contains(unknownUnits, unit) {
				given = mistaken(q)
			}
			n.fillsIn(q.ID, q, given)
		}
		n.press(`.learn-form button`)
		if verdicts := eval[int](n.visitor, `document.querySelectorAll(".learn-verdict").length`); verdicts != len(asked(n.h.app.Course(), unit)) {
			n.t.Errorf("%s of %s: %d verdicts", unit, topic.ID, verdicts)
		}
		n.into(`.learn-next button`)
		n.press(`.learn-next button`)
	}
}

// asked are the questions of a unit that are marked.
func asked(course *learn.Course, unit string) (out []learn.Question) {
	topic, u, _ := course.Find(unit)
	for _, id := range u.Questions {
		if q, ok := topic.Question(id); ok && q.Kind != learn.FreeText {
			out = append(out, q)
		}
	}
	return out
}

// mistaken is an answer that is not right.
func mistaken(q learn.Question) (g learn.Given) {
	if g = q.Solution(); q.Kind == learn.Order {
		slices.Reverse(g)
		return g
	}
	for _, a := range q.Answers {
		if !a.Right {
			return learn.Given{a.ID}
		}
	}
	return nil
}

// fillsIn gives an answer in the form.
func (n *nurse) fillsIn(field string, q learn.Question, g learn.Given) {
	n.visitor.fillsIn(field, q, g)
}

func (v *visitor) fillsIn(field string, q learn.Question, g learn.Given) {
	v.t.Helper()
	q.Fields(field, g, func(name, value string) {
		if !eval[bool](v, fmt.Sprintf(`(list => { for (const e of list) { if (e.tagName === "SELECT") { e.value = %[2]q; return true } if (e.value === %[2]q) { e.checked = true; return true } } return false })(document.getElementsByName(%[1]q))`, name, value)) {
			v.t.Fatalf("%s has no field %s=%s", v.address(), name, value)
		}
	})
}

// asksToBeReminded leaves a mailbox and takes the calendar file.
func (n *nurse) asksToBeReminded(days []time.Time) {
	n.t.Helper()
	n.goTo(n.at("/study"))
	n.press(`main a[href="` + n.at("/study/recall") + `"]`)
	n.ok(n.says("recall.ask"))
	n.choose("do", "mail")
	n.ok(n.says("web.error.empty"))
	n.types(`input[name=email]`, n.mailbox)
	n.choose("do", "mail")
	n.ok(n.says("recall.next", "date", n.h.day(n.lang, days[0])), n.says("recall.by-mail"))
	if n.script {
		n.hasCalendar(days)
	}
}

// hasCalendar takes the file of the page and reads which days are in it.
func (n *nurse) hasCalendar(days []time.Time) {
	n.t.Helper()
	file := eval[string](n.visitor, `fetch(document.querySelector("main a[href$='.ics']").href).then(r => r.text())`)
	c, err := ical.NewDecoder(strings.NewReader(file)).Decode()
	if err != nil {
		n.t.Fatal(err)
	}
	var stand []time.Time
	for _, e := range c.Events() {
		start, err := e.DateTimeStart(time.UTC)
		if err != nil {
			n.t.Fatal(err)
		}
		stand = append(stand, start)
		if text, err := e.Props.Text(ical.PropSummary); err != nil || text != n.says("recall.mail.subject") {
			n.t.Errorf("an entry says %q (%v)", text, err)
		}
		if text, err := e.Props.Text(ical.PropDescription); err != nil || text != n.h.base+n.at("/again") {
			n.t.Errorf("an entry leads to %q (%v)", text, err)
		}
	}
	if !slices.EqualFunc(stand, days, time.Time.Equal) {
		n.t.Errorf("in the calendar stand %v, not %v", stand, days)
	}
}

var againLink = regexp.MustCompile(`/[a-z]{2}/again/[0-9a-f]{32}`)

// getsOneMail finds so many mails in her mailbox, the last with a link.
func (n *nurse) getsOneMail(post *mailtest.Server, want int) {
	n.t.Helper()
	var mine []mailtest.Letter
	for _, l := range post.Letters() {
		if strings.Contains(l.To, n.mailbox) {
			mine = append(mine, l)
		}
	}
	if len(mine) != want {
		n.t.Fatalf("%s has %d mails, not %d", n.mailbox, len(mine), want)
	}
	last := mine[want-1]
	if n.path = againLink.FindString(last.Text); last.Subject != n.says("recall.mail.subject") || !strings.HasPrefix(n.path, n.at("/again/")) {
		n.t.Errorf("%s reads %q and %s", n.mailbox, last.Subject, last.Text)
	}
}

// isAskedWhatWentWrong opens the link, which does nothing by itself, and
// answers what comes.
func (n *nurse) isAskedWhatWentWrong(days []time.Time) {
	n.t.Helper()
	n.goTo(n.path)
	n.ok(n.says("recall.again"))
	if n.keyboard {
		n.tabTo(30, `e.pathname === "`+n.at("/study/recall")+`"`)
		n.enterKey()
	} else {
		n.press(`main .actions a.btn`)
	}
	drawn := eval[[]string](n.visitor, `[...document.querySelectorAll(".learn-form fieldset.learn-q")].map(f => f.id)`)
	n.ok(n.says("recall.lead", "n", len(drawn)))
	var wrong []string
	for _, unit := range unknownUnits {
		topic, _, _ := strings.Cut(unit, ".")
		for _, q := range asked(n.h.app.Course(), unit) {
			wrong = append(wrong, topic+"."+q.ID)
		}
	}
	if len(drawn) != 6 || len(wrong) < 4 {
		n.t.Fatalf("asked %v of %v", drawn, wrong)
	}
	if first := slices.Sorted(slices.Values(drawn[:len(wrong)])); !slices.Equal(first, slices.Sorted(slices.Values(wrong))) {
		n.t.Errorf("asked first %v, not what went wrong, %v", first, wrong)
	}
	if n.keyboard {
		n.answersByKeys()
	} else {
		for _, name := range drawn {
			id, question, _ := strings.Cut(name, ".")
			topic, _ := n.h.app.Course().Topic(id)
			q, _ := topic.Question(question)
			n.fillsIn(name, q, q.Solution())
		}
		n.choose("do", "answer")
		n.sees(n.says("learn.result", "right", len(drawn), "of", len(drawn)))
	}
	n.ok(n.says("recall.next", "date", n.h.day(n.lang, days[1])))
	if n.script {
		n.hasCalendar(days[1:])
	}
}

// answersByKeys takes the first answer of each question with the keyboard, and
// finds as many right ones in the result as there are marked right.
func (n *nurse) answersByKeys() {
	n.t.Helper()
	v := n.visitor
	total := eval[int](v, `document.querySelectorAll("fieldset.learn-q").length`)
	for i := range total {
		here := `e.closest("fieldset.learn-q") === document.querySelectorAll("fieldset.learn-q")[` + strconv.Itoa(i) + `]`
		n.tabTo(20, here)
		n.run(chromedp.KeyEvent(" "))
		if eval[string](v, `document.activeElement.tagName`) == "SELECT" {
			n.run(chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("1"))
		} else if !eval[bool](v, `document.activeElement.checked`) {
			n.t.Errorf("question %d cannot be answered by the space bar", i+1)
		}
	}
	n.tabTo(20, `e.name === "do" && e.value === "answer"`)
	n.enterKey()
	right := eval[int](v, `[...document.querySelectorAll(".learn-verdict strong")].filter(e => e.textContent === `+strconv.Quote(n.says("learn.all-right"))+`).length`)
	n.sees(n.says("learn.result", "right", right, "of", total), n.says("recall.reread"))
}

// endsItByTheLink presses once on the page that the mail leads to.
func (n *nurse) endsItByTheLink() {
	n.t.Helper()
	n.goTo(n.path)
	n.press(`main form button`)
	n.ok(n.says("recall.stopped"))
	n.goTo(n.at("/study/recall"))
	n.ok(n.says("recall.ask"))
}
