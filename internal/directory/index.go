package directory

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"amelie/internal/fold"
	"amelie/internal/geo"
)

// Index finds entries. It is built once from the entries of one audience and
// never changed; a newer one takes its place. It is safe for any number of
// readers.
//
// Documents are numbered by their prior: what should stand first without any
// question has the lowest number, so a scan may stop early.
type Index struct {
	entries []Entry // by document number
	prior   []int32 // by document number, descending
	post    *postings
	vocab   *concepts

	all       docset
	groups    map[Group]docset
	countries map[string]docset
	touches   map[string]docset // territory code: covers it or has a part of it
	local     map[string]docset // territory code: named in the area itself, or a part of it
	concepts  map[conceptKey]docset
	aimed     map[conceptKey]docset // target or form: named, not merely taken because any is
	spoken    map[string]docset     // language: by staff
	listed    map[string]docset     // language: by an interpreter, named
	anyTongue docset                // interpretation into practically every language
	unlisted  docset                // interpretation into languages that are not named
	flags     map[FacetName]docset

	onlyChildren  docset // takes nobody else
	papersUnknown docset // not stated whether people without papers are taken

	hours  []hoursOf // distinct hours, with who keeps them
	always docset
	openAt atomic.Pointer[openSet]

	where  *positions
	phones phoneBook
	towns  map[string]int      // keys of towns where an entry is, with how many places
	named  map[string][]uint32 // whole name of an authority to its documents
	values map[FacetName][]facetSet
}

// conceptKey is a concept of the vocabulary.
type conceptKey struct{ scheme, id string }

// withoutPapers is the concept whose set is an answer, not a list.
var withoutPapers = conceptKey{"residence", "without-papers"}

// facetSet is one value of a facet and who has it.
type facetSet struct {
	id  string
	set docset
}

// hoursOf is one week plan and the documents that keep it.
type hoursOf struct {
	hours   Hours
	country string
	docs    []uint32
}

// openSet is who is open in one minute.
type openSet struct {
	minute int64
	open   docset
}

// NewIndex builds an index in which no verification is old.
func NewIndex(entries []Entry, vocab Vocabulary) *Index {
	return NewIndexAt(entries, vocab, time.Time{})
}

// NewIndexAt builds an index whose order is that of a moment. The vocabulary
// gives words their meaning.
func NewIndexAt(entries []Entry, vocab Vocabulary, at time.Time) *Index {
	n := len(entries)
	prior := make([]int32, n)
	for i, e := range entries {
		prior[i] = priorOf(e, at)
	}
	number := byPrior(entries, prior)
	x := &Index{
		entries: make([]Entry, n), prior: make([]int32, n), vocab: newConcepts(vocab),
		all: newDocset(n), anyTongue: newDocset(n), unlisted: newDocset(n), papersUnknown: newDocset(n), onlyChildren: newDocset(n), always: newDocset(n),
		groups: map[Group]docset{}, countries: map[string]docset{}, touches: map[string]docset{}, local: map[string]docset{},
		concepts: map[conceptKey]docset{}, aimed: map[conceptKey]docset{}, spoken: map[string]docset{}, listed: map[string]docset{},
		flags: map[FacetName]docset{}, named: map[string][]uint32{}, towns: map[string]int{},
	}
	x.all.fill(n)
	go warm()
	texts := make(chan *postings)
	go func() { // words and sets are gathered side by side
		words := newCollector(n)
		for _, e := range entries {
			collect(words, e)
		}
		texts <- words.postings(number)
	}()
	builder := newBuilder(x)
	for i, e := range entries {
		d := number[i]
		x.entries[d], x.prior[d] = e, prior[i]
		builder.add(d, e)
	}
	x.phones.sort()
	builder.finish()
	x.post = <-texts
	return x
}

// warm reads what the first search would otherwise wait for.
func warm() {
	geo.Warm()
	standardTongues()
}

// Len is the number of entries.
func (x *Index) Len() int { return len(x.entries) }

// Entries calls yield with every entry, best first.
func (x *Index) Entries(yield func(Entry) bool) {
	for _, e := range x.entries {
		if !yield(e) {
			return
		}
	}
}

// The parts of the prior: how good a first address an entry is when nothing
// else decides. Bodies that help stand before those that coordinate, places
// that know the field before general ones, verified before stale. The weights
// of verification are smaller than that of any other part: among equals the
// newer verification stands first, and nothing else moves.
const (
	priorSupport      = 100
	priorCoordination = 20
	priorHelpline     = 30
	priorSpecialised  = 25
	priorRegional     = 20
	priorReferral     = 10
	priorReachable    = 10
	priorVerified     = 9
	priorOnlyChildren = -80 // unless children are asked for, what takes only them stands later
	priorMost         = priorSupport + priorHelpline + priorSpecialised + priorRegional + priorReferral + priorReachable + priorVerified
)

