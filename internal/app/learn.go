package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"time"

	"amelie/content"
	"amelie/internal/country/entitle"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/learn"
	"amelie/internal/learn/edit"
	"amelie/internal/learn/group"
	"amelie/internal/learn/pack"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/study"
	"amelie/internal/policy"
	"amelie/internal/screen/guide"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
	"amelie/locale"
)

// courseID is the folder of the course that ships with the program.
const courseID = "health"

// teaching plugs the tools into the course. Its texts are read when a page first
// asks for them: reading them takes a tenth of a second and some megabytes.
func (a *App) teaching() {
	a.Editing = edit.New(edit.Config{DB: a.DB, Policy: a.Policy, Now: a.Config.Now, Log: a.Log, ID: courseID, Shipped: shippedFiles, Dense: dense,
		Known: func() learn.Known {
			known, err := CourseKnown(a.Guide.Guide, a.Instruments.Config.Packs)
			if err != nil {
				panic(err) // the vocabulary ships with the program
			}
			return known
		}})
	a.Course = a.Editing.Course
	a.Reading = reading.New(reading.Config{Course: a.Course, Use: a.use, Signs: a.signs, Texts: a.Texts, State: a.siteState})
	a.Study = &study.Rooms{Reading: a.Reading, BaseURL: a.Config.BaseURL, MayTry: a.mayTry(), MayBegin: a.atMost(60, 0.5),
		Service: study.New(study.Config{DB: a.DB, Policy: a.Policy, Secret: a.Secret, Now: a.Config.Now, Course: a.Course, Pass: a.passMark, Pin: a.Editing.Keep, Past: a.Editing.Past,
			Ended: func(tx *db.Tx, learner string, at time.Time) error {
				return errors.Join(forgetOf(tx, learner), a.remember(tx, "learner", learner, at))
			}})}
	a.Recall, a.Measure = a.recalling(), a.measuring()
	a.Groups = &group.Rooms{Reading: a.Reading, BaseURL: a.Config.BaseURL, MayTry: a.atMost(120, 0.5),
		Service: group.New(group.Config{DB: a.DB, Policy: a.Policy, Secret: a.Secret, Now: a.Config.Now, Course: a.Course,
			Left: func(tx *db.Tx, seat string, at time.Time) error { return a.remember(tx, "seat", seat, at) }})}
	a.Packs = pack.New(a.Course, a.Texts)
}

// shippedFiles are those of the course that ships with the program.
func shippedFiles() (map[string][]byte, error) {
	folder, err := fs.Sub(content.FS, "course/"+courseID)
	if err != nil {
		return nil, err
	}
	return learn.FilesOf(folder)
}

// ShippedCourse reads the course that ships with the program, outside of a
// running installation.
func ShippedCourse() (*learn.Course, error) {
	known, err := ShippedKnown()
	if err != nil {
		return nil, err
	}
	files, err := shippedFiles()
	if err != nil {
		return nil, err
	}
	return learn.ReadFiles(files, known)
}

// CourseKnown are the names of other rooms that a course may lead to.
func CourseKnown(g *guide.Guide, packs instrument.Packs) (known learn.Known, err error) {
	vocabulary, err := directory.ReadVocabulary(content.FS)
	for _, concept := range vocabulary.Concepts {
		if concept.Scheme == "help" {
			known.Helps = append(known.Helps, concept.ID)
		}
	}
	for _, s := range g.Steps {
		known.Steps = append(known.Steps, s.ID)
	}
	for _, p := range packs {
		if !strings.HasPrefix(p.ID, "delphi-") {
			continue
		}
		for _, item := range p.Items {
			known.Indicators = append(known.Indicators, item.ID)
		}
	}
	return known, err
}

// toolRooms are the rooms of learn.Tools: the route that must be there, and the
// picture of the door.
var toolRooms = map[string]struct{ path, icon string }{
	"guide": {"/guide", "chairs"}, "signs": {"/signs", "eye"}, "directory": {"/find", "search"}, "referral": {"/refer/new", "send"},
	"rights": {"/info", "heart"}, "entitlement": {"/entitlement", "shield"}, "record": {"/guide/record", "pen"}, "card": {"/guide/card", "print"},
}

// use is where a unit's "use it now" leads: the directory and the entitlements
// of the country of the reader's house, of the installation, or of the
// language; English is spoken in many, and its readers choose.
func (a *App) use(c *web.Ctx, tools []string, help string) (use reading.Use) {
	home := a.Directory.Home(c.Lang)
	member := a.Shell.SignedIn(c.R)
	if member {
		home = a.countryOfReader(c)
	}
	for _, tool := range tools {
		room := toolRooms[tool]
		if tool == "referral" && !member || tool != "rights" && !c.HasRoute("GET "+room.path) {
			continue
		}
		door := web.Choice{Label: c.T("learn.tool." + tool), Hint: c.T("learn.use-text." + tool), Icon: room.icon, URL: c.Path(room.path)}
		switch tool {
		case "directory":
			door.URL, door.Hint = findPath(c, home, help), a.helpIn(c, home, help, door.Hint)
			use.Where, use.Elsewhere = a.elsewhere(c, home, help)
		case "entitlement":
			if home != "" {
				door.URL = c.Path(entitle.Path(home))
			}
		}
		use.Doors = append(use.Doors, door)
	}
	return use
}

