package telling

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Service does what people do with the account. All that it stores are entries of
// the case file, which asks the policy.
type Service struct {
	Cases *casework.Service
	Now   clock.Clock
}

var errNotFound = fault.New(fault.NotFound, "web.error.not-found")

// wrote counts what became of a time that somebody asked, once, when it is noted: a
// number of the agency's month that names no case. A copy was counted where it was
// noted first.
func (s *Service) wrote(tx *db.Tx, row casework.Row, entryID, kind string, a ask.Answer) error {
	if kind != Asked || row.Taken {
		return nil
	}
	versions, err := casework.VersionsOf(tx, row.ID, Asked)
	if err != nil || versions[entryID] > 1 {
		return err
	}
	return s.Cases.CountOf(tx, row.ID, row.AgencyID, "asked", a.One("instead"))
}

// View is the room as a member sees it.
type View struct {
	*casework.Opened
	Reads    bool // the part "account" is the viewer's to read
	Writes   bool // the viewer's agency takes the account
	Ground   casework.Entry
	Account  casework.Entry // another agency sees the newest version that was confirmed
	Standing Standing
	Versions []casework.Version // confirmed ones that came before, for the case's own agency
	Asked    []casework.Entry   // the newest first
	Before   int                // how often where the case was before
	Extracts []casework.Entry
	Missing  []string
}

// Times is how often the person was asked to tell it, as far as is noted: the
// account here, and each other time.
//
// req: ACCOUNT-3
func (w *View) Times() int {
	n := len(w.Asked) + w.Before
	if w.Standing != None {
		n++
	}
	return n
}

// Told is how often the person was asked as far as the viewer sees it, and whether
// there is an account that the person confirmed.
func (s *Service) Told(ctx context.Context, v *web.Viewer, o *casework.Opened) (times int, confirmed bool, err error) {
	w, err := s.viewOf(ctx, v, o)
	if err != nil {
		return 0, false, err
	}
	return w.Times(), w.Standing == Confirmed, nil
}

// leaves is what a file of another agency takes over: the account only as it was
// confirmed, what was cut from it, and how often the person was asked. What was
// settled before the taking was for this agency alone.
//
// req: PASS-3
func (s *Service) leaves(ctx context.Context, v *web.Viewer, o *casework.Opened) (out []casework.Taken, _ func(*db.Tx, casework.Row) error, err error) {
	w, err := s.viewOf(ctx, v, o)
	if err != nil {
		return nil, nil, err
	}
	list := append(append(o.Of(Asked), o.Of(Before)...), w.Extracts...)
	if w.Standing == Confirmed {
		list = append(list, w.Account)
	}
	for _, e := range list {
		out = append(out, casework.TakenOf(e))
	}
	return out, nil, nil
}

// viewOf reads the room from an opened case.
func (s *Service) viewOf(ctx context.Context, v *web.Viewer, o *casework.Opened) (*View, error) {
	w := &View{Opened: o, Reads: slices.Contains(o.Readable, casework.Account), Asked: o.Of(Asked), Extracts: o.Of(Extract)}
	w.Writes = o.Own && o.State == casework.Open && slices.Contains(o.Writable, casework.Account)
	w.Ground, _ = o.Latest(Ground)
	w.Missing = Missing(w.Ground.Fields)
	for _, e := range o.Of(Before) {
		n, _ := strconv.Atoi(e.Fields.One("times"))
		w.Before += n
	}
	latest, there := o.Latest(Account)
	if !there {
		return w, nil
	}
	now, versions, err := s.Cases.Entry(ctx, v, o.ID, latest.ID)
	if err != nil {
		return nil, err
	}
	w.Account, w.Standing = now, Standing(now.Fields.One("standing"))
	for _, old := range versions {
		if Standing(old.Fields.One("standing")) != Confirmed {
			continue
		}
		if w.Versions = append(w.Versions, old); !o.Own && w.Standing != Confirmed {
			// req: ACCOUNT-2
			w.Account.Content, w.Account.Changed, w.Standing = old.Content, old.At, Confirmed
		}
	}
	if !o.Own {
		if w.Versions = nil; w.Standing != Confirmed {
			w.Account, w.Standing = casework.Entry{}, None
		}
	}
	return w, nil
}

// Look opens the room. Who has neither the part nor an extract finds nothing.
// Errors: fault.NotFound; fault.Unlock.
func (s *Service) Look(ctx context.Context, v *web.Viewer, caseID string) (*View, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err != nil {
		return nil, err
	}
	w, err := s.viewOf(ctx, v, o)
	if err == nil && !w.Reads && len(w.Extracts) == 0 {
		err = errNotFound
	}
	return w, err
}

// Confirmed says whether there is an account that the person confirmed and another
// agency could read. Who may not read the account is told no.
//
// req: ACCOUNT-2
func (s *Service) Confirmed(ctx context.Context, v *web.Viewer, caseID string) (bool, error) {
	w, err := s.Look(ctx, v, caseID)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = nil
		}
		return false, err
	}
	return w.Standing == Confirmed || len(w.Versions) > 0, nil
}