func priorOf(e Entry, at time.Time) int32 {
	p := 0
	switch e.Group() {
	case Support:
		p += priorSupport
	case Coordination:
		p += priorCoordination
	}
	s := e.Service
	if s.Helpline {
		p += priorHelpline
	}
	for _, role := range s.Roles {
		switch role {
		case "specialised-centre":
			p += priorSpecialised
		case "regional-project", "shelter":
			p += priorRegional
		}
	}
	if s.DirectReferral == Yes {
		p += priorReferral
	}
	if len(s.Phones) > 0 {
		p += priorReachable
	}
	p += freshness(e.Verified(), at)
	if children(s.For) {
		p += priorOnlyChildren
	}
	return int32(max(0, min(p, priorMost)))
}

// freshness are the points for a verification on a date, as it looks at a
// moment: whole for a quarter of a year, then falling by half each year. Old
// verification is never worse than none, and none hides nobody.
//
// req: ROUND-2
func freshness(verified string, at time.Time) int {
	day, err := time.Parse(time.DateOnly, verified)
	if err != nil {
		return 0
	}
	years := max(0, at.Sub(day).Hours()/24-90) / 365
	return int(math.Ceil(priorVerified * math.Exp2(-years)))
}

// collect adds the searched words of an entry: as published to the index's
// audience, so nothing hidden is among them.
func collect(c *collector, e Entry) {
	o, s := e.Organization, e.Service
	for _, name := range []string{s.Name, o.Name} {
		c.text(name, inName)
		c.key(joinedName(name), inName)
	}
	collectText(c, s.Names, inName)
	collectText(c, o.Names, inName)
	for _, t := range []Text{s.Summary, s.What, s.WhenYouCall, o.Summary} {
		collectText(c, t, inBody)
	}
	for _, p := range s.Places {
		c.text(p.Name, inBody)
		collectText(c, p.Names, inBody)
		c.text(p.Town, inBody)
		collectText(c, p.Towns, inBody)
		c.text(p.Street, inBody)
		c.text(p.PostalCode, inBody)
		collectContacts(c, p.Emails, nil)
	}
	collectContacts(c, s.Emails, s.Website)
	collectContacts(c, nil, o.Website)
	c.end()
}

// collectText adds a text in every language.
func collectText(c *collector, t Text, f field) {
	for _, s := range t {
		c.text(s, f)
	}
}

func collectContacts(c *collector, emails []Email, links []Link) {
	for _, e := range emails {
		c.text(e.Address, inBody)
	}
	for _, l := range links {
		host := strings.TrimPrefix(strings.TrimPrefix(l.URL, "https://"), "http://")
		host, _, _ = strings.Cut(host, "/")
		c.text(strings.TrimPrefix(host, "www."), inBody)
	}
}

// joinedName is a name of two or three words as one, since people leave out
// the hyphen or the space ("pagasa").
func joinedName(name string) string {
	if n := strings.Count(name, " ") + strings.Count(name, "-"); n == 0 || n > 2 {
		return ""
	}
	words := fold.Tokens(name)
	if len(words) < 2 || len(words) > 3 {
		return ""
	}
	return strings.Join(words, "")
}

// builder fills the sets of an index.
type builder struct {
	x        *Index
	ancestry map[string][]string
	weeks    map[string]int
	points   []position
	towns    map[string][]string // names already folded
}

func newBuilder(x *Index) *builder {
	return &builder{x: x, ancestry: map[string][]string{}, weeks: map[string]int{}, towns: map[string][]string{}}
}

func (b *builder) add(d uint32, e Entry) {
	x, s := b.x, e.Service
	n := len(x.entries)
	put(x.groups, e.Group(), d, n)
	put(x.countries, e.Country(), d, n)
	b.area(d, e)
	b.concepts(d, s)
	b.languages(d, s)
	b.flags(d, s)
	b.weekPlans(d, e)
	x.phones.add(d, s.Phones)
	for _, p := range s.Places {
		b.town(p)
		x.phones.add(d, p.Phones)
		if p.Lat != 0 || p.Lon != 0 {
			b.points = append(b.points, position{float32(p.Lat), float32(p.Lon), d})
		}
	}
	if e.Group() == Authority {
		b.names(d, e)
	}
}

