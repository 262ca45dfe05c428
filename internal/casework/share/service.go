package share

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may review.
var Policy = policy.Source{Name: "share", Text: policyText}

// Agency is an organisation with which something can be shared.
type Agency struct {
	ID, Name  string
	Authority bool // police, prosecution, immigration office, inspection
}

// Provision is a ground of law, as the country's data names it.
type Provision struct {
	ID, Name, Source string
	Verified         bool // compared with the law by a named person
}

// Language is one in which a person can be told.
type Language struct {
	Code, Name string
}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Now    clock.Clock
	Cases  *casework.Service
	// Agencies are those that may receive now, by name, without the viewer's own.
	Agencies func(ctx context.Context, v *web.Viewer) ([]Agency, error)
	// Authority says whether an agency is an authority now, whatever it was when
	// something was given to it; nil: only what it was then counts.
	Authority func(tx *db.Tx, agencyID string) (bool, error)
	// Name of an agency.
	Name func(tx *db.Tx, agencyID string) (string, error)
	// Grounds of law in the country of an agency on which something may leave
	// without a yes; none where the country's data names none.
	Grounds func(ctx context.Context, agencyID, lang string) ([]Provision, error)
	// Keeps says what an agency may keep by law of what was taken back from it; ""
	// when its country's data does not say.
	Keeps func(tx *db.Tx, agencyID, lang string) (string, error)
	// Languages in which the text is there, its version in one, and a sentence of it.
	Languages func() []Language
	Version   func(lang string) string
	Text      func(lang, key string) string
	// Say is a sentence of the person's own page in such a language, and Checked how
	// far it was read by somebody who speaks it.
	Say     func(lang, key string, args map[string]string) string
	Checked func(lang string) string
	// Tell says to those of an agency that something waits; leads: to its leads
	// alone. nil: nobody is told.
	Tell func(tx *db.Tx, agencyID string, leads bool) error
	// Offered are cases that are to go on at the viewer's agency, as lines of c-due;
	// nil: there is no such room.
	Offered func(c *web.Ctx) ([]web.M, error)
	// TellWorker says the same to one member; nil: nobody is told.
	TellWorker func(tx *db.Tx, userID string) error
	// Confirmed says whether there is a full account that the person confirmed; nil:
	// there always is.
	Confirmed func(ctx context.Context, v *web.Viewer, caseID string) (bool, error)
	// Counted is told, in the same transaction, whether a case may be counted from now
	// on; nil: nobody is told.
	Counted func(tx *db.Tx, caseID string, yes bool) error
	// Remember is told, in the same transaction, what must not come back with a
	// backup; nil: nobody is told.
	Remember func(tx *db.Tx, entryID string, at time.Time) error
	// Shortened is told the same of a line whose place a shorter one took: mark is
	// for ShortenAgain. nil: nobody is told.
	Shortened func(tx *db.Tx, mark string, at time.Time) error
}

// Service does what people do with the ledger.
type Service struct{ Config }

// New makes the service. The engine of cfg must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg} }

// Room is the ledger's place in the file.
func (s *Service) Room() casework.Room {
	return casework.Room{Name: room, Icon: "key", Kinds: kinds, Glance: s.glance, Wrote: s.wrote, Forget: forget, Export: s.export, Untold: s.untold}
}

var (
	errNotFound = fault.New(fault.NotFound, "web.error.not-found")
	errTwice    = errors.New("share: there is a line with this token")
	errAnew     = errors.New("share: it was written anew who decides")
)

const sealWords = "casework.share.words"

func place(entryID string) casework.Field { return casework.Field{Name: sealWords, Row: entryID} }

// Said is how a yes or no was given, and how it was asked for.
type Said struct {
	By          string // the entry of who decides for the person; "" for the person
	How         string
	Language    string // of the text
	Spoken      string // into which it was put in words; "" for that of the text
	Interpreter string
}

