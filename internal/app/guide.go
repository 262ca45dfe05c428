package app

import (
	"context"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"amelie/content"
	"amelie/internal/country"
	"amelie/internal/country/entitle"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/internal/referral"
	"amelie/internal/screen/card"
	"amelie/internal/screen/guide"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
)

// guiding opens the bedside guide and plugs it into the other rooms.
func (a *App) guiding() error {
	g, err := guide.Load(content.FS, i18n.Languages, PatientLanguages)
	if err != nil {
		return err
	}
	a.Guide = guide.New(g, guide.Config{
		Country: a.countryOfReader, Countries: a.guideCountries, Professions: a.professions, Emergency: countries{a}.Emergency, Duties: a.dutiesToward,
		Helpline: a.callBox, ChildLine: a.childBox, Interpreter: a.interpreterBox, House: a.houseForGuide, Care: a.carePath, Handover: handover{a}, Signs: a.signs, Summary: a.countable, Version: a.guideState, Keep: a.keptBeside,
	})
	return nil
}

// countryOfReader is the country of the house of whoever is signed in, and
// otherwise the one that goes with the language.
func (a *App) countryOfReader(c *web.Ctx) (code string) {
	code = a.countryFor(c.Lang)
	if v := a.readerOf(c); v != nil && v.AgencyID != "" {
		err := a.DB.Read(c.Context(), func(tx *db.Tx) (err error) {
			code, err = agencies{a}.Country(tx, v.AgencyID)
			return err
		})
		if err != nil {
			return a.countryFor(c.Lang)
		}
	}
	return code
}

// readerOf is who is signed in on a public page; nil for everybody else. A
// fault leaves the public page as it is.
func (a *App) readerOf(c *web.Ctx) *web.Viewer {
	if !a.Shell.SignedIn(c.R) {
		return nil
	}
	v, err := a.Accounts.Authenticate(c.R)
	if err != nil {
		return nil
	}
	return v
}

// guideCountries are the countries whose law is known here.
func (a *App) guideCountries(lang string) (out []web.Choice) {
	for _, code := range a.Countries.Codes() {
		p, _ := a.Countries.Get(code)
		out = append(out, web.Choice{Value: code, Label: p.Name.In(lang)})
	}
	return out
}

// professions are those whose duties the country packs tell apart.
func (a *App) professions(lang string) (out []web.Choice) {
	for _, t := range a.Countries.Terms.Professions {
		out = append(out, web.Choice{Value: t.ID, Label: t.Label.In(lang)})
	}
	return out
}

// dutiesToward is what the law of a country asks of a professional towards an
// adult or a child, whatever the case.
func (a *App) dutiesToward(code, lang string, child bool) (out []guide.Duty) {
	p, ok := a.Countries.Get(code)
	if !ok {
		return nil
	}
	age := "adult"
	if child {
		age = "child"
	}
	duties, err := p.Duties(country.Query{Age: age})
	if err != nil {
		return nil
	}
	terms := p.Terms()
	for _, d := range duties {
		one := guide.Duty{Kind: string(d.Kind), Text: d.Text.In(lang), To: terms.Recipient(d.To, lang), Article: d.Article, Verified: d.State() == country.Verified}
		if terms.DeadlineHours(d.By) > 0 {
			one.By = terms.Deadline(d.By, lang)
		}
		if !slices.Contains(d.Professions, country.Any) {
			one.Professions = d.Professions
		}
		out = append(out, one)
	}
	return out
}

// childBox is the line for somebody who worries about a child: one that takes
// children or protects them, before all others of the country; nil when none
// can be called.
func (a *App) childBox(ctx context.Context, code, lang string, at time.Time) *web.CallBox {
	lines, err := a.firstLines(ctx, code, lang, at)
	if err != nil {
		return nil
	}
	lines = slices.DeleteFunc(lines, func(b directory.Brief) bool {
		return len(b.Numbers) == 0 || !b.ForChildren && !slices.Contains(b.Helps, "child-protection")
	})
	if len(lines) == 0 {
		return nil
	}
	// Who answers now comes first, then who is there for children alone.
	slices.SortStableFunc(lines, func(a, b directory.Brief) int { return childRank(b) - childRank(a) })
	return callBoxOf(lines[0], lang)
}