func (b *builder) town(p Place) {
	name := p.Town
	for _, lang := range slices.Sorted(maps.Keys(p.Towns)) {
		name += "\n" + p.Towns[lang]
	}
	keys, known := b.towns[name]
	if !known {
		keys = slices.Collect(townKeys(p))
		b.towns[name] = keys
	}
	for _, key := range keys {
		b.x.towns[key]++
	}
}

// townKeys are the keys of a place's town in all languages.
func townKeys(p Place) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !yield(fold.Key(p.Town)) {
			return
		}
		for _, name := range p.Towns {
			if !yield(fold.Key(name)) {
				return
			}
		}
	}
}

func put[K comparable](sets map[K]docset, key K, d uint32, n int) {
	s, ok := sets[key]
	if !ok {
		s = newDocset(n)
		sets[key] = s
	}
	s.add(d)
}

// area: an entry touches the territories it names, those around and those in
// them; local leaves out what is only covered from above.
func (b *builder) area(d uint32, e Entry) {
	x, n := b.x, len(b.x.entries)
	area := e.Service.Area
	if len(area) == 0 {
		area = []string{e.Country()}
	}
	for _, code := range area {
		t, ok := geo.Lookup(code)
		if !ok {
			continue
		}
		for _, up := range b.up(t.Code) {
			put(x.touches, up, d, n)
			if t.Parent != "" {
				put(x.local, up, d, n)
			}
		}
		b.below(t.Code, d, t.Parent != "")
	}
}

func (b *builder) up(code string) []string {
	up, ok := b.ancestry[code]
	if !ok {
		up = geo.Ancestors(code)
		b.ancestry[code] = up
	}
	return up
}

func (b *builder) below(code string, d uint32, local bool) {
	for _, kid := range geo.Children(code) {
		put(b.x.touches, kid, d, len(b.x.entries))
		if local {
			put(b.x.local, kid, d, len(b.x.entries))
		}
		b.below(kid, d, local)
	}
}

func (b *builder) concepts(d uint32, s *Service) {
	x, n := b.x, len(b.x.entries)
	for _, list := range [...]struct {
		scheme string
		ids    []string
	}{{"help", s.Helps}, {"form", s.Forms}, {"role", s.Roles}, {"setting", s.Settings}} {
		for _, id := range list.ids {
			for _, up := range x.vocab.up(list.scheme, id) {
				put(x.concepts, conceptKey{list.scheme, up}, d, n)
				if list.scheme == "form" {
					put(x.aimed, conceptKey{list.scheme, up}, d, n)
				}
			}
		}
	}
	if len(s.Forms) == 0 {
		for _, id := range x.vocab.ofScheme["form"] {
			put(x.concepts, conceptKey{"form", id}, d, n)
		}
	}
	b.targets(d, s)
	switch s.Residence {
	case Yes:
		put(x.concepts, withoutPapers, d, n)
	case Unknown:
		x.papersUnknown.add(d)
	}
}

// targets: who takes anyone takes everyone; who takes adults takes women.
// Professionals are only taken where they are named.
func (b *builder) targets(d uint32, s *Service) {
	x, n := b.x, len(b.x.entries)
	if children(s.For) {
		x.onlyChildren.add(d)
	}
	anyone := len(s.For) == 0 || slices.Contains(s.For, "anyone")
	if anyone {
		for _, id := range x.vocab.ofScheme["target"] {
			if id != "professionals" {
				put(x.concepts, conceptKey{"target", id}, d, n)
			}
		}
	}
	for _, id := range s.For {
		for _, related := range x.vocab.line("target", id) {
			put(x.concepts, conceptKey{"target", related}, d, n)
			put(x.aimed, conceptKey{"target", related}, d, n)
		}
	}
}

func (b *builder) languages(d uint32, s *Service) {
	x, n := b.x, len(b.x.entries)
	for _, l := range s.Languages {
		if l.By == "" {
			put(x.spoken, l.Code, d, n)
		} else {
			put(x.listed, l.Code, d, n)
		}
	}
	switch {
	case s.AnyLanguage:
		x.anyTongue.add(d)
	case s.Interpreted > 0:
		x.unlisted.add(d)
	}
}

func (b *builder) flags(d uint32, s *Service) {
	n := len(b.x.entries)
	for _, flag := range [...]struct {
		name   FacetName
		answer Answer
	}{{FacetFree, s.Free}, {FacetReferral, s.DirectReferral}, {FacetWithoutPapers, s.Residence}, {FacetAnonymous, s.Anonymous}} {
		if flag.answer == Yes {
			put(b.x.flags, flag.name, d, n)
		}
	}
}

