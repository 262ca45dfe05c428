package reading

import (
	"html/template"
	"net/url"
	"slices"
	"time"

	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/web"
)

var notFound = fault.New(fault.NotFound, "web.error.not-found")

// foot is what stands below every page of the course.
type foot struct {
	Reader
	seen
	Works []work
}

// foot is for a page that shows these parts of the file; none: all of them.
func (w words) foot(rd Reader, parts ...string) foot {
	return foot{Reader: rd, seen: w.seen(parts), Works: w.list()}
}

// seen says who of the field has read what a page shows.
type seen struct {
	Unread bool // a part of a translation was read by nobody
	Read   []seenBy
}

type seenBy struct {
	Who string
	At  time.Time
}

func (w words) seen(parts []string) (s seen) {
	if len(parts) == 0 {
		parts = w.course.Parts(w.file)
	}
	for _, part := range parts {
		r, ok := w.course.Reviewed(w.file, part, w.lang)
		if !ok {
			s.Unread = w.lang != learn.Source
			continue
		}
		by := seenBy{Who: r.Name}
		if r.Profession != "" {
			by.Who += ", " + r.Profession
		}
		by.At, _ = time.Parse(time.DateOnly, r.Date) // a folder that was taken has no other dates
		if !slices.Contains(s.Read, by) {
			s.Read = append(s.Read, by)
		}
	}
	return s
}

// entry is a line of a list that leads on.
type entry struct {
	Path, Title string
	Text        template.HTML
	Minutes     int
	Number      int
	Done        bool // a reader whose progress is kept has finished it
}

type contentsView struct {
	Title            string
	Lead             template.HTML
	Audience, Review block
	Essentials       entry
	Tracks           []entry
	Topics           []entry
	Cases            []entry
	Minutes          int
	foot
}

var contentsPage = web.NewPage[contentsView](files, "page/contents.html", "page/parts.html", "page/whole.html")

func (r *Rooms) contents(c *web.Ctx, rd Reader) error {
	course, w := rd.Course, rd.words(c, "course", nil)
	v := contentsView{Title: w.Line("title"), Lead: w.html("lead"), Audience: w.block("audience", ""), Review: w.block("review", ""),
		Essentials: rd.trackEntry(w, "essentials", course.Essentials), foot: w.foot(rd)}
	for _, t := range course.Tracks {
		v.Tracks = append(v.Tracks, rd.trackEntry(w, t.ID, t.Selection))
	}
	for i, t := range course.Topics {
		tw := rd.words(c, t.ID, t.Sources)
		v.Topics = append(v.Topics, entry{Path: rd.Base + "/" + t.ID, Title: tw.Line("title"), Text: tw.html("lead"), Minutes: t.Minutes(), Number: i + 1})
		v.Minutes += t.Minutes()
	}
	v.Cases = rd.caseEntries(c, course.Cases)
	return contentsPage.Render(c, v)
}

func (rd Reader) trackEntry(w words, id string, s learn.Selection) entry {
	return entry{Path: rd.Base + "/track/" + id, Title: w.Line(id), Text: w.html(id + ".lead"), Minutes: w.course.Minutes(s)}
}

func (rd Reader) caseEntries(c *web.Ctx, cases []*learn.Case) (out []entry) {
	for _, s := range cases {
		w := rd.words(c, "case/"+s.ID, nil)
		out = append(out, entry{Path: rd.Base + "/case/" + s.ID, Title: w.Line("title"), Text: w.html("lead"), Minutes: s.Minutes})
	}
	return out
}

type topicView struct {
	Title  string
	Lead   template.HTML
	ID     string
	Number int
	Units  []entry
	Cases  []entry
	foot
}

var topicPage = web.NewPage[topicView](files, "page/topic.html", "page/parts.html")

// at finds the topic of the address with its place in the course.
func (rd Reader) at(c *web.Ctx) (*learn.Topic, int, error) {
	i := slices.IndexFunc(rd.Course.Topics, func(t *learn.Topic) bool { return t.ID == c.Param("topic") })
	if i < 0 {
		return nil, 0, notFound
	}
	return rd.Course.Topics[i], i + 1, nil
}