// Step is what somebody does with the account.
type Step struct {
	Act    Act
	Rev    int64               // of the version that was shown
	Posted map[string][]string // of Begin and Write: what the form asks
	Reason string              // of Reopen
	How    string              // of Confirm: spoken, signed, marked
	Once   string
}

// Do changes the account, if the flow lets it: it writes the next version.
// Errors: fault.Invalid with the fields; fault.Conflict; fault.Stale when somebody
// else wrote meanwhile; fault.NotFound for other agencies.
//
// req: ACCOUNT-1, ACCOUNT-2
func (s *Service) Do(ctx context.Context, v *web.Viewer, caseID string, step Step) error {
	w, err := s.Look(ctx, v, caseID)
	if err != nil {
		return err
	}
	return s.step(ctx, v, w, step)
}

// stands says whether everything that was typed is in the account already.
func (step Step) stands(fields ask.Answer) bool {
	for name, values := range step.Posted {
		if words := strings.TrimSpace(strings.Join(values, "\n")); words != "" && words != strings.Join(fields[name], "\n") {
			return false
		}
	}
	return true
}

// step does it on what was just read, and makes sure that it still stands.
func (s *Service) step(ctx context.Context, v *web.Viewer, w *View, step Step) error {
	if !w.Own || !slices.Contains(w.Writable, casework.Account) {
		return errNotFound
	}
	if w.Account.ID != "" && step.Once == w.Account.ID && step.stands(w.Account.Fields) { // the button was pressed twice
		return nil
	}
	if w.Account.ID != "" && step.Rev != w.Account.Rev {
		return fault.New(fault.Stale, "casework.error.stale")
	}
	next, err := Next(w.Standing, step.Act, w.Missing)
	if err != nil {
		return err
	}
	fields, err := s.fields(w, step)
	if err != nil {
		return err
	}
	fields["standing"] = []string{string(next)}
	typed := casework.Typed{Kind: Account, Entry: w.Account.ID, Rev: step.Rev, Posted: fields, Once: step.Once}
	if step.Act.tells() {
		typed.Also = w.settled
	}
	_, err = s.Cases.Save(ctx, v, w.ID, typed)
	return err
}

// settled makes sure, in the transaction that writes, that what is settled before
// was not changed since it was read: who no longer wants to tell tells nothing.
// Errors: fault.Stale.
//
// req: ACCOUNT-1
func (w *View) settled(tx *db.Tx, _ casework.Row) error {
	now, err := casework.OnlyEntry(tx, w.ID, Ground)
	if err == nil && (now.ID != w.Ground.ID || now.Rev != w.Ground.Rev) {
		err = fault.New(fault.Stale, "casework.error.stale")
	}
	return err
}

// fields are what the next version says.
func (s *Service) fields(w *View, step Step) (ask.Answer, error) {
	fields := maps.Clone(w.Account.Fields)
	if fields == nil {
		fields = ask.Answer{}
	}
	switch step.Act {
	case Begin, Write:
		reason := fields["reason"]
		fields = ask.Answer{}
		for _, f := range kindOf(Account).Fields {
			if !slices.Contains(own, f.Name) {
				fields[f.Name] = step.Posted[f.Name]
			}
		}
		fields["reason"] = reason
	case Reopen:
		if step.Reason == "" {
			return nil, fault.Fields(fault.Field{Name: "reason", Key: "web.error.empty"})
		}
		fields["reason"] = []string{step.Reason}
		delete(fields, "confirmed-how")
		delete(fields, "confirmed-day")
	case Confirm:
		if step.How == "" {
			return nil, fault.Fields(fault.Field{Name: "confirmed-how", Key: "web.error.choose"})
		}
		fields["confirmed-how"] = []string{step.How}
		fields["confirmed-day"] = []string{s.Now().Format("2006-01-02")}
	}
	return fields, nil
}

// Cut makes an extract of chosen sections of the confirmed account. It lies in the
// part "legal": who was given that part, by the person's consent, reads it.
// Errors: fault.Invalid with the fields; fault.Conflict without a confirmed account.
//
// req: ACCOUNT-2
func (s *Service) Cut(ctx context.Context, v *web.Viewer, caseID, whom string, chosen []string, once string) error {
	w, err := s.Look(ctx, v, caseID)
	if err != nil {
		return err
	}
	if !w.Writes {
		return errNotFound
	}
	if w.Standing != Confirmed {
		return fault.New(fault.Conflict, "telling.error.state")
	}
	fields := ask.Answer{"for": {whom}, "day": w.Account.Fields["day"], "confirmed-day": w.Account.Fields["confirmed-day"]}
	some := false
	for _, name := range Sections {
		if slices.Contains(chosen, name) && w.Account.Fields.One(name) != "" {
			fields[name], some = w.Account.Fields[name], true
		}
	}
	if !some {
		return fault.Fields(fault.Field{Name: "section", Key: "web.error.choose"})
	}
	_, err = s.Cases.Save(ctx, v, caseID, casework.Typed{Kind: Extract, Posted: fields, Once: once})
	return err
}
