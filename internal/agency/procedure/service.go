package procedure

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"amelie/internal/agency"
	"amelie/internal/audit"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/id"
	"amelie/internal/jobs"
	"amelie/internal/policy"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with procedures.
var Policy = policy.Source{Name: "procedure", Text: policyText}

// Duty is what the law of a country asks, as its pack says it.
type Duty struct {
	Text, Source string
	Verified     bool
}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Texts  *i18n.Bundle
	Now    clock.Clock
	Zone   *time.Location // nil: the machine's
	// Country is where an agency works; Duties is what the law asks there.
	Country func(tx *db.Tx, agencyID string) (string, error)
	Duties  func(country, lang string) []Duty
	// Leads is how the leads of an agency are reached; Notify tells one that
	// something waits, without content. Nil: nobody is told.
	Leads  func(tx *db.Tx, agencyID string) ([]agency.Contact, error)
	Notify func(tx *db.Tx, to agency.Contact, notice string) error
}

// Service is the procedures of the agencies of one installation.
type Service struct{ Config }

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	return &Service{cfg}
}

var errNotFound = fault.New(fault.NotFound, "")

// require asks the policy about the procedure of an agency.
//
// req: PROCEDURE-2
func (s *Service) require(v *web.Viewer, action, agencyID string) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), action, policy.Object{Type: "Procedure", ID: agencyID, Attrs: map[string]any{"agency": agencyID}})
}

// mayWrite says whether the viewer writes the procedure of the own house.
func (s *Service) mayWrite(v *web.Viewer) bool {
	return v != nil && s.require(v, "procedure.write", v.AgencyID) == nil
}

func (s *Service) record(tx *db.Tx, v *web.Viewer, version Version, action string) error {
	actor := ""
	if v != nil {
		actor = v.UserID
	}
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: actor, Agency: version.AgencyID, Action: "procedure." + action, Object: fmt.Sprintf("procedure/%s", version.ID)})
}

// Current is the procedure that the viewer's house adopted; found is false when
// it has adopted none.
//
// req: PROCEDURE-1, PROCEDURE-2
func (s *Service) Current(ctx context.Context, v *web.Viewer) (version Version, found bool, err error) {
	return s.byState(ctx, v, "procedure.know", Adopted)
}

// Draft is what the leads are writing.
func (s *Service) Draft(ctx context.Context, v *web.Viewer) (Version, bool, error) {
	return s.byState(ctx, v, "procedure.write", Draft)
}

func (s *Service) byState(ctx context.Context, v *web.Viewer, action string, state State) (version Version, found bool, err error) {
	if v == nil || v.AgencyID == "" {
		return version, false, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if err := s.require(v, action, v.AgencyID); err != nil {
			return err
		}
		version, found, err = load(tx, byStateStmt, v.AgencyID, string(state))
		return err
	})
	return version, found, err
}

// History gives all versions of the viewer's house, newest first, without their
// texts.
func (s *Service) History(ctx context.Context, v *web.Viewer) (list []Version, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if err := s.require(v, "procedure.write", v.AgencyID); err != nil {
			return err
		}
		list, err = loadHistory(tx, v.AgencyID)
		return err
	})
	return list, err
}

// Number gives one version of the viewer's house.
func (s *Service) Number(ctx context.Context, v *web.Viewer, number int) (version Version, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "procedure.write", v.AgencyID); err != nil {
			return err
		}
		var found bool
		if version, found, err = load(tx, oneStmt, v.AgencyID, int64(number)); err == nil && !found {
			err = errNotFound
		}
		return err
	})
	return version, err
}

// country is where the viewer's house works; "" when nobody knows.
func (s *Service) country(ctx context.Context, v *web.Viewer) (country string, err error) {
	if s.Country == nil || v == nil || v.AgencyID == "" {
		return "", nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) { country, err = s.Country(tx, v.AgencyID); return err })
	return country, err
}

