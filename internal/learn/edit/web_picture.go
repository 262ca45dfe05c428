package edit

import (
	"errors"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// A picture of a unit: the file, what it shows in every language, what stands
// below it, and how a reader will see it.

const picturePath = base + "/picture"

func (r *Rooms) mountPictures(s *web.Shell) {
	s.Professional("GET "+picturePath, r.open(r.picture))
	s.Professional("POST "+picturePath, r.open(r.picturePost))
	s.Professional("GET "+picturePath+"/{name}", r.open(r.pictureFile))
}

// pictureURL is where a picture is edited; block "" for a new one behind another.
func pictureURL(c *web.Ctx, topic, unit, block, behind string) string {
	return c.Path(picturePath) + "?" + url.Values{"topic": {topic}, "unit": {unit}, "block": {block}, "behind": {behind}}.Encode()
}

// pictureFile answers a picture that readers need not see yet.
func (r *Rooms) pictureFile(c *web.Ctx, _ desk) error {
	p, err := r.Picture(c.Context(), "picture/"+c.Param("name"))
	if err != nil {
		return err
	}
	if p == nil {
		return errNotFound
	}
	h := c.W.Header()
	h.Set("Content-Type", p.Type)
	h.Set("Content-Security-Policy", "default-src 'none'")
	_, _ = c.W.Write(p.Body) // an editor who went away is no error
	return nil
}

type pictureView struct {
	May                 bool
	New                 bool
	Action, Back, Label string
	File, Seen          string
	Rows                []pictureRow
	Preview             []reading.Block
	Moved               bool          // somebody else changed it meanwhile
	Theirs              template.HTML // their words, against what was typed
}

// pictureRow is a picture's words in one language.
type pictureRow struct{ Lang, Name, Says, Caption string }

var picturePage = web.NewPage[pictureView](pages, "page/picture.html", "page/parts.html")

// framed is the picture that an address names.
type framed struct {
	topic, unit, block string
	Pictured
	theirs template.HTML // what somebody else saved meanwhile
}

func (d desk) framed(c *web.Ctx) (x framed, err error) {
	x = framed{topic: c.Query("topic"), unit: c.Query("unit"), block: c.Query("block")}
	_, u, ok := d.Course.Find(x.topic + "." + x.unit)
	if !ok {
		return x, errNotFound
	}
	if x.block == "" {
		return x, nil
	}
	i, err := blockAt(&u, x.block)
	if err != nil || u.Blocks[i].File == "" {
		return x, errNotFound
	}
	x.Pictured = pictured(d.Course, x.topic, x.unit, u.Blocks[i])
	return x, nil
}

func (r *Rooms) picture(c *web.Ctx, d desk) error {
	x, err := d.framed(c)
	if err != nil {
		return err
	}
	x.Seen = x.Stamp()
	return r.showPicture(c, d, x, 0)
}

func (r *Rooms) showPicture(c *web.Ctx, d desk, x framed, status int) error {
	v := pictureView{May: d.May, New: x.block == "", Action: pictureURL(c, x.topic, x.unit, x.block, c.Query("behind")), Back: unitURL(c, x.topic, x.unit),
		Label: d.partTitle(c, Name{File: x.topic, Part: x.unit}), File: x.File, Seen: x.Seen, Moved: status == http.StatusConflict, Theirs: x.theirs}
	for _, lang := range d.Course.Languages {
		row := pictureRow{Lang: lang, Name: web.LanguageName(lang)}
		row.Says, row.Caption = x.Words[lang].PictureWords()
		v.Rows = append(v.Rows, row)
	}
	p, err := r.Picture(c.Context(), x.File)
	if err != nil {
		return err
	}
	if p != nil {
		lang := learn.Source
		if _, ok := x.Words[c.Lang]; ok {
			lang = c.Lang
		}
		v.Preview = []reading.Block{d.reader().Pictured(x.topic, lang, x.File, p, x.Words[lang])}
	}
	return picturePage.RenderStatus(c, status, v)
}

func (r *Rooms) picturePost(c *web.Ctx, d desk) error {
	f, err := c.Upload(MaxPicture + 1<<16)
	if err != nil {
		return err
	}
	x, err := d.framed(c)
	if err != nil {
		return err
	}
	x.Seen = f.Value("seen")
	if err := r.sentPicture(c, f, &x); err != nil {
		return err
	}
	x.Words = sentWords(f, d.Course.Languages)
	if !f.OK() {
		return r.showPicture(c, d, x, http.StatusUnprocessableEntity)
	}
	if f.Value("do") == "look" {
		return r.showPicture(c, d, x, http.StatusOK)
	}
	kind, flash := Set, "edit.done.saved"
	if x.block == "" {
		kind, flash = Added, "editing.picture.added"
	}
	err = r.Act(c.Context(), c.Viewer, f.Once(), kind, func(b *Bench) (err error) {
		if x.block != "" {
			return b.SetPicture(x.topic, x.unit, x.block, x.Pictured)
		}
		x.block, err = b.AddPicture(x.topic, x.unit, c.Query("behind"), x.Pictured)
		return err
	})
	if errors.As(err, new(Conflict)) {
		return r.pictureMoved(c, x)
	}
	if err != nil {
		return err
	}
	c.Flash(flash)
	return r.goTo(c, unitURL(c, x.topic, x.unit)+"#"+x.unit+"."+x.block)
}

// pictureMoved shows what was typed against what somebody else saved.
func (r *Rooms) pictureMoved(c *web.Ctx, x framed) error {
	d, err := r.again(c)
	if err != nil {
		return err
	}
	now, err := d.framed(c)
	if err != nil {
		return err
	}
	x.Seen, x.theirs = now.Stamp(), web.Marked(plain(x.fields()), plain(now.fields()))
	return r.showPicture(c, d, x, http.StatusConflict)
}

// fields are a picture's words, each beside its language.
func (p Pictured) fields() (out []asking) {
	for _, lang := range slices.Sorted(maps.Keys(p.Words)) {
		says, caption := p.Words[lang].PictureWords()
		for _, text := range []string{says, caption} {
			if text != "" {
				out = append(out, asking{text: web.LanguageName(lang) + ": " + text})
			}
		}
	}
	return out
}

// sentPicture draws what was sent; where nothing was, the picture that was sent
// before with this form stays, or the one that is there.
func (r *Rooms) sentPicture(c *web.Ctx, f *web.Form, x *framed) error {
	_, raw, err := f.File("file")
	if err != nil {
		return err
	}
	if len(raw) > 0 {
		name, err := r.KeepPicture(c.Context(), c.Viewer, raw)
		if f.Add(err) {
			return nil
		}
		if err == nil {
			x.File = name
		}
		return err
	}
	if kept := f.Value("kept"); kept != "" {
		p, err := r.Picture(c.Context(), kept)
		if err != nil {
			return err
		}
		if p != nil {
			x.File = kept
		}
	}
	if x.File == "" {
		f.Error("file", "editing.picture.none")
	}
	return nil
}

// sentWords are a picture's words in every language. What it shows has to be
// said in each; what stands below it in each or in none.
func sentWords(f *web.Form, languages []string) map[string]learn.Text {
	out := map[string]learn.Text{}
	below := slices.ContainsFunc(languages, func(lang string) bool { return f.Value("caption."+lang) != "" })
	for _, lang := range languages {
		says, caption := f.Value("says."+lang), f.Value("caption."+lang)
		if says == "" {
			f.Error("says."+lang, "editing.picture.says-none")
		}
		if below && caption == "" {
			f.Error("caption."+lang, "editing.picture.caption-none")
		}
		text, err := learn.PictureText(says, caption)
		if says != "" {
			refuse(f, "says."+lang, err)
		}
		out[lang] = text
	}
	return out
}
