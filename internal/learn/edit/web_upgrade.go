package edit

import (
	"embed"
	"html/template"
	"slices"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

//go:embed page/upgrade.html
var upgradeFiles embed.FS

var upgradePage = web.NewPage[upgradeView](upgradeFiles, "page/upgrade.html")

// Upgraders are the pages on which editors decide what a newer release proposes.
type Upgraders struct{ *Service }

const upgradePath = base + "/upgrade"

// Mount adds the pages to the shell.
func (r *Upgraders) Mount(s *web.Shell) {
	s.Professional("GET "+upgradePath, r.page)
	s.Professional("POST "+upgradePath, r.decide)
}

type upgradeView struct {
	Back   string
	May    bool
	Past   []upgradeLine
	Offers []offerLine
}

type upgradeLine struct {
	When           string
	Taken, Waiting int
}

type offerLine struct {
	Path, Block, Seen string
	Where             string
	Lang              string // "" for a data file
	Also              string // names of the languages that go with it
	Before, Ours      string
	Theirs            template.HTML // with what is otherwise than ours
	Gone              bool          // the release has it no more
}

func (r *Upgraders) page(c *web.Ctx) error {
	if err := r.May(c.Viewer, "course.read"); err != nil {
		return err
	}
	rows, offers, err := r.Upgrades(c.Context())
	if err != nil {
		return err
	}
	v := upgradeView{Back: c.Path(base), May: r.May(c.Viewer, "course.edit") == nil}
	for _, u := range rows {
		v.Past = append(v.Past, upgradeLine{c.DateTime(u.At), u.Taken, u.Waiting})
	}
	for _, o := range offers {
		v.Offers = append(v.Offers, offerLineOf(c, r.Course(), o))
	}
	return upgradePage.Render(c, v)
}

func offerLineOf(c *web.Ctx, course *learn.Course, o Offer) offerLine {
	file, lang, isWords := wordsFile(o.Path)
	line := offerLine{Path: o.Path, Block: o.Block, Seen: stampOf(o.Ours), Where: o.Path, Gone: o.Theirs.Body == ""}
	say := func(body string) string { return body }
	if isWords {
		line.Lang, line.Where, say = lang, titleOf(c, course, file), plainly
	}
	if o.Block != "" {
		line.Where += " · " + o.Block
	}
	line.Before, line.Ours, line.Theirs = say(o.Base.Body), say(o.Ours), web.Marked(say(o.Ours), say(o.Theirs.Body))
	names := make([]string, len(o.Also))
	for i, lang := range slices.Sorted(slices.Values(o.Also)) {
		names[i] = web.LanguageName(lang)
	}
	line.Also = strings.Join(names, ", ")
	return line
}

func (r *Upgraders) decide(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	take := f.Value("do") == "take"
	if err := r.Decide(c.Context(), c.Viewer, f.Once(), f.Value("path"), f.Value("block"), f.Value("seen"), take); err != nil {
		return err
	}
	c.Flash(map[bool]string{true: "review.upgrade.done-taken", false: "review.upgrade.done-left"}[take])
	return c.Redirect(upgradePath)
}