// Begin makes a draft: from a version of the house (number), from the adopted
// one (0), or from our general text when there is none. With a draft there
// already it changes nothing, so that two leads who begin at once write one.
func (s *Service) Begin(ctx context.Context, v *web.Viewer, lang string, number int) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.require(v, "procedure.write", v.AgencyID); err != nil {
			return err
		}
		if _, there, err := load(tx, byStateStmt, v.AgencyID, string(Draft)); err != nil || there {
			return err
		}
		from, err := s.origin(tx, v.AgencyID, lang, number)
		if err != nil {
			return err
		}
		all, err := loadHistory(tx, v.AgencyID)
		if err != nil {
			return err
		}
		from.ID, from.AgencyID, from.Number = id.New(), v.AgencyID, 1
		if len(all) > 0 {
			from.Number = all[0].Number + 1
		}
		n, err := tx.Exec(insertStmt, from.ID, v.AgencyID, int64(from.Number), string(Draft), from.Main, from.Review, v.UserID, v.Name, clock.Millis(s.Now()))
		if err != nil || n == 0 {
			return err
		}
		for _, l := range i18n.Languages {
			if t, ok := from.Texts[l]; ok {
				if err := saveText(tx, from.ID, l, t); err != nil {
					return err
				}
			}
		}
		if err := saveNumbers(tx, from.ID, from.Numbers); err != nil {
			return err
		}
		return s.record(tx, v, from, "begun")
	})
}

// origin is what a draft starts from.
func (s *Service) origin(tx *db.Tx, agencyID, lang string, number int) (Version, error) {
	if number > 0 {
		v, found, err := load(tx, oneStmt, agencyID, int64(number))
		if err == nil && !found {
			err = errNotFound
		}
		return v, err
	}
	if v, found, err := load(tx, byStateStmt, agencyID, string(Adopted)); err != nil || found {
		return v, err
	}
	return s.Template(lang), nil
}

// Change is what an editor saves: one language, and the numbers.
type Change struct {
	Lang    string
	Rev     int64 // of the draft that the editor saw
	Text    Text
	Numbers []Number
	Once    string // so that a button pressed twice saves once
}

func (c Change) check() error {
	var wrong []fault.Field
	long := func(field, text string, most int) {
		if utf8.RuneCountInString(text) > most {
			wrong = append(wrong, fault.Field{Name: field, Key: "web.error.too-long", Args: []any{"max", most}})
		}
	}
	for i, step := range c.Text.Steps {
		long(fmt.Sprintf("step-%d", i+1), step, maxStep)
	}
	for _, f := range c.Text.facts() {
		long(f.name, *f.text, maxText)
	}
	for i, n := range c.Numbers {
		if n.blank() {
			continue
		}
		field := func(what string) string { return fmt.Sprintf("%s-%d", what, i+1) }
		long(field("label"), n.Label, maxLine)
		long(field("phone"), n.Phone, 40)
		long(field("hours"), n.Hours, maxLine)
		if !slices.Contains(Roles, n.Role) {
			wrong = append(wrong, fault.Field{Name: field("role"), Key: "web.error.choose"})
		}
		if n.Phone == "" {
			wrong = append(wrong, fault.Field{Name: field("phone"), Key: "procedure.error.phone"})
		}
		if n.Role == "other" && n.Label == "" {
			wrong = append(wrong, fault.Field{Name: field("label"), Key: "procedure.error.label"})
		}
	}
	if len(c.Text.Steps) > MaxSteps || len(c.Numbers) > MaxNumbers {
		wrong = append(wrong, fault.Field{Name: "step-1", Key: "procedure.error.many"})
	}
	return fault.Fields(wrong...)
}

// Save writes a language and the numbers of the draft.
// Errors: fault.Stale when somebody saved since: nothing is overwritten, and
// what was typed stays in the form; fault.Invalid with fields.
func (s *Service) Save(ctx context.Context, v *web.Viewer, c Change) error {
	if err := s.require(v, "procedure.write", v.AgencyID); err != nil {
		return err
	}
	if !slices.Contains(i18n.Languages, c.Lang) {
		return fault.New(fault.Invalid, "web.error.invalid")
	}
	if err := c.check(); err != nil {
		return err
	}
	c.Text, c.Numbers = c.Text.clean(), cleanNumbers(c.Numbers)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		draft, err := s.draft(tx, v, "procedure.write")
		if err != nil {
			return err
		}
		if _, err := Next(draft.State, Write); err != nil {
			return err
		}
		if c.Once != "" {
			first, err := db.Once(tx, "procedure", c.Once, s.Now())
			if err != nil || !first {
				return err
			}
		}
		n, err := tx.Exec(touchStmt, draft.Review, draft.Rev+1, draft.ID, c.Rev)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Stale, "procedure.error.stale")
		}
		if err := saveText(tx, draft.ID, c.Lang, c.Text); err != nil {
			return err
		}
		if err := saveNumbers(tx, draft.ID, c.Numbers); err != nil {
			return err
		}
		return s.record(tx, v, draft, "written")
	})
}