func (b *builder) weekPlans(d uint32, e Entry) {
	for _, h := range e.Hours() {
		if h.Always {
			b.x.always.add(d)
			continue
		}
		key := e.Country() + weekKey(h)
		i, ok := b.weeks[key]
		if !ok {
			i = len(b.x.hours)
			b.weeks[key] = i
			b.x.hours = append(b.x.hours, hoursOf{hours: h, country: e.Country()})
		}
		b.x.hours[i].docs = append(b.x.hours[i].docs, d)
	}
}

func weekKey(h Hours) string {
	var k strings.Builder
	k.WriteString(h.Zone + "|" + h.Holidays)
	for _, o := range h.Open {
		k.WriteString("|" + o.Days + o.From + o.To)
	}
	for _, e := range h.Except {
		k.WriteString("|!" + e.Date + e.From + e.To)
	}
	return k.String()
}

// names remembers the whole names of an authority.
func (b *builder) names(d uint32, e Entry) {
	add := func(name string) {
		for _, key := range fold.Phrase(name) {
			if docs := b.x.named[key]; key != "" && !slices.Contains(docs, d) {
				b.x.named[key] = append(docs, d)
			}
		}
	}
	for _, t := range []Text{e.Service.Names, e.Organization.Names, {"": e.Service.Name}, {"": e.Organization.Name}} {
		for _, name := range t {
			add(name)
		}
	}
}

// finish orders the values of the facets and the positions.
func (b *builder) finish() {
	x := b.x
	x.where = newPositions(b.points, len(x.entries))
	for _, docs := range x.named {
		slices.Sort(docs)
	}
	x.flags[FacetAlways] = x.always
	x.values = map[FacetName][]facetSet{
		FacetCountry:   sortedSets(x.countries, func(k string) string { return k }),
		FacetTerritory: sortedSets(x.touches, func(k string) string { return k }),
		FacetLanguage:  x.tongues(),
		FacetGroup:     sortedSets(x.groups, func(g Group) string { return string(g) }),
	}
	for scheme, name := range map[string]FacetName{"help": FacetHelp, "target": FacetTarget, "form": FacetForm, "role": FacetRole} {
		for _, id := range x.vocab.ofScheme[scheme] {
			if set, ok := x.concepts[conceptKey{scheme, id}]; ok {
				x.values[name] = append(x.values[name], facetSet{id, set})
			}
		}
	}
}

// patientTongues are always offered, also when only interpreters reach them.
var patientTongues = strings.Fields("en el it de nl fr ar sq bg zh hu pl pt ro es uk")

// tongues are the languages with everyone who can talk in them.
func (x *Index) tongues() []facetSet {
	reach := map[string]docset{}
	for _, code := range patientTongues {
		reach[code] = slices.Clone(x.anyTongue)
	}
	for _, sets := range []map[string]docset{x.spoken, x.listed} {
		for code, set := range sets {
			if reach[code] == nil {
				reach[code] = slices.Clone(x.anyTongue)
			}
			reach[code].or(set)
		}
	}
	return sortedSets(reach, func(k string) string { return k })
}

func sortedSets[K comparable](sets map[K]docset, id func(K) string) []facetSet {
	out := make([]facetSet, 0, len(sets))
	for k, s := range sets {
		if id(k) != "" {
			out = append(out, facetSet{id(k), s})
		}
	}
	slices.SortFunc(out, func(a, b facetSet) int { return cmp.Compare(a.id, b.id) })
	return out
}

// open is who is known to be open at a moment. It is worked out once a minute.
func (x *Index) open(at time.Time) docset {
	minute := at.Unix() / 60
	if o := x.openAt.Load(); o != nil && o.minute == minute {
		return o.open
	}
	open := slices.Clone(x.always)
	for _, w := range x.hours {
		if s := w.hours.State(at, w.country); s.Known && s.Open {
			for _, d := range w.docs {
				open.add(d)
			}
		}
	}
	x.openAt.Store(&openSet{minute: minute, open: open})
	return open
}

// Bytes is the memory that the index itself holds, without the entries.
func (x *Index) Bytes() int {
	n := x.post.bytes() + 4*len(x.prior) + 16*len(x.entries) + x.where.bytes() + 16*len(x.phones)
	set := 8 * len(x.all)
	n += set * (4 + len(x.groups) + len(x.countries) + len(x.touches) + len(x.local) + len(x.concepts) + len(x.aimed) +
		len(x.spoken) + len(x.listed) + len(x.flags) + len(x.values[FacetLanguage]) + 1)
	for _, h := range x.hours {
		n += 200 + 4*len(h.docs)
	}
	return n
}
