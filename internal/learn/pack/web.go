package pack

import (
	"embed"
	"sync"

	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

//go:embed page/package.html
var files embed.FS

// Rooms hand packages out to anybody: the course is public.
type Rooms struct {
	course func() *learn.Course
	texts  reading.Texts
	mu     sync.Mutex // one package is made at a time
	of     string     // version of the course that made is of
	made   map[string][]byte
}

// New makes the rooms of a course.
func New(course func() *learn.Course, texts reading.Texts) *Rooms {
	return &Rooms{course: course, texts: texts}
}

// Mount adds the pages to the shell.
func (r *Rooms) Mount(s *web.Shell) {
	s.Public("GET /learn/package", r.offer)
	s.Public("GET /learn/package/file", r.file)
}

type offerView struct {
	Formats   []string
	Languages []string
}

var offerPage = web.NewPage[offerView](files, "page/package.html")

func (r *Rooms) offer(c *web.Ctx) error {
	return offerPage.Render(c, offerView{Formats, r.course().Languages})
}

func (r *Rooms) file(c *web.Ctx) error {
	m := Maker{r.course(), r.texts}
	format, lang := c.Query("format"), c.Query("for")
	b, err := r.zip(m, format, lang)
	if err != nil {
		return err
	}
	return c.Download(m.Name(format, lang), "application/zip", b)
}

// zip makes a package, or takes the one that was made since the course changed:
// there are as many as formats and languages, some megabytes in all.
func (r *Rooms) zip(m Maker, format, lang string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if version := m.Course.Version(); r.of != version {
		r.of, r.made = version, map[string][]byte{}
	}
	key := format + "/" + lang
	if b, ok := r.made[key]; ok {
		return b, nil
	}
	b, err := m.Zip(format, lang)
	if err == nil {
		r.made[key] = b
	}
	return b, err
}