func (s *Service) draft(tx *db.Tx, v *web.Viewer, action string) (Version, error) {
	if err := s.require(v, action, v.AgencyID); err != nil {
		return Version{}, err
	}
	draft, found, err := load(tx, byStateStmt, v.AgencyID, string(Draft))
	if err == nil && !found {
		err = fault.New(fault.Conflict, "procedure.error.state")
	}
	return draft, err
}

// AdoptDraft makes the draft what the house decided; the version before is
// kept as replaced.
// Errors: fault.Invalid when something is lacking or the review day is not
// ahead; fault.Stale when the draft is not the one that was previewed.
//
// req: PROCEDURE-1
func (s *Service) AdoptDraft(ctx context.Context, v *web.Viewer, rev int64, review string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		draft, err := s.draft(tx, v, "procedure.adopt")
		if err != nil {
			return err
		}
		if lacking := draft.Lacking(); len(lacking) > 0 {
			return fault.Fields(fault.Field{Name: "review", Key: lacking[0]})
		}
		if _, ok := reviewDay(review, s.Now(), s.Zone); !ok {
			return fault.Fields(fault.Field{Name: "review", Key: "procedure.error.review"})
		}
		if rev != draft.Rev {
			return fault.New(fault.Stale, "procedure.error.stale")
		}
		if err := s.replace(tx, v); err != nil {
			return err
		}
		if err := s.move(tx, &draft, Adopt); err != nil {
			return err
		}
		if _, err := tx.Exec(adoptStmt, v.UserID, v.Name, clock.Millis(s.Now()), review, draft.ID); err != nil {
			return err
		}
		if err := jobs.EnqueueDays(tx, jobReview, draft.ID, reminders(review, s.Now(), s.Zone)); err != nil {
			return err
		}
		return s.record(tx, v, draft, "adopted")
	})
}

// replace ends the version that is in use.
func (s *Service) replace(tx *db.Tx, v *web.Viewer) error {
	old, found, err := load(tx, byStateStmt, v.AgencyID, string(Adopted))
	if err != nil || !found {
		return err
	}
	if err := s.move(tx, &old, Replace); err != nil {
		return err
	}
	return s.record(tx, v, old, "replaced")
}

func (s *Service) move(tx *db.Tx, v *Version, a Action) error {
	next, err := Next(v.State, a)
	if err != nil {
		return err
	}
	n, err := tx.Exec(stateStmt, string(next), v.Rev+1, v.ID, v.Rev)
	if err == nil && n == 0 {
		err = fault.New(fault.Stale, "procedure.error.stale")
	}
	v.State, v.Rev = next, v.Rev+1
	return err
}

// DiscardDraft gives the draft up; it stays in the history.
func (s *Service) DiscardDraft(ctx context.Context, v *web.Viewer) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		draft, err := s.draft(tx, v, "procedure.write")
		if err != nil {
			return err
		}
		if err := s.move(tx, &draft, Discard); err != nil {
			return err
		}
		return s.record(tx, v, draft, "discarded")
	})
}

const jobReview = "procedure.review"

// Handle registers the reminders of the review day.
func (s *Service) Handle(r *jobs.Runner) {
	r.Handle(jobReview, jobs.ByID(s.DB, s.remind))
}

// remind tells the leads, when the version is still in use.
func (s *Service) remind(tx *db.Tx, versionID string) error {
	v, found, err := load(tx, byIDStmt, versionID)
	if err != nil || !found || v.State != Adopted {
		return err
	}
	return agency.Tell(tx, v.AgencyID, "reminder", s.Leads, s.Notify)
}
