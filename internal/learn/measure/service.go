package measure

import (
	"context"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/fold"
	"amelie/internal/id"
	"amelie/internal/learn"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

//go:embed policy.cedar
var policyText string

// Policy is who may do what with the measure.
var Policy = policy.Source{Name: "measure", Text: policyText}

// Config is what the service is made of.
type Config struct {
	DB     *db.DB
	Policy *policy.Engine
	Secret *vault.ServerSecret
	Now    clock.Clock
	Course func() *learn.Course
}

// Service hands out sheets and keeps them.
type Service struct{ Config }

// New makes the service. The policy engine must hold this package's Policy.
func New(cfg Config) *Service { return &Service{cfg} }

// Laid is a sheet that lies before somebody. It travels with the page, sealed:
// what is only begun is kept nowhere.
type Laid struct {
	ID       string `json:"id"` // random; pressed twice it is one sheet
	Code     string `json:"code"`
	Occasion string `json:"occasion"`
	Form     string `json:"form"`
}

var place = vault.Binding{Field: "measure.sheet", Row: "page"}

// check refuses facts from which no code can be made again.
func (f Facts) check(occasion string) error {
	var wrong []fault.Field
	if !slices.Contains(Occasions, occasion) {
		wrong = append(wrong, fault.Field{Name: "when", Key: "web.error.choose"})
	}
	if utf8.RuneCountInString(fold.Word(f.Name)) < 2 {
		wrong = append(wrong, fault.Field{Name: "name", Key: "measure.fault.name"})
	}
	for _, x := range []struct {
		name, value string
		from, to    int
	}{{"day", f.Day, 1, 31}, {"month", f.Month, 1, 12}, {"older", f.Older, 0, 9}} {
		if n, err := strconv.Atoi(x.value); err != nil || n < x.from || n > x.to || strconv.Itoa(n) != x.value {
			wrong = append(wrong, fault.Field{Name: x.name, Key: "web.error.choose"})
		}
	}
	return fault.Fields(wrong...)
}

// Lay makes a sheet ready: on a form that this code did not have last. Errors:
// fault.Invalid with the facts that are missing; fault.Unavailable when too many
// ask at once.
//
// req: MEASURE-1
// req: MEASURE-2
func (s *Service) Lay(ctx context.Context, f Facts, occasion string) (laid Laid, token string, err error) {
	if err := f.check(occasion); err != nil {
		return laid, "", err
	}
	code, err := s.Secret.SlowMAC("measure code", []byte(f.text()))
	if err != nil {
		return laid, "", err
	}
	laid = Laid{ID: id.Secret(16), Code: hex.EncodeToString(code), Occasion: occasion}
	var had []Sheet
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		had, err = load(tx, ofCodeStmt, laid.Code)
		return err
	})
	if err != nil {
		return laid, "", err
	}
	laid.Form = next(last(had), code)
	text, err := json.Marshal(laid)
	if err != nil {
		return laid, "", err
	}
	token, err = s.Secret.SealToken(text, place)
	return laid, token, err
}

// last is the form of the newest sheet: no sheet has a day, so the newest month
// and in it the latest occasion.
func last(had []Sheet) string {
	var newest Sheet
	for _, s := range had {
		if s.Month > newest.Month || s.Month == newest.Month && slices.Index(Occasions, s.Occasion) >= slices.Index(Occasions, newest.Occasion) {
			newest = s
		}
	}
	return newest.Form
}

// Open is the sheet of a token. Errors: fault.Invalid.
func (s *Service) Open(token string) (laid Laid, err error) {
	text, err := s.Secret.OpenToken(token, place)
	if err == nil {
		err = json.Unmarshal(text, &laid)
	}
	if err != nil {
		return laid, fault.New(fault.Invalid, "web.error.invalid").Because(err)
	}
	return laid, nil
}

// Keep counts what is right and keeps the sheet; which answers were given is
// forgotten here. Nothing is written into the log: its times are exact, and the
// sheet has only a month.
//
// req: MEASURE-2
func (s *Service) Keep(ctx context.Context, laid Laid, given map[string]learn.Given) (Sheet, error) {
	x := Sheet{Code: laid.Code, Occasion: laid.Occasion, Form: laid.Form, Month: s.Now().UTC().Format("2006-01")}
	for _, a := range Form(s.Course(), laid.Form) {
		g := given[a.Name()]
		if err := a.Question.Check(g); err != nil {
			return x, err
		}
		x.Of++
		if a.Question.Mark(g).Right {
			x.Right++
		}
	}
	return x, s.DB.Write(ctx, func(tx *db.Tx) error { return x.insert(tx, laid.ID) })
}

// Figures are what may be shown of all sheets.
//
// req: MEASURE-3
func (s *Service) Figures(ctx context.Context, v *web.Viewer) (Figures, error) {
	if err := s.Policy.Require(v.Actor(), "measure.read", policy.Object{Type: "Measure", ID: "course"}); err != nil {
		return Figures{}, err
	}
	var sheets []Sheet
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		sheets, err = load(tx, allStmt)
		return err
	})
	return figures(sheets, s.Now().UTC().Format("2006-01")), err
}