// Order is a sharing that somebody takes down.
type Order struct {
	Once         string
	To           string
	Parts        []casework.Part
	Past, Writes bool
	Purpose      string
	Words        string // of another purpose
	Days         int
	Said
	// Seal and Also are of a room that gives more than parts: closed under one of
	// them, which the other agency opens, and done in the same transaction. nil:
	// nothing.
	Wrong error // that the room found, said together with the rest
	Seal  func(p *casework.Pen, e Line) error
	Also  func(tx *db.Tx, e Entry) error
}

// resting are the kinds of entries on which it rests who decides.
var resting = []string{kindDeciding, kindAround, kindStanding}

// file is a case of the viewer's own agency, with the versions of the entries that
// say who decides.
type file struct {
	*casework.Opened
	versions map[string]int64
}

// tries of an act before which it was written anew who decides.
const tries = 4

// upon does what rests on who decides. When that is written anew before the
// transaction of the act, the file is read again.
//
// req: SHARE-3, SHARE-4
func (s *Service) upon(ctx context.Context, v *web.Viewer, caseID string, do func(f file) (string, error)) (string, error) {
	for range tries {
		f := file{}
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			f.versions, err = RestsNow(tx, caseID)
			return err
		})
		if err == nil {
			f.Opened, err = s.own(ctx, v, caseID)
		}
		if err != nil {
			return "", err
		}
		entry, err := do(f)
		if !errors.Is(err, errAnew) {
			return entry, err
		}
	}
	return "", fault.New(fault.Stale, "casework.error.busy")
}

// Resting is whether the person decides alone, and on which entries of the file that
// rests, by version.
func (e *Line) Resting() (Capacity, map[string]int64) { return e.capacity, e.rests }

// RestsNow are the entries of a case that say who decides, with their present
// versions. It asks nobody who may know that.
func RestsNow(tx *db.Tx, caseID string) (map[string]int64, error) {
	return casework.VersionsOf(tx, caseID, resting...)
}

// holds asks in the transaction of an act whether what it rests on still stands.
func (e *Line) holds(tx *db.Tx) error {
	if e.rests == nil {
		return nil
	}
	now, err := RestsNow(tx, e.CaseID)
	if err == nil && !maps.Equal(now, e.rests) {
		err = errAnew
	}
	return err
}

// said checks how it was asked for, and puts it into a line. A no needs no way.
func (s *Service) said(f file, in Said, no bool, e *Line) error {
	o := f.Opened
	e.rests, e.capacity = f.versions, decidingIn(o).Capacity
	var wrong []fault.Field
	if !slices.Contains(Ways, in.How) && !(no && in.How == "") {
		wrong = append(wrong, fault.Field{Name: "how", Key: "web.error.choose"})
	}
	if !slices.Contains(Interpreters, in.Interpreter) {
		wrong = append(wrong, fault.Field{Name: "interpreter", Key: "web.error.choose"})
	}
	if !slices.ContainsFunc(s.Languages(), func(l Language) bool { return l.Code == in.Language }) {
		wrong = append(wrong, fault.Field{Name: "language", Key: "web.error.choose"})
	}
	if in.Spoken != "" && !slices.Contains(casework.Spoken, in.Spoken) {
		wrong = append(wrong, fault.Field{Name: "spoken", Key: "web.error.choose"})
	}
	if in.Spoken != in.Language {
		e.Spoken = in.Spoken
	}
	e.How, e.Language, e.Interpret, e.Text, e.Decider = in.How, in.Language, in.Interpreter, s.Version(in.Language), string(Self)
	var by *Around
	for _, a := range aroundIn(o) {
		if a.Entry == in.By {
			by = &a
			e.Decider, e.DeciderID, e.Name, e.Paper = a.Relation, a.Entry, a.Name, a.Paper
		}
	}
	if by == nil && in.By != "" {
		return errNotFound
	}
	if err := decidingIn(o).Decides(by); err != nil {
		wrong = append(wrong, fault.Find(err).Fields...)
	}
	return fault.Fields(wrong...)
}

