package edit

import (
	"embed"
	"errors"
	"html/template"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

//go:embed page/folder.html page/intake.html page/folder.css
var folderFiles embed.FS

var (
	_          = web.Style(folderFiles, "page/folder.css")
	folderPage = web.NewPage[folderView](folderFiles, "page/folder.html")
	intakePage = web.NewPage[intakeView](folderFiles, "page/intake.html")
)

// Folders are the pages on which the course goes out as a folder and comes back.
type Folders struct{ *Service }

const folderPath = base + "/folder"

// Mount adds the pages to the shell.
func (r *Folders) Mount(s *web.Shell) {
	s.Professional("GET "+folderPath, r.folder)
	s.Professional("POST "+folderPath, r.folderPost)
	s.Professional("GET "+folderPath+"/file", r.folderFile)
	s.Professional("GET "+folderPath+"/file/{version}", r.folderFile)
	s.Professional("GET "+folderPath+"/take/{intake}", r.intake)
	s.Professional("POST "+folderPath+"/take/{intake}", r.intakePost)
}

type folderView struct {
	Back     string
	May      bool
	Problems []problemLine
	Intakes  []intakeLine
	Releases []releaseLine
}

type problemLine struct {
	Where, Why string
}

type intakeLine struct {
	Who, When, State, Kind string
	Open, Before           string // addresses
}

type releaseLine struct {
	Note, Who, When, File string
}

func (r *Folders) folder(c *web.Ctx) error { return r.folderWith(c, nil) }

// folderWith shows the page, with what is wrong about a folder that was sent.
func (r *Folders) folderWith(c *web.Ctx, problems learn.Problems) error {
	if err := r.May(c.Viewer, "course.read"); err != nil {
		return err
	}
	v := folderView{Back: c.Path(base), May: r.May(c.Viewer, "course.edit") == nil, Problems: sayProblems(c, problems)}
	intakes, err := r.Intakes(c.Context())
	if err != nil {
		return err
	}
	for _, in := range intakes {
		v.Intakes = append(v.Intakes, intakeLineOf(c, in))
	}
	releases, err := r.Releases(c.Context())
	if err != nil {
		return err
	}
	for _, one := range releases {
		v.Releases = append(v.Releases, releaseLine{one.Note, one.By.Name, c.DateTime(one.At), c.Path(folderPath + "/file/" + one.Version)})
	}
	return folderPage.Render(c, v)
}

func sayProblems(c *web.Ctx, problems learn.Problems) (out []problemLine) {
	for _, p := range problems {
		line := problemLine{Where: p.File, Why: c.T(p.Key, p.Args...)}
		if p.Line > 0 {
			line.Where = c.T("review.folder.line", "file", p.File, "line", p.Line)
		}
		out = append(out, line)
	}
	return out
}

func intakeLineOf(c *web.Ctx, in Intake) intakeLine {
	line := intakeLine{Who: in.By.Name, When: c.DateTime(in.At), State: c.T("review.folder." + in.State),
		Kind: map[string]string{IntakeOpen: "soon", IntakeTaken: "ok"}[in.State]}
	if in.State == IntakeOpen {
		line.Open = c.Path(folderPath + "/take/" + in.ID)
	}
	if in.Before != "" {
		line.Before = c.Path(folderPath + "/file/" + in.Before)
	}
	return line
}

func (r *Folders) folderPost(c *web.Ctx) error {
	if err := r.May(c.Viewer, "course.edit"); err != nil {
		return err
	}
	f, err := c.Upload(MaxZip + 1<<16)
	if err != nil {
		return err
	}
	_, packed, err := f.File("file")
	if err != nil {
		return err
	}
	if len(packed) == 0 {
		f.Error("file", "review.folder.no-file")
		return r.folder(c)
	}
	in, err := r.Send(c.Context(), c.Viewer, packed)
	var problems learn.Problems
	if errors.As(err, &problems) {
		f.Error("file", "review.folder.refused", "n", len(problems))
		return r.folderWith(c, problems)
	}
	if err != nil {
		return err
	}
	return c.Redirect(folderPath + "/take/" + in.ID)
}

// folderFile gives the working copy, or a revision that is kept, as one file.
func (r *Folders) folderFile(c *web.Ctx) error {
	if err := r.May(c.Viewer, "course.read"); err != nil {
		return err
	}
	version := c.Param("version")
	var packed []byte
	var err error
	if version == "" {
		version = "draft"
		packed, err = r.Folder(c.Context())
	} else {
		packed, err = r.Kept(c.Context(), version)
	}
	if err != nil {
		return err
	}
	return c.Download("course-"+version+".zip", "application/zip", packed)
}

// shownTexts is how many texts a preview shows; the others are counted.
const shownTexts = 120

type intakeView struct {
	Back, Who, When string
	Seen            int64
	Texts           int
	Counts          []string
	Parts           []string // what is not a text
	Shown           []textLine
	More            int
	None            bool
}

type textLine struct {
	Where, Lang string
	Marked      template.HTML
}

func (r *Folders) intake(c *web.Ctx) error {
	if err := r.May(c.Viewer, "course.edit"); err != nil {
		return err
	}
	in, draft, d, err := r.Preview(c.Context(), c.Param("intake"))
	if err != nil {
		return err
	}
	if in.State != IntakeOpen {
		return errNotFound
	}
	v := intakeView{Back: c.Path(folderPath), Who: in.By.Name, When: c.DateTime(in.At), Seen: draft.Revision, Texts: len(d.Texts), None: d.None()}
	v.Counts, v.Parts = counted(c, d), parted(c, d)
	v.More = max(0, len(d.Texts)-shownTexts)
	for _, t := range d.Texts[:len(d.Texts)-v.More] {
		v.Shown = append(v.Shown, textLine{t.File + " · " + t.Block, t.Lang, web.Marked(plainly(t.Before), plainly(t.After))})
	}
	return intakePage.Render(c, v)
}

// plainly is a block's words without its marks.
func plainly(body string) string { return strings.Join(learn.Text{Body: body}.Lines(), "\n") }

// counted says in short how much is different.
func counted(c *web.Ctx, d Difference) (out []string) {
	languages := map[string]bool{}
	for _, t := range d.Texts {
		languages[t.Lang] = true
	}
	for _, n := range []struct {
		key string
		n   int
	}{{"texts", len(d.Texts)}, {"languages", len(languages)}, {"questions", len(d.Questions)}, {"structure", len(d.Structure)}, {"pictures", d.Pictures}} {
		if n.n > 0 {
			out = append(out, c.T("review.folder.n."+n.key, "n", n.n))
		}
	}
	return out
}

// parted says what comes, goes or has another structure.
func parted(c *web.Ctx, d Difference) (out []string) {
	for _, part := range []struct {
		key  string
		list []string
	}{{"new", d.New}, {"gone", d.Gone}, {"data", d.Structure}, {"front", d.Front}} {
		if len(part.list) > 0 {
			out = append(out, c.T("review.folder.is."+part.key, "list", strings.Join(part.list, ", ")))
		}
	}
	return out
}

func (r *Folders) intakePost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Value("do") == "drop" {
		if err := r.SendBack(c.Context(), c.Viewer, c.Param("intake")); err != nil {
			return err
		}
		c.Flash("review.folder.done-dropped")
		return c.Redirect(folderPath)
	}
	seen, err := strconv.ParseInt(f.Value("seen"), 10, 64)
	if err != nil {
		return errMoved
	}
	err = r.Take(c.Context(), c.Viewer, f.Once(), c.Param("intake"), seen)
	if err != nil {
		return err
	}
	c.Flash("review.folder.done-taken")
	return c.Redirect(folderPath)
}
