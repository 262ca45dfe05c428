package lexicon

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/web"
)

var splitPage = web.NewPage[splitData](pageFiles, "page/split.html", "page/cell.html")

const (
	mostParts  = 3   // new concepts of one split
	mostListed = 300 // services gone through one by one
	mostAsked  = 12  // words whose searches the preview tells
)

type (
	splitData struct {
		Name, Action, Back string
		Revision           int64
		Parts              []splitPart
		More               bool // another new concept can be named
		Under              bool
		Taken              []web.M
		Conflicts          []string
		Listed             bool // the services stand below
		Services           []splitService
		Rest               int // services that the list leaves out
		RestTicks          []tick
		Preview            *splitPreview
	}
	splitPart struct {
		Title string
		Cells []wordCell
	}
	splitService struct {
		ID, Field, Name, Body, Text string
		Ticks                       []tick
	}
	tick struct {
		Value, Label string
		On           bool
	}
	splitPreview struct {
		Lines    []string
		Searches web.M // the table
		Asked    string
	}
)

// splitting is a split being prepared.
type splitting struct {
	l         *Lexicon
	c         *web.Ctx
	division  division
	vocab     directory.Vocabulary
	services  []directory.Row // that name the old concept, in the order of the page
	bodies    map[string]directory.Row
	asked     int64 // searches that found little and named it
	under     bool
	stage     string // "", services or preview
	revision  int64
	taken     []taken
	conflicts []string
	saved     bool
}