// line begins a line of a case.
func (s *Service) line(v *web.Viewer, o *casework.Opened, kind Kind, once string) Line {
	e := Entry{ID: once, CaseID: o.ID, AgencyID: o.AgencyID, Kind: kind, UserID: v.UserID, UserName: v.Name, At: s.Now()}
	if !id.Valid(once) {
		e.ID = id.New()
	}
	return Line{Entry: e}
}

// own opens a case of the viewer's own agency: no other shares on.
func (s *Service) own(ctx context.Context, v *web.Viewer, caseID string) (*casework.Opened, error) {
	o, err := s.Cases.Look(ctx, v, caseID)
	if err == nil && !o.Own {
		err = errNotFound
	}
	return o, err
}

// receiver checks to whom and what.
func (s *Service) receiver(ctx context.Context, v *web.Viewer, to string, parts []casework.Part, days int, e *Line) error {
	var wrong []fault.Field
	all, err := s.Agencies(ctx, v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(a Agency) bool { return a.ID == to })
	if i < 0 {
		wrong = append(wrong, fault.Field{Name: "to", Key: "web.error.choose"})
	} else {
		e.To, e.Authority = to, all[i].Authority
	}
	for _, p := range parts {
		if !p.Shareable() {
			return errNotFound
		}
	}
	if len(parts) == 0 {
		wrong = append(wrong, fault.Field{Name: "part", Key: "web.error.choose"})
	}
	if offered, err := s.parts(ctx, v, e.CaseID); err != nil {
		return err
	} else if len(left(parts, offered)) > 0 {
		wrong = append(wrong, fault.Field{Name: "part", Key: "share.error.account"})
	}
	if !slices.Contains(Periods, days) {
		wrong = append(wrong, fault.Field{Name: "days", Key: "web.error.choose"})
	}
	e.Parts, e.Until = parts, e.At.AddDate(0, 0, days)
	return fault.Fields(wrong...)
}

// Give shares parts with another agency because the person said yes: the keys
// and the line in one transaction. It takes the place of what the agency had.
// Errors: fault.Invalid with the fields; fault.NotFound.
//
// req: SHARE-1
func (s *Service) Give(ctx context.Context, v *web.Viewer, caseID string, in Order) (string, error) {
	return s.upon(ctx, v, caseID, func(f file) (string, error) {
		e := s.line(v, f.Opened, Consent, in.Once)
		e.State, e.Past, e.Purpose, e.Other = Given, in.Past, in.Purpose, in.Words
		wrong := [4]error{s.receiver(ctx, v, in.To, in.Parts, in.Days, &e), s.said(f, in.Said, false, &e), purposeFault(in), in.Wrong}
		if err := together(wrong[:]...); err != nil {
			return "", err
		}
		// A yes only for what is written from now on leaves no key of the past behind.
		sh := casework.Share{To: e.To, Parts: e.Parts, Until: e.Until, Past: in.Past, Anew: !in.Past, Writes: in.Writes}
		if in.Seal != nil {
			sh.Seal = func(p *casework.Pen) error { return in.Seal(p, e) }
		}
		return s.grant(ctx, v, &e, sh, func(tx *db.Tx) error {
			if err := s.alone(tx, e.Entry); err != nil {
				return err
			}
			if err := s.settle(tx, v, e.Entry); err != nil || in.Also == nil {
				return err
			}
			return in.Also(tx, e.Entry)
		})
	})
}

// parts are what can be given of a case now: the full account only when the person
// confirmed one.
//
// req: SHARE-10
func (s *Service) parts(ctx context.Context, v *web.Viewer, caseID string) ([]casework.Part, error) {
	if s.Confirmed == nil {
		return Parts(), nil
	}
	confirmed, err := s.Confirmed(ctx, v, caseID)
	return slices.DeleteFunc(Parts(), func(p casework.Part) bool { return p == casework.Account && !confirmed }), err
}