// Topic shows a topic with its units and cases.
func (r *Rooms) Topic(c *web.Ctx, rd Reader) error {
	t, n, err := rd.at(c)
	if err != nil {
		return err
	}
	w := rd.words(c, t.ID, t.Sources)
	v := topicView{Title: w.Line("title"), Lead: w.html("lead"), ID: t.ID, Number: n, foot: w.foot(rd, learn.PartLead)}
	for i, u := range t.Units {
		v.Units = append(v.Units, entry{Path: rd.unit(t.ID, u.ID), Title: w.Line(u.ID), Minutes: u.Minutes, Number: i + 1, Done: rd.done(t.ID, u.ID)})
	}
	var cases []*learn.Case
	for _, s := range w.course.Cases {
		if slices.Contains(s.Topics, t.ID) {
			cases = append(cases, s)
		}
	}
	v.Cases = rd.caseEntries(c, cases)
	return topicPage.Render(c, v)
}

type trackView struct {
	Title   string
	Lead    template.HTML
	Units   []entry
	Minutes int
	foot
}

var trackPage = web.NewPage[trackView](files, "page/track.html", "page/parts.html")

// Track shows a selection of units.
func (r *Rooms) Track(c *web.Ctx, rd Reader) error {
	id, w := c.Param("track"), rd.words(c, "course", nil)
	track, ok := w.course.Track(id)
	if !ok {
		return notFound
	}
	v := trackView{Title: w.Line(id), Lead: w.html(id + ".lead"), foot: w.foot(rd)}
	for i, name := range track.Units {
		t, u, _ := w.course.Find(name)
		tw := rd.words(c, t.ID, t.Sources)
		v.Units = append(v.Units, entry{Path: rd.unit(t.ID, u.ID) + "?track=" + id, Title: tw.Line(u.ID), Text: tw.html("title"), Minutes: u.Minutes, Number: i + 1, Done: rd.done(t.ID, u.ID)})
		v.Minutes += u.Minutes
	}
	return trackPage.Render(c, v)
}

type unitView struct {
	Topic, TopicID, Title string
	ID                    string
	Number, Of, Minutes   int
	Back                  entry // the topic, or the track
	Track                 string
	Blocks                []block
	Questions             []question
	Use                   Use
	Next                  *entry
	Prev                  string
	Stale                 bool
	foot
}

var unitPage = web.NewPage[unitView](files, "page/unit.html", "page/parts.html")

// Unit shows a unit with its questions and what was answered to them.
func (r *Rooms) Unit(c *web.Ctx, rd Reader) error {
	t, _, err := rd.at(c)
	if err != nil {
		return err
	}
	u, ok := t.Unit(c.Param("unit"))
	if !ok {
		return notFound
	}
	w := rd.words(c, t.ID, t.Sources)
	v := unitView{Topic: w.Line("title"), TopicID: t.ID, ID: u.ID, Title: w.Line(u.ID), Minutes: u.Minutes, foot: w.foot(rd, append([]string{u.ID}, u.Questions...)...)}
	rd.place(c, &v, t, u)
	v.Blocks = w.unit(u)
	v.Stale = slices.ContainsFunc(v.Blocks, func(b block) bool { return b.Stale })
	typed := c.R.URL.Query()
	if rd.Kept != nil {
		typed = rd.Kept.Answers
	}
	for _, id := range u.Questions {
		q, _ := t.Question(id)
		x := w.ask(q, id, "", typed)
		x.Had = x.Answered && rd.Kept != nil
		v.Questions = append(v.Questions, x)
	}
	v.Use = r.cfg.Use(c, u.Use, rd.help(v.Track, u))
	return unitPage.Render(c, v)
}

