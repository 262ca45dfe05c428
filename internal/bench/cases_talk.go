package bench

import (
	"context"
	"fmt"
	"time"

	"amelie/internal/casework"
	"amelie/internal/casework/talk"
)

const (
	talksOpen  = 500 // threads that wait for the agency, two a case
	threadLong = 500 // messages
)

// threads measures talks with another agency.
func (w *caseload) threads(ctx context.Context) error {
	other := w.member("reader-1", "reader", "caseworker")
	cases := w.real[:talksOpen/2]
	_, err := measure(len(cases), 16, func(i int) error {
		share := casework.Share{To: other.AgencyID, Parts: []casework.Part{casework.Needs}, Until: time.Now().AddDate(0, 1, 0), Past: true}
		return w.cases.Grant(ctx, w.worker, cases[i], share, nil)
	})
	if err != nil {
		return err
	}
	begun := make([]string, talksOpen)
	_, err = measure(talksOpen, 16, func(i int) (err error) {
		b := talk.Beginning{Form: talk.Thread, Topic: fmt.Sprint("Papers ", i), Typed: talk.Typed{Text: "Which papers are missing?", Due: time.Now().AddDate(0, 0, 1+i%20).Format(time.DateOnly)}}
		begun[i], err = w.talks.Start(ctx, other, cases[i/2], b)
		return err
	})
	if err != nil {
		return err
	}
	if err := w.page(ctx, fmt.Sprintf("talks that wait, of %d", talksOpen), "mira", "/talks", caseListBudget); err != nil {
		return err
	}
	return w.thread(ctx, cases[0], begun[0])
}

// thread measures one with many messages.
func (w *caseload) thread(ctx context.Context, caseID, threadID string) error {
	write := func() error {
		return w.talks.Write(ctx, w.worker, caseID, threadID, talk.Typed{Kind: talk.Words, Text: "What was said on the telephone, in about as many words as such a note has."})
	}
	if _, err := measure(threadLong, 8, func(int) error { return write() }); err != nil {
		return err
	}
	if err := w.page(ctx, fmt.Sprintf("a talk with %d messages", threadLong), "mira", "/cases/"+caseID+"/talk/"+threadID, caseOpenBudget); err != nil {
		return err
	}
	p95, err := times(10, write)
	if err != nil {
		return err
	}
	w.written("writing into it", p95)
	return nil
}