func childRank(b directory.Brief) (rank int) {
	if b.Open.Open {
		rank += 2
	}
	if b.ForChildren {
		rank++
	}
	return rank
}

// interpreterBox is a service that interprets in the whole country and can be
// called; nil when the directory knows none. A search that finds nobody gives
// up what was asked for: each answer is looked at again.
func (a *App) interpreterBox(ctx context.Context, code, lang string, at time.Time) *web.CallBox {
	found, err := a.Directory.Briefs(ctx, a.Texts, directory.Query{Lang: lang, Now: at, Limit: 20, Countries: []string{code}, Helps: []string{"interpretation"}, Groups: []directory.Group{directory.Support}})
	if err != nil {
		return nil
	}
	var closed *web.CallBox
	for _, b := range found {
		switch {
		case len(b.Numbers) == 0, !slices.Contains(b.Helps, "interpretation"), !slices.Contains(b.Area, code):
		case b.Open.Open:
			return callBoxOf(b, lang)
		case closed == nil:
			closed = callBoxOf(b, lang)
		}
	}
	return closed
}

// build names the program that runs, as far as it was built from a commit.
var build = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return Version + s.Value
		}
	}
	return Version
})

// siteState moves with the frame of every page: the program, the installation's
// settings.
func (a *App) siteState() string {
	return build() + " " + strconv.FormatInt(a.settings.Load().Version, 10)
}

// guideState moves with everything that a kept guide shows: the directory, the
// installation's settings, the program.
func (a *App) guideState(ctx context.Context) string {
	v, err := a.Directory.Version(ctx)
	if err != nil {
		return ""
	}
	return a.siteState() + " " + strconv.FormatInt(v, 10)
}

// lists are the lists of signs in use; a fault leaves the guide without them.
func (a *App) signLists(ctx context.Context) instrument.Packs {
	kept, err := a.Instruments.Kept(ctx)
	if err != nil {
		return nil
	}
	return kept.Lists()
}

// signs are the words of signs that were seen, by the names of their fields.
func (a *App) signs(lang string, fields []string) (out []web.Choice) {
	for _, name := range fields {
		for _, list := range a.signLists(context.Background()) {
			if label, ok := list.Label(name, lang); ok {
				out = append(out, web.Choice{Value: name, Label: label})
				break
			}
		}
	}
	return out
}

// keptBeside are the note for the record, the cards, the finder of care, the
// signs and the instruments, for use without a line.
func (a *App) keptBeside(code, lang string) []string {
	out := []string{"/" + lang + "/guide/record", "/" + lang + "/signs", "/" + lang + "/instruments"}
	out = append(out, "/"+lang+card.Path, "/"+lang+card.LinesPath(code), card.FormsPath)
	if path := a.carePath(code); path != "" {
		out = append(out, "/"+lang+path, entitle.DataPath(code, lang))
	}
	if kept, err := a.Instruments.Kept(context.Background()); err == nil {
		out = append(out, kept.Paths(lang)...)
	}
	return out
}

// carePath is the page that says which care is open to whom in a country.
func (a *App) carePath(code string) string {
	if _, ok := a.Entitled.Country(code); !ok {
		return ""
	}
	return entitle.Path(code)
}

// handover is the referral as the guide needs it.
type handover struct{ a *App }

func (handover) Parts(c *web.Ctx) (out []guide.Part) {
	for _, p := range referral.CarriedParts(c) {
		out = append(out, guide.Part(p))
	}
	return out
}

// Start begins the draft. Signs that were ticked stand in its note, in words.
func (x handover) Start(c *web.Ctx, once string, ticked map[string][]string) (string, error) {
	note := strings.Join(ticked["sign"], "\n")
	draft, err := x.a.Referrals.Prefill(c.Context(), c.Viewer, once, ticked, note)
	return "/refer/" + draft + "/setting", err
}

// houseInterpreter is the house's own line for interpreters among its numbers.
func houseInterpreter(rows []web.M) *web.CallBox {
	for _, row := range rows {
		if tel, ok := row["href"].(string); ok && row["role"] == "interpreter" {
			return &web.CallBox{Name: row["label"].(string), Number: row["text"].(string), Tel: tel, Detail: row["note"].(string)}
		}
	}
	return nil
}