func (s *splitting) read(tx *db.Tx) (err error) {
	if err = s.l.may(tx, s.c.Viewer); err != nil {
		return err
	}
	if _, s.vocab, err = s.l.vocabulary(tx, s.c.Viewer); err != nil {
		return err
	}
	if s.division.old, err = s.l.d.Row(tx, directory.KindConcept, s.c.Param("concept")); err != nil {
		return err
	}
	if !slices.Contains(carried(), s.division.old.Concept.Scheme) {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	if err = s.readServices(tx); err != nil {
		return err
	}
	gaps, err := readGaps(tx, monthsAgo(s.c.Now(), shownMonths))
	s.asked = 0
	for _, g := range gaps {
		if s.division.old.Concept.Scheme == "help" && g.Help == s.division.old.ID {
			s.asked += g.N
		}
	}
	return err
}

func (s *splitting) readServices(tx *db.Tx) error {
	all, err := s.l.d.Rows(tx, directory.KindService)
	if err != nil {
		return err
	}
	bodies, err := s.l.d.Rows(tx, directory.KindOrganization)
	if err != nil {
		return err
	}
	s.bodies = map[string]directory.Row{}
	for _, o := range bodies {
		s.bodies[o.ID] = o
	}
	s.services = slices.DeleteFunc(all, func(r directory.Row) bool { return !s.division.carries(r.Service) })
	slices.SortStableFunc(s.services, func(a, b directory.Row) int {
		return cmp.Or(cmp.Compare(s.bodies[a.Parent].Parent, s.bodies[b.Parent].Parent), cmp.Compare(a.Name(), b.Name()))
	})
	return nil
}

// split is the form that divides a concept.
func (l *Lexicon) split(c *web.Ctx) error {
	s := &splitting{l: l, c: c, under: true}
	if err := l.cfg.DB.Read(c.Context(), s.read); err != nil {
		return err
	}
	s.division.parts, s.revision = make([]directory.Concept, 1), s.division.old.Revision
	return s.render()
}

// typed is the division as the form says.
func (s *splitting) typed(f *web.Form) {
	n := min(mostParts, max(1, int(whole(f.Value("parts")))))
	if f.Value("do") == "more" {
		n = min(mostParts, n+1)
	}
	s.under, s.stage, s.revision = f.Value("place") != "beside", f.Value("do"), whole(f.Value("revision"))
	d := &s.division
	d.parts = make([]directory.Concept, n)
	for i := range d.parts {
		one := &d.parts[i]
		readWords(f, one, strconv.Itoa(i+1)+".", directory.ContentLanguages)
		one.ID, one.Scheme, one.Broader = slug(one.Labels["en"]), d.old.Concept.Scheme, d.old.Concept.Broader
		if s.under {
			one.Broader = d.old.ID
		}
	}
	d.of = map[string][]int{}
	for _, service := range f.Values("listed") {
		d.of[service] = ticked(f.Values("s." + service))
	}
	if d.rest = ticked(f.Values("rest")); len(d.rest) == 0 {
		d.rest = []int{0}
	}
}

func ticked(values []string) (out []int) {
	for _, v := range values {
		if n := whole(v); n >= 0 && n <= mostParts {
			out = append(out, int(n))
		}
	}
	return out
}

// splitPost prepares and carries out a split.
func (l *Lexicon) splitPost(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	s := &splitting{l: l, c: c}
	err = l.cfg.DB.Write(c.Context(), func(tx *db.Tx) error {
		s.saved = false
		if err := s.read(tx); err != nil {
			return err
		}
		s.typed(f)
		if s.stage == "more" {
			return nil
		}
		if err := s.check(tx, f); err != nil || s.stage != "save" {
			return err
		}
		return s.save(tx, f)
	})
	switch {
	case fault.KindOf(err) == fault.Stale:
		s.revision = s.division.old.Revision
		f.Error("parts", "lexicon.split.stale")
		return s.render()
	case f.Add(err):
		return s.render()
	case err != nil:
		return err
	case s.saved:
		l.d.Refresh()
		c.Flash("lexicon.done.split")
		return c.Redirect("/desk/words/" + s.division.old.ID)
	}
	return s.render()
}

// check refuses what cannot be saved, and gives the new concepts their
// identifiers.
func (s *splitting) check(tx *db.Tx, f *web.Form) error {
	var wrong []fault.Field
	s.taken = nil
	d := &s.division
	with := d.vocabulary(s.vocab)
	with.Concepts = with.Concepts[:len(s.vocab.Concepts)]
	for i := range d.parts {
		one, prefix := &d.parts[i], strconv.Itoa(i+1)+"."
		if one.Labels["en"] == "" {
			wrong = append(wrong, fault.Field{Name: prefix + "label.en", Key: "lexicon.add.english"})
			continue
		}
		// What the old concept shares with another one already may move.
		list := slices.DeleteFunc(takenWords(with, *one, directory.ContentLanguages), func(t taken) bool {
			return t.By.ID != d.old.ID && hasWord(*d.old.Concept, t.Lang, t.Word)
		})
		s.taken, wrong = append(s.taken, list...), append(wrong, takenFields(list, prefix)...)
		id, err := s.l.identifier(tx, with, one.Labels["en"])
		if err != nil {
			return err
		}
		if id == "" {
			wrong = append(wrong, fault.Field{Name: prefix + "label.en", Key: "lexicon.add.letters"})
		}
		one.ID = id
		with.Concepts = append(with.Concepts, *one)
	}
	for _, r := range s.services {
		if chosen, listed := d.of[r.ID]; listed && len(chosen) == 0 {
			wrong = append(wrong, fault.Field{Name: "s." + r.ID, Key: "lexicon.split.none", Args: []any{"name", r.Name()}})
		}
	}
	if len(wrong) > 0 {
		return fault.Fields(wrong...)
	}
	return s.sure(f)
}

// sure asks before a new word leads to another concept too.
func (s *splitting) sure(f *web.Form) error {
	old := phrasesOf(*s.division.old.Concept)
	x := newFinder(s.vocab)
	s.conflicts = nil
	for _, one := range s.division.parts {
		words := slices.DeleteFunc(phrasesOf(one), func(w string) bool { return slices.Contains(old, w) })
		s.conflicts = append(s.conflicts, clashesOf(s.c, x, s.division.old.ID, words)...)
	}
	if len(s.conflicts) > 0 && f.Value("sure") == "" {
		return fault.Fields(fault.Field{Name: "sure", Key: "lexicon.clash.say"})
	}
	return nil
}

// save carries the split out in one.
//
// req: LEXICON-8
func (s *splitting) save(tx *db.Tx, f *web.Form) error {
	if again, err := pressedAgain(tx, s.c, f); err != nil || again {
		s.saved = err == nil
		return err
	}
	if s.revision != s.division.old.Revision {
		return fault.New(fault.Stale, "lexicon.split.stale")
	}
	changes, err := s.division.changes(s.services, f.Value("note"))
	if err != nil {
		return err
	}
	err = s.l.carryOut(tx, act{What: "split", Concept: s.division.old.Name(), Into: namesOf(s.division.parts), By: by(s.c.Viewer), At: s.c.Now()}, changes)
	s.saved = err == nil
	return err
}

func (s *splitting) render() error {
	c, d := s.c, &s.division
	path := "/desk/words/" + d.old.ID
	data := splitData{Name: d.old.Concept.Labels.In(c.Lang), Action: c.Path(path + "/split"), Back: c.Path(path), Revision: s.revision, More: len(d.parts) < mostParts, Under: s.under,
		Taken: takenLinks(c, s.taken), Conflicts: s.conflicts, Listed: s.stage == "services" || s.stage == "preview" || s.stage == "save"}
	for i, one := range d.parts {
		cells, _ := cellsOf(c, one, strconv.Itoa(i+1)+".", directory.ContentLanguages)
		data.Parts = append(data.Parts, splitPart{c.T("lexicon.split.part", "n", i+1), cells})
	}
	if !data.Listed {
		return splitPage.Render(c, data)
	}
	for _, r := range s.services[:min(mostListed, len(s.services))] {
		data.Services = append(data.Services, s.serviceOf(r))
	}
	data.Rest, data.RestTicks = max(0, len(s.services)-mostListed), s.ticks(d.rest)
	if f := c.SentForm(); s.stage != "services" && f != nil && f.OK() {
		preview, err := s.preview()
		if err != nil {
			return err
		}
		data.Preview = preview
	}
	return splitPage.Render(c, data)
}

func (s *splitting) serviceOf(r directory.Row) splitService {
	body := s.bodies[r.Parent]
	chosen, listed := s.division.of[r.ID]
	if !listed {
		chosen = []int{0}
	}
	return splitService{ID: r.ID, Field: "s." + r.ID, Name: r.Name(), Body: body.Name() + " · " + directory.CountryName(s.c.Lang, body.Parent), Text: r.Service.Summary.In(s.c.Lang), Ticks: s.ticks(chosen)}
}

// ticks are the boxes for the old concept and the new ones.
func (s *splitting) ticks(chosen []int) []tick {
	out := []tick{{"0", s.division.old.Concept.Labels.In(s.c.Lang), slices.Contains(chosen, 0)}}
	for i, one := range s.division.parts {
		out = append(out, tick{strconv.Itoa(i + 1), one.Labels.In(s.c.Lang), slices.Contains(chosen, i+1)})
	}
	return out
}

// preview tells what would change: for how many services, and what the words
// would find.
func (s *splitting) preview() (*splitPreview, error) {
	c, d := s.c, &s.division
	n := d.count(s.services)
	p := &splitPreview{Lines: []string{c.T("lexicon.split.stay", "n", n.Stay), c.T("lexicon.split.move", "n", n.Move), c.T("lexicon.split.both", "n", n.Both)}}
	if s.asked > 0 {
		p.Asked = c.T("lexicon.split.asked", "count", shownCount(c, s.asked))
	}
	trial, err := s.l.d.Try(c.Context(), d.vocabulary(s.vocab), d.divided)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	words := d.asked(c.Lang)
	for _, word := range words[:min(mostAsked, len(words))] {
		now, then := trial.Find(word, c.Lang)
		rows = append(rows, []string{word, c.Number(now.Total), c.Number(then.Total)})
	}
	head := []string{c.T("lexicon.split.word"), c.T("lexicon.try.now"), c.T("lexicon.try.then")}
	p.Searches = web.M{"caption": strings.TrimSpace(c.T("lexicon.split.searches")), "head": head, "rows": rows}
	return p, nil
}
