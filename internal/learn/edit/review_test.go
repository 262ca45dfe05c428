package edit

import (
	"strings"
	"testing"

	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/web"
)

// author writes and cannot publish what nobody has read.
var author = &web.Viewer{UserID: "u-author", Name: "Anna Autorin", AgencyID: "ngo", Roles: []string{"editor"}}

// looks is where a part of the topic stands.
func (x *office) looks(t testing.TB, lang, part string) Look {
	t.Helper()
	l, err := x.Looks(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return l.At(Name{"talk", lang, part})
}

// judges says something of a part as it stands now.
func (x *office) judges(t testing.TB, v *web.Viewer, step Step, lang, part string) error {
	t.Helper()
	return x.Review(ctx, v, Verdict{Name: Name{"talk", lang, part}, Seen: x.looks(t, lang, part).Text, Step: step, Reader: "Vera Leserin (invented)", Trade: "Hebamme", Why: "The first word is wrong."})
}

func (x *office) asks(t testing.TB, v *web.Viewer, lang string, parts ...string) {
	t.Helper()
	var names []Name
	for _, part := range parts {
		names = append(names, Name{"talk", lang, part})
	}
	if err := x.AskReview(ctx, v, "", names); err != nil {
		t.Fatal(err)
	}
}

// stands fails when a part is in another state.
func (x *office) stands(t testing.TB, lang, part string, want State) {
	t.Helper()
	if s := x.looks(t, lang, part).State(); s != want {
		t.Errorf("%s/%s is %s, not %s", lang, part, s, want)
	}
}

// req: EDIT-6
func TestATranslationIsWrittenReadBySomebodyElseAndPublishedWithTheirName(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.stands(t, "de", "u1", Published)
		x.writes(t, author, "de", "u1.p1", "Sehen Sie jeden Menschen *allein*.")
		x.stands(t, "de", "u1", Unread)
		if _, err := x.Publish(ctx, author, Wish{Seen: x.draft(t).Revision}); fault.KindOf(err) != fault.Denied {
			t.Errorf("an editor published what nobody has read: %v", err)
		}
		x.asks(t, author, "de", "u1")
		x.stands(t, "de", "u1", InReview)
		if err := x.judges(t, author, Approve, "de", "u1"); fault.KindOf(err) != fault.Denied {
			t.Errorf("who wrote it found it good: %v", err)
		}
		if err := x.judges(t, other, SendBack, "de", "u1"); err != nil {
			t.Fatal(err)
		}
		x.stands(t, "de", "u1", Unread)
		x.writes(t, author, "de", "u1.p1", "Sehen Sie jede Person *allein*.")
		x.asks(t, author, "de", "u1")
		if err := x.judges(t, other, Approve, "de", "u1"); err != nil {
			t.Fatal(err)
		}
		x.stands(t, "de", "u1", Approved)
		if _, err := x.Publish(ctx, author, Wish{Seen: x.draft(t).Revision}); err != nil {
			t.Fatal(err)
		}
		x.stands(t, "de", "u1", Published)
		r, ok := x.Course().Reviewed("talk", "u1", "de")
		if !ok || r.Name != "Vera Leserin (invented)" || r.Profession != "Hebamme" || r.Date != "2026-03-04" {
			t.Errorf("readers are told %+v", r)
		}
		if _, ok := x.Course().Reviewed("talk", "u2", "de"); ok {
			t.Error("a part that nobody has read counts as read")
		}
		x.writes(t, author, "de", "u1.p1", "Sehen Sie sie allein.")
		if _, ok := x.draft(t).Course.Reviewed("talk", "u1", "de"); ok {
			t.Error("what was read is another text, and counts as read")
		}
	})
}

