package edit

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/web"
)

// UpgradeRow says what became of the working copy when a newer course came with
// the program.
type UpgradeRow struct {
	Version, Was   string // learn.Course.Version of the new one, and of the one before
	Taken, Waiting int    // things that became theirs, things that are proposed
	At             time.Time
}

// Upgrade brings the working copy up to the course that ships with the program:
// what nobody edited is taken over, the rest is proposed. What is published
// stays. A course that was the base before is no newer one: an older program
// that runs beside a newer changes nothing.
//
// req: UPGRADE-1
func (s *Service) Upgrade(ctx context.Context) error {
	edited := false
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		_, edited, err = loadWork(tx, s.ID)
		return err
	})
	if err != nil || !edited {
		return err
	}
	files, err := s.Shipped()
	if err != nil {
		return err
	}
	course, err := learn.ReadFiles(files, s.Known())
	if err != nil {
		return err
	}
	version := course.Version()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		w, ok, err := loadWork(tx, s.ID)
		if err != nil || !ok || w.base == version {
			return err
		}
		past, err := loadUpgrades(tx, s.ID)
		if err != nil || slices.ContainsFunc(past, func(u UpgradeRow) bool { return u.Version == version || u.Was == version }) {
			return err
		}
		return s.upgrade(tx, w, version, files, course.Files())
	})
}

// upgrade joins the working copy with a folder, given as it ships and as this
// program writes it.
func (s *Service) upgrade(tx *db.Tx, w work, version string, shipped, theirs map[string][]byte) error {
	base, ok, err := loadFolder(tx, s.ID, w.base)
	if err != nil || !ok {
		return orNotFound(err)
	}
	stored, err := loadFiles(tx, s.ID)
	if err != nil {
		return err
	}
	ours, err := s.written(stored)
	if err != nil {
		return err
	}
	if base, err = s.written(base); err != nil {
		return err
	}
	m, err := merge(base, ours, theirs)
	if err != nil {
		return err
	}
	b := s.bench(tx, Upgraded, By{})
	if err := b.replace(stored, m.out); err != nil {
		return err
	}
	if err := b.save(); err != nil {
		return err
	}
	for _, p := range m.proposals {
		p.Version, p.State = version, ProposalOpen
		if err := p.save(tx, s.ID, s.Now()); err != nil {
			return err
		}
	}
	offers, err := b.offers(m.proposals)
	if err != nil {
		return err
	}
	if err := keepFolder(tx, s.ID, version, shipped); err != nil {
		return err
	}
	row := UpgradeRow{Version: version, Was: w.base, Taken: m.taken, Waiting: len(gathered(offers)), At: s.Now()}
	if err := row.insert(tx, s.ID); err != nil {
		return err
	}
	w.base, w.revision = version, w.revision+1
	if err := w.save(tx, s.ID); err != nil {
		return err
	}
	return audit.Record(tx, audit.Event{At: s.Now(), Actor: "program", Action: "course.upgraded", Object: "course/" + s.ID + "/" + version})
}

func orNotFound(err error) error {
	if err != nil {
		return err
	}
	return errNotFound
}

// written is a folder in the form in which this program writes it, so that two
// of them differ in what they say alone.
func (s *Service) written(files map[string][]byte) (map[string][]byte, error) {
	course, problems := learn.Draft(files, s.Known())
	if course == nil {
		return nil, fault.Wrap(problems, "course folder")
	}
	return course.Files(), nil
}

// Offer is a proposal beside what the house has now.
type Offer struct {
	Proposal
	Ours string
	Also []string // languages whose translations go with it, since nobody edited them
}

// Upgrades are those that came, the newest first, and what they propose that
// nobody has decided.
func (s *Service) Upgrades(ctx context.Context) (rows []UpgradeRow, offers []Offer, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if rows, err = loadUpgrades(tx, s.ID); err != nil {
			return err
		}
		list, err := loadProposals(tx, s.ID)
		if err != nil {
			return err
		}
		all, err := s.bench(tx, Upgraded, By{}).offers(list)
		offers = gathered(slices.DeleteFunc(all, func(o Offer) bool { return o.Ours == o.Theirs.Body }))
		return err
	})
	return rows, offers, err
}

// follows says whether a proposal is a translation that nobody edited of a source
// text that is proposed too.
func (o Offer) follows(source Offer) bool {
	file, lang, ok := wordsFile(o.Path)
	of, first, isWords := wordsFile(source.Path)
	return ok && isWords && first == learn.Source && lang != learn.Source && file == of && o.Block == source.Block && o.Ours == o.Base.Body
}

// gathered puts translations that go with their source under it.
func gathered(offers []Offer) (out []Offer) {
	for _, o := range offers {
		if !slices.ContainsFunc(offers, o.follows) {
			out = append(out, o)
		}
	}
	for i := range out {
		for _, o := range offers {
			if o.follows(out[i]) {
				_, lang, _ := wordsFile(o.Path)
				out[i].Also = append(out[i].Also, lang)
			}
		}
	}
	return out
}

func stampOf(body string) string { return learn.Text{Body: body}.Stamp() }

// offers are proposals beside what the working copy has.
func (b *Bench) offers(list []Proposal) ([]Offer, error) {
	out := make([]Offer, len(list))
	for i, p := range list {
		ours, err := b.ours(p)
		if err != nil {
			return nil, err
		}
		out[i] = Offer{Proposal: p, Ours: ours}
	}
	return out, nil
}

