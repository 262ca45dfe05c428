package app

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"amelie/content"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/learn"
	attest "amelie/internal/learn/certificate"
	"amelie/internal/learn/pack"
	"amelie/internal/learn/reading"
	"amelie/internal/learn/study"
	"amelie/internal/screen/guide"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
	"amelie/locale"
)

// courseID is the folder of the course that ships with the program.
const courseID = "health"

// teaching plugs the tools into the course. Its texts are read when a page first
// asks for them: reading them takes a tenth of a second and some megabytes, and
// they ship with the program, so that a damaged course is a broken build.
func (a *App) teaching() {
	a.Course = sync.OnceValue(func() *learn.Course {
		course, err := readShipped(CourseKnown(a.Guide.Guide, a.Instruments.Config.Packs))
		if err != nil {
			panic(err)
		}
		return course
	})
	a.Reading = reading.New(reading.Config{Course: a.Course, Tool: a.tool, Signs: a.signs})
	a.Study = &study.Rooms{Reading: a.Reading, BaseURL: a.Config.BaseURL, MayTry: a.mayTry(), MayBegin: a.atMost(60, 0.5),
		Service: study.New(study.Config{DB: a.DB, Policy: a.Policy, Secret: a.Secret, Now: a.Config.Now, Course: a.Course, Pass: a.Config.PassMark,
			Ended: func(tx *db.Tx, learner string, at time.Time) error {
				return errors.Join(attest.Forget(tx, learner), a.remember(tx, "learner", learner, at))
			}})}
	a.Packs = pack.New(a.Course, a.Texts)
}

// readShipped reads the course that ships with the program.
func readShipped(known learn.Known) (*learn.Course, error) {
	folder, err := fs.Sub(content.FS, "course/"+courseID)
	if err != nil {
		return nil, err
	}
	return learn.Read(folder, known)
}

// ShippedCourse reads the course that ships with the program, outside of a
// running installation.
func ShippedCourse() (*learn.Course, error) {
	known, err := courseKnown()
	if err != nil {
		return nil, err
	}
	return readShipped(known)
}

// CourseKnown are the names of other rooms that a course may lead to.
func CourseKnown(g *guide.Guide, packs instrument.Packs) (known learn.Known) {
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
	return known
}

// tool is where a unit's "use it now" leads, for the reader's country.
func (a *App) tool(c *web.Ctx, tool string) (web.Choice, bool) {
	path := map[string]string{"guide": "/guide", "signs": "/signs", "directory": "/find?country=" + a.countryFor(c.Lang), "referral": "/find?country=" + a.countryFor(c.Lang),
		"rights": "/info", "entitlement": "/entitlement/" + strings.ToLower(a.countryFor(c.Lang)), "record": "/guide/record", "card": "/guide/card"}[tool]
	icon := map[string]string{"guide": "chairs", "signs": "eye", "directory": "search", "referral": "send", "rights": "heart", "entitlement": "shield", "record": "pen", "card": "print"}[tool]
	room, _, _ := strings.Cut(path, "?")
	if tool == "entitlement" {
		room = "/entitlement/{country}"
	}
	if path == "" || !c.HasRoute("GET "+room) && tool != "rights" {
		return web.Choice{}, false
	}
	return web.Choice{Label: c.T("learn.tool." + tool), Hint: c.T("learn.use-text." + tool), Icon: icon, URL: c.Path(path)}, true
}

// ReadCourse reads a course's folder for the rooms of this program.
func ReadCourse(folder fs.FS) (*learn.Course, error) {
	known, err := courseKnown()
	if err != nil {
		return nil, err
	}
	return learn.Read(folder, known)
}

// courseKnown is CourseKnown of what ships with the program.
func courseKnown() (learn.Known, error) {
	g, err := guide.Load(content.FS, i18n.Languages, PatientLanguages)
	if err != nil {
		return learn.Known{}, err
	}
	packs, err := instrument.Load(content.FS)
	if err != nil {
		return learn.Known{}, err
	}
	return CourseKnown(g, packs), nil
}

// Packer makes packages of a course that this program has. Error:
// fault.NotFound.
func Packer(name string) (pack.Maker, error) {
	if name != courseID {
		return pack.Maker{}, fmt.Errorf("course %s: %w", name, fault.New(fault.NotFound, "web.error.not-found"))
	}
	course, err := ShippedCourse()
	if err != nil {
		return pack.Maker{}, err
	}
	texts, err := i18n.Load(locale.Files, i18n.Languages)
	return pack.Maker{Course: course, Texts: texts}, err
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