// req: EDIT-6
func TestWhoTurnsTheRightAnswerRoundIsAnAuthorOfTheQuestion(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	x.asks(t, author, "de", "q1", "q2")
	err := x.Act(ctx, other, "", Set, func(b *Bench) error {
		return b.Topic("talk", func(topic *learn.Topic) error {
			topic.Questions[0].Answers[0].Right, topic.Questions[0].Answers[1].Right = true, false
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	x.stands(t, "de", "q1", Unread)
	x.stands(t, "de", "q2", InReview)
	x.asks(t, author, "de", "q1")
	if err := x.judges(t, other, Approve, "de", "q1"); fault.KindOf(err) != fault.Denied {
		t.Errorf("who turned it round approved it: %v", err)
	}
	if err := x.judges(t, other, Approve, "de", "q2"); err != nil {
		t.Error(err)
	}
}

// req: EDIT-6
func TestAVerdictIsOfTheTextThatWasRead(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.asks(t, author, "de", "u2")
		seen := x.looks(t, "de", "u2").Text
		x.writes(t, author, "de", "u2.p1", "1. Sagen, was bleibt.\n2. Fragen.")
		x.asks(t, author, "de", "u2")
		err := x.Review(ctx, other, Verdict{Name: Name{"talk", "de", "u2"}, Seen: seen, Step: Approve, Reader: "Vera", Trade: "Hebamme"})
		if fault.KindOf(err) != fault.Stale {
			t.Errorf("a text was approved that nobody saw: %v", err)
		}
		if err := x.judges(t, insider, Approve, "de", "u2"); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
			t.Errorf("a stranger: %v", err)
		}
		if err := x.judges(t, author, Withdraw, "de", "u2"); err != nil {
			t.Fatal(err)
		}
		x.stands(t, "de", "u2", Unread)
	})
}

// What was read goes out with the folder and comes back with it.
func TestAReviewGoesWhereverTheTextGoes(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	x.asks(t, author, "de", "s")
	if err := x.judges(t, other, Approve, "de", "s"); err != nil {
		t.Fatal(err)
	}
	files, err := x.Files(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(files["talk/de.md"]), "Vera Leserin (invented) | Hebamme\n") {
		t.Errorf("the folder says\n%.300s", files["talk/de.md"])
	}
	course, err := learn.ReadFiles(files, x.Known())
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := course.Reviewed("talk", "s", "de"); !ok || r.Name != "Vera Leserin (invented)" {
		t.Errorf("%+v", r)
	}
	if string(course.Files()["talk/de.md"]) != string(files["talk/de.md"]) {
		t.Error("read and written again it is another file")
	}
}

func TestACommentIsAnsweredKnowsThatItsTextChangedAndIsSettled(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		on := Comment{Name: Name{File: "talk", Lang: "de"}, Block: "u1.p1", Body: "Is this the right word?"}
		if err := x.Comment(ctx, author, "", on); err != nil {
			t.Fatal(err)
		}
		open := func() []Comment {
			list, err := x.Comments(ctx, on.Name, "u1.p1")
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		first := open()[0]
		if d := x.draft(t); d.stamp(first.Name, "u1.p1") != first.Stamp {
			t.Error("the text changed, though nobody wrote")
		}
		x.writes(t, author, "de", "u1.p1", "Sehen Sie sie.")
		if d := x.draft(t); d.stamp(first.Name, "u1.p1") == first.Stamp {
			t.Error("a comment does not know that its text changed")
		}
		answer := on
		answer.About, answer.Body = first.ID, "Now it is."
		if err := x.Comment(ctx, other, "", answer); err != nil {
			t.Fatal(err)
		}
		if list := open(); len(list) != 2 || list[1].About != first.ID {
			t.Fatalf("%+v", list)
		}
		for about, wrong := range map[string]Comment{"elsewhere": {Name: on.Name, Block: "u1.p2", About: first.ID, Body: "x"}, "nothing": {Name: on.Name, Block: "u1.p1"}, "no block": {Name: on.Name, Block: "u9.p1", Body: "x"}, "too long": {Name: on.Name, Block: "u1.p1", Body: strings.Repeat("x", MaxComment+1)}} {
			if x.Comment(ctx, other, "", wrong) == nil {
				t.Errorf("%s was taken", about)
			}
		}
		if err := x.Comment(ctx, admin, "", on); fault.KindOf(err) != fault.Denied {
			t.Errorf("who may only look: %v", err)
		}
		if err := x.Settle(ctx, other, first.ID); err != nil || len(open()) != 0 {
			t.Errorf("%v %v", err, open())
		}
		if err := x.Comment(ctx, author, "", answer); fault.KindOf(err) != fault.Stale {
			t.Errorf("an answer that nobody would see: %v", err)
		}
		files, err := x.Files(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for path, body := range files {
			if strings.Contains(string(body), "Now it is.") {
				t.Errorf("%s carries a comment", path)
			}
		}
	})
}

const partPath = "/en/desk/course/review/part?file=talk&lang=de&part=u1"

func TestAReviewIsAskedForGivenAndShownToReaders(t *testing.T) {
	s := newSite(t)
	s.viewer = author
	s.says(s.get("/en/desk/course/review?file=talk&lang=de"), "Alone first", "published", "Summary to keep")
	s.says(s.post(422, "/en/desk/course/review?file=talk&lang=de"), "Tick what somebody should read.")
	s.post(303, "/en/desk/course/review?file=talk&lang=de", "part", "u1", "part", "q1", "part", "q2")
	s.says(s.get("/en/desk/course/review?file=talk&lang=de"), "Waits to be read", "Anna Autorin asked for a review")
	s.says(s.get("/en/desk/course"), "3 parts wait to be read.")
	s.viewer = other
	page := s.get(partPath)
	s.says(page, "Sehen Sie sie", "See her", "It is good")
	seen := s.hidden(page, "seen")
	s.says(s.post(422, partPath, "do", "approve", "seen", seen, "reader", "Vera | Leserin", "trade", ""), "without the sign |", "Vera | Leserin")
	s.says(s.post(422, partPath, "do", "back", "seen", seen, "why", ""), "It is good")
	s.post(409, partPath, "do", "publish", "seen", seen)
	s.post(303, partPath, "do", "approve", "seen", seen, "reader", "Vera Leserin (invented)", "trade", "Hebamme")
	s.says(s.get(partPath), "read, not published yet", "Read by Vera Leserin (invented), Hebamme")
	if strings.Contains(s.get("/de/learn/talk/u1"), "Vera Leserin") {
		t.Error("readers are told before it is published")
	}
	q := "/en/desk/course/review/part?file=talk&lang=de&part=q1"
	s.says(s.get(q), "The question", "This is right", "What is said to it")
	s.post(303, q, "do", "back", "seen", s.hidden(s.get(q), "seen"), "why", "The stem is not a question.")
	s.says(s.get(q), "Sent back by Otto", "The stem is not a question.", "published")
	s.says(s.get("/en/desk/course/review?file=talk&lang=de"), "The stem is not a question.", "1 comment")
	s.viewer = trainer
	s.post(303, "/en/desk/course/publish", "revision", s.hidden(s.get("/en/desk/course/publish"), "revision"))
	s.says(s.get("/de/learn/talk/u1"), "Gelesen von Vera Leserin (invented), Hebamme, 4. März 2026.", "Noch hat keine Fachkraft")
}

func TestPublishingSaysWhatNobodyHasReadAndAnEditorAloneCannotPublishIt(t *testing.T) {
	s := newSite(t)
	s.viewer = author
	s.writes(s, author, "en", "u1.p1", "See everyone alone.")
	page := s.get("/en/desk/course/publish")
	s.says(page, "What nobody has read yet", "Talking: Alone first (English)", "A coordinator can publish this")
	if strings.Contains(page, "Publish in every language") {
		t.Error("there is a button that refuses")
	}
	s.viewer = trainer
	s.says(s.get("/en/desk/course/publish"), "Publish, though 1 part is unread")
}

func TestACommentIsWrittenBesideItsText(t *testing.T) {
	s := newSite(t)
	path := "/en/desk/course/comment"
	on := []string{"file", "talk", "lang", "de", "block", "u1.p1"}
	s.says(s.post(422, path, append(on, "body", "")...), "Your comment")
	s.post(303, path, append(on, "body", "Is <b>this</b> right?")...)
	page := s.get("/en/desk/course/words?file=talk&lang=de&block=u1.p1")
	s.says(page, "Is <b>this</b> right?", "Ida Trainer", "Settled")
	if raw := s.hidden(page, "about"); raw == "" {
		t.Fatal("no name")
	}
	s.says(s.get("/en/desk/course/topic/talk/u1?lang=de"), "1 comment")
	s.writes(s, trainer, "de", "u1.p1", "Sehen Sie sie zuerst.")
	s.says(s.get("/en/desk/course/words?file=talk&lang=de&block=u1.p1"), "The text has changed since.")
	s.post(303, path, append(on, "do", "settle", "about", s.hidden(page, "about"))...)
	s.says(s.post(422, path, append(on, "about", s.hidden(page, "about"), "body", "Typed too late.")...), "settled this comment meanwhile", "Typed too late.")
	if strings.Contains(s.get("/en/desk/course/review?file=talk&lang=de"), "right?") {
		t.Error("it is settled and still shown")
	}
}

// approves asks for a part to be read, and fails when v may find it good and should not, or the other way round.
func (x *office) approves(t testing.TB, v *web.Viewer, part string, may bool) {
	t.Helper()
	if x.looks(t, "de", part).State() != InReview {
		x.asks(t, author, "de", part)
	}
	if err := x.judges(t, v, Approve, "de", part); may && err != nil || !may && fault.KindOf(err) != fault.Denied {
		t.Errorf("%s approves %s: %v", v.UserID, part, err)
	}
}

// req: EDIT-6
func TestNobodyApprovesWhatTheyWroteBeforeSomebodyElseDid(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		x.writes(t, author, "de", "u1.p1", "Sehen Sie jeden Menschen allein.")
		x.writes(t, other, "de", "u1.p1", "Sehen Sie jede Person allein.")
		x.approves(t, author, "u1", false)
		x.approves(t, other, "u1", false)
		x.approves(t, trainer, "u1", true)
		x.writes(t, other, "de", "u1.p1", "Sehen Sie jede und jeden allein.")
		x.approves(t, other, "u1", false)
		x.approves(t, author, "u1", true) // theirs was read
		x.writes(t, author, "de", "lead", "Wie es anfängt.")
		x.publishes(t)
		x.approves(t, author, "lead", false) // published, and by nobody read
		x.writes(t, other, "de", "lead", "Wie es beginnen kann.")
		x.approves(t, author, "lead", true)
	})
}