func purposeFault(in Order) error {
	switch {
	case in.Purpose == GoesOn && in.Also != nil:
	case !slices.Contains(Purposes, in.Purpose):
		return fault.Fields(fault.Field{Name: "purpose", Key: "web.error.choose"})
	case in.Purpose == "other" && utf8.RuneCountInString(in.Words) < 3:
		return fault.Fields(fault.Field{Name: "words", Key: "web.error.empty"})
	}
	return nil
}

// together puts the wrong fields of several checks into one answer.
func together(errs ...error) error {
	var wrong []fault.Field
	for _, err := range errs {
		f := fault.Find(err)
		if err != nil && (f == nil || len(f.Fields) == 0) {
			return err
		}
		if err != nil {
			wrong = append(wrong, f.Fields...)
		}
	}
	return fault.Fields(wrong...)
}

// grant gives the keys and writes the line, or neither. Pressed twice it gives
// once.
func (s *Service) grant(ctx context.Context, v *web.Viewer, e *Line, sh casework.Share, also func(*db.Tx) error) (string, error) {
	more := sh.Seal
	sh.Under, sh.Seal = []casework.Part{casework.Notes}, func(p *casework.Pen) error {
		if err := e.seal(p); err != nil || more == nil {
			return err
		}
		return more(p)
	}
	err := s.Cases.Grant(ctx, v, e.CaseID, sh, func(tx *db.Tx) error {
		if err := errors.Join(s.mayReach(tx, e.Entry), e.holds(tx)); err != nil {
			return err
		}
		fresh, err := insert(tx, e.Entry)
		if err == nil && !fresh {
			err = errTwice
		}
		if err == nil {
			err = also(tx)
		}
		if err != nil || s.Tell == nil {
			return err
		}
		return s.Tell(tx, e.To, false)
	})
	if errors.Is(err, errTwice) {
		err = s.twice(ctx, v, e)
	}
	return e.ID, err
}

// twice says what a line means whose token served before: the same button pressed
// twice. Another answer is never dropped in silence.
// Errors: fault.Conflict.
//
// req: SHARE-7
func (s *Service) twice(ctx context.Context, v *web.Viewer, e *Line) error {
	lines, err := s.ledger(ctx, v, e.CaseID)
	if err != nil || slices.ContainsFunc(lines, func(was Line) bool { return was.ID == e.ID && was.same(*e) }) {
		return err
	}
	return fault.New(fault.Conflict, "casework.error.served")
}

// mayReach lets something reach an authority only where the person said yes to
// contact with it, or on a legal ground.
//
// req: SHARE-8
func (s *Service) mayReach(tx *db.Tx, e Entry) error {
	if !e.Authority || e.Kind == Ground {
		return nil
	}
	lines, err := list(tx, caseStmt, e.CaseID)
	if err != nil || slices.ContainsFunc(lines, func(l Entry) bool { return l.Kind == Police && l.Stands(s.Now()) }) {
		return err
	}
	return fault.Fields(fault.Field{Name: "to", Key: "share.error.police"})
}

// seal closes the words of a line under the part that nobody else gets.
func (e *Line) seal(p *casework.Pen) error {
	if e.Words == (Words{}) {
		return nil
	}
	plain, err := json.Marshal(e.Words)
	if err != nil {
		return err
	}
	e.epoch, e.env, err = p.Seal(casework.Notes, place(e.ID), plain)
	return err
}

// alone refuses that a case goes on at an agency that has something of it by another
// line: its no would end that too.
//
// req: PASS-5
func (s *Service) alone(tx *db.Tx, e Entry) error {
	if e.Purpose != GoesOn {
		return nil
	}
	lines, err := list(tx, caseStmt, e.CaseID)
	if slices.ContainsFunc(lines, func(was Entry) bool { return was.To == e.To && was.Purpose != GoesOn && was.Stands(s.Now()) }) {
		err = fault.Fields(fault.Field{Name: "to", Key: "share.error.stands"})
	}
	return err
}