// findPath is the directory's search for a help in a country, each "" for any.
func findPath(c *web.Ctx, country, help string) string {
	query := url.Values{}
	for name, value := range map[string]string{"country": country, "help": help} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return c.Path("/find?" + query.Encode())
}

// helpIn says what a search will show, or otherwise when it shows anything
// anywhere.
func (a *App) helpIn(c *web.Ctx, country, help, otherwise string) string {
	var parts []string
	if country != "" {
		parts = append(parts, directory.TerritoryIn(c.Lang, country))
	}
	if everyone, err := a.Directory.Everyone(c.Context()); err == nil && help != "" {
		parts = append(parts, everyone.Label("help", help, c.Lang))
	}
	if len(parts) == 0 {
		return otherwise
	}
	return strings.Join(parts, " · ")
}

// elsewhere is the same search in the countries other than home.
func (a *App) elsewhere(c *web.Ctx, home, help string) (where string, out []web.Choice) {
	where = "learn.where-else"
	if home == "" {
		where = "learn.where-first"
	}
	for _, country := range a.guideCountries(c.Lang) {
		if country.Value != home {
			out = append(out, web.Choice{Label: country.Label, URL: findPath(c, country.Value, help)})
		}
	}
	return c.T(where), out
}

// courseLabels are the words of what an editor of the course may lead to: kinds
// of help, steps of the guide as they are asked, signs.
func (a *App) courseLabels() edit.Labels {
	return edit.Labels{
		Helps: func(lang string) ([]web.Choice, error) {
			everyone, err := a.Directory.Everyone(context.Background())
			if err != nil {
				return nil, err
			}
			return everyone.Choices("help", lang), nil
		},
		Steps: func(lang string) (out []web.Choice) {
			for _, s := range a.Guide.Steps {
				out = append(out, web.Choice{Value: s.ID, Label: a.Guide.Words(lang, s.ID, "").Question})
			}
			return out
		},
		Signs: func(lang string) []web.Choice { return a.signs(lang, a.Editing.Known().Indicators) },
	}
}

// ReadCourse reads a course's folder for the rooms of this program.
func ReadCourse(folder fs.FS) (*learn.Course, error) {
	known, err := ShippedKnown()
	if err != nil {
		return nil, err
	}
	return learn.Read(folder, known)
}

// ShippedKnown is CourseKnown of what ships with the program.
func ShippedKnown() (learn.Known, error) {
	g, err := guide.Load(content.FS, i18n.Languages, PatientLanguages)
	if err != nil {
		return learn.Known{}, err
	}
	packs, err := instrument.Load(content.FS)
	if err != nil {
		return learn.Known{}, err
	}
	return CourseKnown(g, packs)
}

// Packer makes packages of a course: of what is published in an installation,
// or without a data folder of what ships with this program. here says that it
// was published in the installation. Error: fault.NotFound.
func Packer(ctx context.Context, cfg Config, name string) (m pack.Maker, here bool, err error) {
	if name != courseID {
		return m, false, fmt.Errorf("course %s: %w", name, fault.New(fault.NotFound, "web.error.not-found"))
	}
	if m.Texts, err = i18n.Load(locale.Files, i18n.Languages); err != nil {
		return m, false, err
	}
	if cfg.Data == "" && cfg.Database == "" {
		m.Course, err = ShippedCourse()
		return m, false, err
	}
	s, stop, err := OpenCourse(ctx, cfg)
	if err != nil {
		return m, false, err
	}
	defer stop()
	m.Course, here, err = s.Published(ctx)
	return m, here, err
}

// OpenCourse opens the course of an existing installation, which may go on: its
// instances notice.
func OpenCourse(ctx context.Context, cfg Config) (s *edit.Service, stop func() error, err error) {
	if err := cfg.existing(); err != nil {
		return nil, nil, err
	}
	known, err := ShippedKnown()
	if err != nil {
		return nil, nil, err
	}
	engine, err := policy.New(edit.Policy)
	if err != nil {
		return nil, nil, err
	}
	d, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return edit.New(edit.Config{DB: d, Policy: engine, Now: cfg.Now, ID: courseID, Shipped: shippedFiles, Known: func() learn.Known { return known }}), d.Close, nil
}

// ImportCourse brings a folder into the working copy of an installation. Errors:
// learn.Problems.
func ImportCourse(ctx context.Context, cfg Config, folder fs.FS) (d edit.Difference, err error) {
	files, err := learn.FilesOf(folder)
	if err != nil {
		return d, err
	}
	s, stop, err := OpenCourse(ctx, cfg)
	if err != nil {
		return d, err
	}
	defer stop()
	return s.Import(ctx, edit.By{Name: "amelie course import"}, files)
}

// SayProblems are the problems in words, each with its file and line.
func SayProblems(problems learn.Problems, lang string) []string {
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	if err != nil {
		return []string{err.Error()}
	}
	out := make([]string, len(problems))
	for i, p := range problems {
		where := p.File
		if p.Line > 0 {
			where += ":" + strconv.Itoa(p.Line)
		}
		out[i] = where + ": " + texts.T(lang, p.Key, p.Args...)
	}
	return out
}