// req: EDIT-6
func TestWhoSentAFolderIsAnAuthorOfItAndOneOfNobodyIsReadByACoordinator(t *testing.T) {
	each(t, func(t *testing.T, x *office) {
		files := x.folder(t)
		rewrite(files, "talk/de.md", "Wie es beginnt.", "Wie man beginnt.")
		in, err := x.sends(t, author, files)
		if err != nil {
			t.Fatal(err)
		}
		x.takes(t, in)
		x.approves(t, author, "lead", false)
		x.approves(t, trainer, "lead", false)
		x.approves(t, other, "lead", true)
		files = x.folder(t)
		rewrite(files, "talk/de.md", "Wie man beginnt.", "Wie eins beginnt.")
		if _, err := x.Import(ctx, By{Name: "amelie course import"}, files); err != nil {
			t.Fatal(err)
		}
		x.approves(t, other, "lead", false)
		x.approves(t, trainer, "lead", true)
	})
}

func TestWhatIsBroughtBackDoesNotSayThatSomebodyReadTheWholeFile(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	files := x.folder(t)
	rewrite(files, "talk/de.md", "state: not-reviewed", "state: reviewed\nreviewer: Vera Leserin (invented)\ndate: 2026-03-04")
	if _, err := x.Import(ctx, By{Name: "amelie course import"}, files); err != nil {
		t.Fatal(err)
	}
	if _, ok := x.draft(t).Course.Reviewed("talk", "u1", "de"); !ok {
		t.Fatal("whoever has the machine brings a text that was read")
	}
	x.writes(t, author, "de", "u1.p1", "Sehen Sie jede Person allein.")
	past, err := x.History(ctx, "talk/de.md", Front)
	if err == nil {
		err = x.Restore(ctx, author, "", past[0].ID, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := x.draft(t).Course.Reviewed("talk", "u1", "de"); ok {
		t.Error("a text that nobody read counts as read")
	}
}