// help is what the directory is asked for after a unit: what the unit speaks of,
// or else what is looked for most where the readers of the track work.
func (rd Reader) help(track string, u learn.Unit) string {
	if u.Help != "" {
		return u.Help
	}
	t, _ := rd.Course.Track(track)
	return t.Help
}

// place says where a unit stands: within its topic, or within the track that
// the reader follows.
func (rd Reader) place(c *web.Ctx, v *unitView, t *learn.Topic, u learn.Unit) {
	course, query := rd.Course, ""
	var names []string
	if track, ok := course.Track(c.Query("track")); ok {
		v.Track, v.Back, query = track.ID, entry{Path: rd.Base + "/track/" + track.ID, Title: rd.words(c, "course", nil).Line(track.ID)}, "?track="+track.ID
		names = track.Units
	} else {
		v.Back = entry{Path: rd.Base + "/" + t.ID, Title: v.Topic}
		for _, one := range t.Units {
			names = append(names, t.ID+"."+one.ID)
		}
	}
	i := slices.Index(names, t.ID+"."+u.ID)
	v.Number, v.Of = i+1, len(names)
	if i > 0 {
		before, unit, _ := course.Find(names[i-1])
		v.Prev = rd.unit(before.ID, unit.ID) + query
	}
	if i+1 < len(names) && i >= 0 {
		after, unit, _ := course.Find(names[i+1])
		v.Next = &entry{Path: rd.unit(after.ID, unit.ID) + query, Title: rd.words(c, after.ID, nil).Line(unit.ID), Minutes: unit.Minutes}
	} else if v.Track != "" {
		v.Next = &entry{Path: v.Back.Path, Title: v.Back.Title, Done: true}
	}
}

// Next is the page after a unit, in its topic or in the track that is followed:
// after its last unit the track itself. "" after the last of a topic.
func (rd Reader) Next(c *web.Ctx, t *learn.Topic, u learn.Unit) string {
	var v unitView
	if rd.place(c, &v, t, u); v.Next == nil {
		return ""
	}
	return v.Next.Path
}

type summaryView struct {
	Topic, TopicID, Title string
	Blocks                []block
	foot
}

var summaryPage = web.NewPage[summaryView](files, "page/summary.html", "page/parts.html")

// Summary shows the page to keep of a topic.
func (r *Rooms) Summary(c *web.Ctx, rd Reader) error {
	t, _, err := rd.at(c)
	if err != nil {
		return err
	}
	w := rd.words(c, t.ID, t.Sources)
	return summaryPage.Render(c, summaryView{w.Line("title"), t.ID, w.Line("s"), w.blocks("s.", t.Summary), w.foot(rd, learn.PartSummary)})
}

type testView struct {
	Topic, TopicID string
	Seed           string
	Questions      []question
	Done           bool
	Right          int
	foot
}

var testPage = web.NewPage[testView](files, "page/test.html", "page/parts.html")

// perTest is how many questions a test of one topic draws.
const perTest = 6

// test draws questions of a topic's bank. The draw is named in the address, so
// that another language shows the same questions.
func (r *Rooms) test(c *web.Ctx, rd Reader) error {
	t, _, err := rd.at(c)
	if err != nil {
		return err
	}
	typed := c.R.URL.Query()
	seed := typed.Get("n")
	if seed == "" || len(seed) > 12 {
		return c.Redirect(rd.Base + "/test/" + t.ID + "?n=" + url.QueryEscape(c.OnceToken()[:8]))
	}
	w := rd.words(c, t.ID, t.Sources)
	v := testView{Topic: w.Line("title"), TopicID: t.ID, Seed: seed, Done: typed.Has("done")}
	var drawn []string
	for _, q := range learn.Draw(t.Bank(), perTest, seed) {
		drawn = append(drawn, q.ID)
		x := w.ask(q, q.ID, seed, typed)
		x.Answered = v.Done
		if x.Mark.Right {
			v.Right++
		}
		v.Questions = append(v.Questions, x)
	}
	v.foot = w.foot(rd, drawn...)
	return testPage.Render(c, v)
}