// settle lets a new line take the place of what its agency has: the keys of parts
// that it does not hold go.
func (s *Service) settle(tx *db.Tx, v *web.Viewer, e Entry) error {
	lines, err := list(tx, caseStmt, e.CaseID)
	if err != nil {
		return err
	}
	for _, was := range lines {
		asked := was.To == e.To && was.Kind == Consent && was.State == Refused
		if was.ID == e.ID || !asked && (was.To != e.To || !was.Stands(s.Now())) {
			continue
		}
		gone := left(was.Parts, e.Parts)
		if err := s.finish(tx, v, was, Replace, gone); err != nil {
			return err
		}
		kept := e.Past && len(gone) < len(was.Parts) // the later line stands on the same keys
		switch {
		case !kept && s.Remember != nil:
			err = s.Remember(tx, was.ID, s.Now())
		case kept && s.Shortened != nil && e.Until.Before(was.Until):
			err = s.Shortened(tx, was.mark(e.Until), s.Now())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// finish ends a line: the keys of the parts go, a backup is told, and so is the
// other agency.
//
// req: SHARE-2
func (s *Service) finish(tx *db.Tx, v *web.Viewer, e Entry, a Act, parts []casework.Part) error {
	next, err := Next(e.State, a)
	if err != nil {
		return err
	}
	now, by := s.Now(), ""
	if v != nil {
		by = v.Name
	}
	if n, err := tx.Exec(stateStmt, string(next), clock.Millis(now), by, e.ID, string(e.State)); err != nil || n == 0 {
		return err
	}
	if err := s.Cases.End(tx, v, e.CaseID, e.To, parts); err != nil {
		return err
	}
	if e.Kind == Statistics {
		if err := s.counted(tx, e.CaseID, false); err != nil {
			return err
		}
	}
	if e.Kind == Ground { // its review is not due any more
		if err := s.Cases.SetDue(tx, e.CaseID, room+"/"+e.ID, time.Time{}); err != nil {
			return err
		}
		if next == Rejected || next == Lapsed {
			if err := s.Cases.Count(tx, e.AgencyID, "review", string(next)); err != nil {
				return err
			}
		}
	}
	if err := s.Cases.Happened(tx, v, e.CaseID, room, string(a), "", e.To); err != nil {
		return err
	}
	if s.Remember != nil && a != Replace {
		if err := s.Remember(tx, e.ID, now); err != nil {
			return err
		}
	}
	if s.Tell == nil || e.To == "" || a == Replace {
		return nil
	}
	return s.Tell(tx, e.To, false)
}

// EndAgain withdraws again what a restored backup gave back: entryID and at are
// what Remember was told. The keys are taken back by the file itself; uncount is told
// of a case that may not be counted any more.
//
// req: SHARE-2, TALLY-3
func EndAgain(tx *db.Tx, entryID string, at time.Time, uncount func(tx *db.Tx, caseID string) error) (bool, error) {
	e, err := found(scan(tx.Row(anyStmt, entryID).Scan))
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || e.State != Given && e.State != Waiting && e.State != Confirmed {
		return false, err
	}
	n, err := tx.Exec(stateStmt, string(Withdrawn), clock.Millis(at), "", e.ID, string(e.State))
	if err == nil && e.Kind == Statistics {
		err = uncount(tx, e.CaseID)
	}
	return n == 1, err
}

// mark names a line and the day until which it holds at most.
func (e Entry) mark(until time.Time) string {
	return e.ID + "/" + strconv.FormatInt(clock.Millis(until), 10)
}

// ShortenAgain lets a line that a restored backup brought back, and what it gave,
// end when the shorter one would have that took its place: mark is what Shortened
// was told. A line that had been replaced before the backup stays as it is.
//
// req: SHARE-2
func ShortenAgain(tx *db.Tx, mark string) (bool, error) {
	entryID, ms, _ := strings.Cut(mark, "/")
	at, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return false, fmt.Errorf("the ledger has a sharing %q without an end", mark)
	}
	e, err := found(scan(tx.Row(anyStmt, entryID).Scan))
	until := clock.Time(at)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil || e.State != Given && e.State != Waiting && e.State != Confirmed || !until.Before(e.Until) {
		return false, err
	}
	if _, err := tx.Exec(untilStmt, at, e.ID); err != nil {
		return false, err
	}
	return true, casework.ShortenAgain(tx, e.CaseID, e.To, e.Parts, until)
}

// Refuse keeps a no to a sharing, so that it is not asked again and again.
//
// req: SHARE-7
func (s *Service) Refuse(ctx context.Context, v *web.Viewer, caseID string, in Order) (string, error) {
	return s.upon(ctx, v, caseID, func(f file) (string, error) {
		e := s.line(v, f.Opened, Consent, in.Once)
		e.State, e.Purpose, e.Other = Refused, in.Purpose, in.Words
		err := s.receiver(ctx, v, in.To, in.Parts, Periods[0], &e)
		if e.To == "" {
			return "", err
		}
		e.Until = time.Time{}
		if !slices.Contains(Purposes, e.Purpose) && e.Purpose != GoesOn {
			e.Purpose = ""
		}
		if err := s.said(f, in.Said, true, &e); err != nil {
			return "", err
		}
		return s.note(ctx, v, &e, Refuse)
	})
}

// Answer keeps what the person says about one of the topics. It takes who may give
// parts away: a yes lets authorities near, a no ends what they have.
// Errors: fault.Invalid with the fields; fault.Denied; fault.Conflict when the
// form was sent before with another answer.
//
// req: SHARE-7
func (s *Service) Answer(ctx context.Context, v *web.Viewer, caseID string, topic Kind, yes bool, once string, said Said) (string, error) {
	return s.upon(ctx, v, caseID, func(f file) (string, error) {
		if !slices.Contains(Topics, topic) {
			return "", errNotFound
		}
		e := s.line(v, f.Opened, topic, once)
		if err := s.said(f, said, !yes, &e); err != nil {
			return "", err
		}
		act := Refuse
		if e.State = Refused; yes {
			act, e.State = Give, Given
		}
		return s.note(ctx, v, &e, act)
	})
}

// note writes a line without keys. What was said before about the same gives way;
// a no to contact by the police ends what authorities have by a yes.
func (s *Service) note(ctx context.Context, v *web.Viewer, e *Line, a Act) (string, error) {
	err := s.Cases.Write(ctx, v, e.CaseID, []casework.Part{casework.Notes}, e.seal, func(tx *db.Tx, row casework.Row) error {
		action := "case.write"
		if e.Kind != Consent {
			action = "case.grant"
		}
		if _, err := s.Cases.Require(tx, v, e.CaseID, action); err != nil {
			return err
		}
		if err := e.holds(tx); err != nil {
			return err
		}
		fresh, err := insert(tx, e.Entry)
		if err == nil && !fresh {
			err = errTwice
		}
		if err != nil {
			return err
		}
		lines, err := list(tx, caseStmt, e.CaseID)
		if err != nil {
			return err
		}
		for _, was := range lines {
			same := was.ID != e.ID && was.Kind == e.Kind && was.To == e.To && (was.State == Refused || e.Kind != Consent && was.State == Given)
			how := Replace
			if was.State == Given && a == Refuse {
				how = Withdraw
			}
			if !same {
				continue
			}
			if err := s.finish(tx, v, was, how, nil); err != nil {
				return err
			}
		}
		if e.Kind == Statistics && a == Give {
			if err := s.counted(tx, e.CaseID, true); err != nil {
				return err
			}
		}
		if e.Kind == Police && a == Refuse {
			if err := s.noAuthorities(tx, v, lines, Withdraw); err != nil {
				return err
			}
		}
		return s.Cases.Happened(tx, v, e.CaseID, room, string(a), "", e.To)
	})
	if errors.Is(err, errTwice) {
		err = s.twice(ctx, v, e)
	}
	return e.ID, err
}

// MayCount says whether the person's answer to statistics is yes now. Nothing said is
// no.
//
// req: TALLY-3
func (s *Service) MayCount(tx *db.Tx, caseID string) (bool, error) {
	lines, err := list(tx, caseStmt, caseID)
	return slices.ContainsFunc(lines, func(e Entry) bool { return e.Kind == Statistics && e.Stands(s.Now()) }), err
}

func (s *Service) counted(tx *db.Tx, caseID string, yes bool) error {
	if s.Counted == nil {
		return nil
	}
	return s.Counted(tx, caseID, yes)
}

// noAuthorities ends what authorities have by a yes, also those of which it was
// not known when it was given.
//
// req: SHARE-8
func (s *Service) noAuthorities(tx *db.Tx, v *web.Viewer, lines []Entry, a Act) error {
	for _, e := range lines {
		if e.Kind != Consent || !e.Stands(s.Now()) {
			continue
		}
		is, err := e.Authority, error(nil)
		if !is && s.Authority != nil {
			is, err = s.Authority(tx, e.To)
		}
		if err == nil && is {
			err = s.finish(tx, v, e, a, e.Parts)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Withdraw ends a line on the person's word, at once and without any key: told
// to the agency whose case it is, or to the one that has it. What stands on a
// legal ground is ended by an agency, not withdrawn. A second press changes
// nothing.
//
// req: SHARE-2
func (s *Service) Withdraw(ctx context.Context, v *web.Viewer, caseID, entryID string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Cases.Require(tx, v, caseID, "case.know"); err != nil {
			return err
		}
		e, err := byID(tx, caseID, entryID)
		if err != nil {
			return err
		}
		if e.To != v.AgencyID {
			if _, err := s.Cases.Require(tx, v, caseID, "case.revoke"); err != nil {
				return err
			}
		}
		return s.withdraw(tx, v, e)
	})
}

// WithdrawBy is Withdraw by the person, in the transaction of a room that knows
// that it is the person. It needs no key.
//
// req: SHARE-2
func (s *Service) WithdrawBy(tx *db.Tx, caseID, entryID string) error {
	e, err := byID(tx, caseID, entryID)
	if err != nil || e.Kind == Ground {
		return cmp.Or[error](err, errNotFound)
	}
	return s.withdraw(tx, nil, e)
}

// Stands says whether a line lets an agency open its parts now.
func (s *Service) Stands(tx *db.Tx, caseID, entryID string) (bool, error) {
	e, err := byID(tx, caseID, entryID)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil && e.Stands(s.Now()), err
}

// EndBy ends a line that stands by one of the two agencies, in the transaction of a
// room that asked who may. It needs no key.
func (s *Service) EndBy(tx *db.Tx, v *web.Viewer, caseID, entryID string) error {
	e, err := byID(tx, caseID, entryID)
	if err != nil || !e.Stands(s.Now()) {
		return err
	}
	return s.finish(tx, v, e, End, e.Parts)
}

func (s *Service) withdraw(tx *db.Tx, v *web.Viewer, e Entry) error {
	if !e.Stands(s.Now()) {
		return nil
	}
	act := Withdraw
	if e.Kind == Ground {
		act = End
	}
	return s.over(tx, v, e, act)
}

// over ends a line and what stands on it.
func (s *Service) over(tx *db.Tx, v *web.Viewer, e Entry, a Act) error {
	if err := s.finish(tx, v, e, a, e.Parts); err != nil || e.Kind != Police {
		return err
	}
	lines, err := list(tx, caseStmt, e.CaseID)
	if err != nil {
		return err
	}
	return s.noAuthorities(tx, v, lines, a)
}

// wrote ends at once what rests on the yes of somebody who is under suspicion now,
// in the transaction that writes it. The worker of the case is told, and the other
// agency; nobody else is.
//
// req: SHARE-3
func (s *Service) wrote(tx *db.Tx, row casework.Row, entryID, kind string, a ask.Answer) error {
	if kind != kindAround || a.One("suspicion") != "yes" {
		return nil
	}
	lines, err := list(tx, caseStmt, row.ID)
	ended := false
	for _, e := range lines {
		if err == nil && e.DeciderID == entryID && e.StateAt(s.Now()) == Given {
			ended, err = true, s.over(tx, nil, e, Doubt)
		}
	}
	if err != nil || !ended || s.TellWorker == nil {
		return err
	}
	return s.TellWorker(tx, row.WorkerID)
}

// Standing is what is shared of a case now, and what was said about the topics,
// in codes. Sharings on a legal ground of which the person was not told, because
// that endangers, are left out: it is for the person.
//
// req: SHARE-9
func (s *Service) Standing(tx *db.Tx, caseID string) (shares []Entry, topics map[Kind]Entry, err error) {
	lines, err := list(tx, caseStmt, caseID)
	topics = map[Kind]Entry{}
	for _, e := range lines {
		switch {
		case slices.Contains(Topics, e.Kind):
			if e.State != Replaced {
				topics[e.Kind] = e
			}
		case e.Stands(s.Now()) && (e.Kind == Consent || !e.ToldAt.IsZero()):
			shares = append(shares, e)
		}
	}
	return shares, topics, err
}

// open opens the words of lines, as far as the keys are there.
func open(lines []Entry, keys *casework.Keys) (out []Line, err error) {
	for _, e := range lines {
		l := Line{Entry: e}
		if len(e.env) > 0 && keys != nil && keys.Can(casework.Notes, e.epoch) {
			plain, err := keys.Open(casework.Notes, e.epoch, e.env, place(e.ID))
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(plain, &l.Words); err != nil {
				return nil, fault.Wrap(err, "read sharing", e.ID)
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// ledger is what a member may read of the ledger of a case: all of it in the own
// agency, its own lines in another.
func (s *Service) ledger(ctx context.Context, v *web.Viewer, caseID string) (out []Line, err error) {
	err = s.Cases.Read(ctx, v, caseID, "case.open", []casework.Part{casework.Notes}, func(tx *db.Tx, in casework.Inside) error {
		lines, err := list(tx, caseStmt, caseID)
		if err != nil {
			return err
		}
		if !in.Own {
			lines = slices.DeleteFunc(lines, func(e Entry) bool { return e.To != v.AgencyID || e.State == Refused })
			for i, e := range lines {
				if e.State == Doubted { // of whom there is suspicion is not another agency's to know
					lines[i].State = Ended
				}
			}
		}
		out, err = open(lines, in.Keys)
		return err
	})
	return out, err
}

// export is the ledger as the person may have it.
//
// req: SHARE-6
func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	lines, err := s.ledger(ctx, v, o.ID)
	return slices.DeleteFunc(lines, func(l Line) bool { return l.secret() || o.Untold[l.To] }), err
}

// secret says that a line stands on a ground of law and the person was not told.
func (e Entry) secret() bool { return e.Kind == Ground && e.ToldAt.IsZero() }

// untold are the agencies of such lines, also when they have ended.
func (s *Service) untold(ctx context.Context, v *web.Viewer, caseID string) (map[string]bool, error) {
	out := map[string]bool{}
	lines, err := s.ledger(ctx, v, caseID)
	for _, l := range lines {
		if l.secret() {
			out[l.To] = true
		}
	}
	return out, err
}

// Handle registers the end of what nobody reviewed.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobReview, jobs.ByID(s.DB, func(tx *db.Tx, entryID string) error { return s.lapse(tx, entryID) }))
}
