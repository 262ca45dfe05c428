package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"amelie/internal/app"
	"amelie/internal/learn"
	"amelie/internal/learn/edit"
)

// The working copy is brought up to a newer course while the program already
// answers, and what is published does not move.
func TestANewerCourseIsTakenUpBesideTheRequestsAndNotBeforeThem(t *testing.T) {
	a := demo(t)
	published := a.Course().Version()
	shipped := a.Editing.Shipped
	a.Editing.Shipped = func() (map[string][]byte, error) {
		files, err := shipped()
		if err == nil {
			files["talk/topic.toml"] = []byte(strings.Replace(string(files["talk/topic.toml"]), "minutes = 3", "minutes = 2", 1))
		}
		return files, err
	}
	rows := func() []edit.UpgradeRow {
		list, _, err := a.Editing.Upgrades(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if len(rows()) != 0 {
		t.Fatal("it was taken up before the program ran")
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	done := make(chan struct{})
	go func() { a.Run(ctx); close(done) }()
	for len(rows()) == 0 {
		select {
		case <-done:
			t.Fatal("the program ended")
		default:
		}
	}
	stop()
	<-done
	d, err := a.Editing.Draft(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	was, _ := a.Course().Topic("talk")
	if is, _ := d.Course.Topic("talk"); is.Units[0].Minutes != was.Units[0].Minutes-1 || a.Course().Version() != published {
		t.Errorf("%d minutes after %d; published %s", is.Units[0].Minutes, was.Units[0].Minutes, a.Course().Version())
	}
}

// The demo shows a working copy, and readers nothing of it.
func TestInTheDemoACourseIsWorkedOnAndReadersSeeTheOneThatShipsWithTheProgram(t *testing.T) {
	a := demo(t)
	shipped, err := app.ShippedCourse()
	if err != nil {
		t.Fatal(err)
	}
	if a.Course().Version() != shipped.Version() {
		t.Error("readers see what was not published")
	}
	l, err := a.Editing.Looks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	greek := edit.Name{File: "longterm", Lang: "el", Part: "u1"}
	if l.At(greek).State() != edit.InReview || len(l.Waiting()) != 1 {
		t.Errorf("the Greek unit is %s", l.At(greek).State())
	}
	if !l.Course.Stale("longterm", "de", "u1.p1") || l.Course.Stale("longterm", "el", "u1.p1") || len(l.Problems) > 0 {
		t.Error("not exactly the other translations are older")
	}
	if english := l.At(edit.Name{File: "longterm", Lang: learn.Source, Part: "u1"}); english.State() != edit.Unread {
		t.Errorf("the English unit is %s", english.State())
	}
	if said, err := a.Editing.Comments(t.Context(), greek, "u1.p1"); err != nil || len(said) != 1 || !strings.Contains(said[0].Body, "(invented)") {
		t.Errorf("%v %v", said, err)
	}
}