// ours is what the working copy has in the place of a proposal; "" for nothing.
func (b *Bench) ours(p Proposal) (string, error) {
	if file, lang, ok := wordsFile(p.Path); ok {
		w, err := b.words(file, lang)
		if err != nil {
			return "", ifThere(err)
		}
		t, _ := w.Text(p.Block)
		return t.Body, nil
	}
	body, err := b.file(p.Path)
	if err != nil || p.Block == "" {
		return body, ifThere(err)
	}
	t, err := learn.ParseTopic(body)
	if err != nil {
		return "", err
	}
	if u, ok := t.Unit(p.Block); ok {
		return unitTOML(u), nil
	}
	if q, ok := t.Question(p.Block); ok {
		return questionTOML(q), nil
	}
	return "", nil
}

// ifThere drops the error of a file that is not there.
func ifThere(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// Decide takes what a release proposes in the place of what the house has, or
// leaves it; seen is the stamp of what the editor saw there. What the house wrote
// stays in the history. Errors: fault.NotFound when it is not proposed any more,
// fault.Stale.
//
// req: UPGRADE-2
func (s *Service) Decide(ctx context.Context, v *web.Viewer, once, path, block, seen string, take bool) error {
	if take {
		return s.Act(ctx, v, once, Upgraded, func(b *Bench) error { return s.decide(b, v, path, block, seen, true) })
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.May(v, "course.edit"); err != nil {
			return err
		}
		return s.decide(s.bench(tx, Upgraded, by(v)), v, path, block, seen, false)
	})
}

func (s *Service) decide(b *Bench, v *web.Viewer, path, block, seen string, take bool) error {
	list, err := loadProposals(b.tx, s.ID)
	if err != nil {
		return err
	}
	offers, err := b.offers(list)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(offers, func(o Offer) bool { return o.Path == path && o.Block == block })
	if i < 0 {
		return errNotFound
	}
	source := offers[i]
	if stampOf(source.Ours) != seen {
		return errMoved
	}
	for at, o := range offers {
		if at != i && !o.follows(source) {
			continue
		}
		if err := s.decideOne(b, o.Proposal, take); err != nil {
			return err
		}
	}
	return audit.Record(b.tx, audit.Event{At: s.Now(), Actor: v.UserID, Agency: v.AgencyID, Action: "course.proposal-decided", Object: "course/" + s.ID + "/" + path})
}

func (s *Service) decideOne(b *Bench, p Proposal, take bool) error {
	p.State, p.By = ProposalLeft, b.by
	if take {
		p.State = ProposalTaken
		if err := b.take(p); err != nil {
			return err
		}
	}
	return p.save(b.tx, s.ID, s.Now())
}

// take puts what is proposed in its place.
func (b *Bench) take(p Proposal) error {
	file, lang, isWords := wordsFile(p.Path)
	switch {
	case isWords && lang == learn.Source:
		return b.Put(file, lang, p.Block, p.Theirs.Body)
	case isWords:
		return b.put(file, lang, p.Block, p.Theirs, "")
	case p.Block != "":
		return b.Topic(strings.TrimSuffix(p.Path, "/topic.toml"), func(t *learn.Topic) error { return b.takePart(t, p) })
	case strings.HasSuffix(p.Path, "/topic.toml"), strings.HasSuffix(p.Path, "/scenario.toml"):
		return b.takeStructure(p)
	}
	before, err := b.file(p.Path)
	if err != nil {
		return err
	}
	b.files[p.Path] = p.Theirs.Body
	b.note(p.Path, "", Value{Body: before}, p.Theirs)
	return nil
}

// takePart gives a unit the properties that are proposed; its blocks were joined
// already. A question comes with its answers, and the words of new ones.
func (b *Bench) takePart(t *learn.Topic, p Proposal) error {
	table := "unit"
	if _, ok := t.Question(p.Block); ok {
		table = "question"
	}
	theirs, err := learn.ParseTopic("[[" + table + "]]\n" + p.Theirs.Body)
	if err != nil {
		return err
	}
	for i, u := range t.Units {
		for _, x := range theirs.Units {
			if u.ID == x.ID {
				x.Blocks, x.Questions = u.Blocks, u.Questions
				t.Units[i] = x
			}
		}
	}
	for i, q := range t.Questions {
		for _, x := range theirs.Questions {
			if q.ID != x.ID {
				continue
			}
			t.Questions[i] = x
			if err := b.wordsOf(strings.TrimSuffix(p.Path, "/topic.toml"), p.Version, q.Wanted(), x.Wanted()); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeStructure puts a data file in the place of another, with the words that it
// asks for; what it does not ask for goes, and stays in the history.
func (b *Bench) takeStructure(p Proposal) error {
	folder, name, _ := cutLast(p.Path)
	now, err := b.file(p.Path)
	if err != nil {
		return err
	}
	had, err := learn.Wanted(name, now)
	if err != nil {
		return err
	}
	want, err := learn.Wanted(name, p.Theirs.Body)
	if err != nil {
		return err
	}
	b.files[p.Path] = p.Theirs.Body
	b.note(p.Path, "", Value{Body: now}, p.Theirs)
	return b.wordsOf(folder, p.Version, had, want)
}

// wordsOf gives blocks that are new the words that a release has for them, in
// every language, and takes those out that are not wanted any more.
func (b *Bench) wordsOf(file, version string, had, want []string) error {
	theirs, ok, err := loadFolder(b.tx, b.course, version)
	if err != nil || !ok {
		return orNotFound(err)
	}
	for _, block := range had {
		if !slices.Contains(want, block) {
			if err := b.Drop(file, block); err != nil {
				return err
			}
		}
	}
	languages, err := b.languages()
	if err != nil {
		return err
	}
	for _, lang := range languages {
		path := file + "/" + lang + ".md"
		w, err := wordsOr(path, theirs[path])
		if err != nil {
			return err
		}
		for i, block := range want {
			if t, ok := w.Text(block); ok && !slices.Contains(had, block) {
				if err := b.put(file, lang, block, Value{t.Body, t.Of}, want[max(0, i-1)]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
