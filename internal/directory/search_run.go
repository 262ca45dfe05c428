package directory

import (
	"slices"
	"sync"
	"time"

	"amelie/internal/geo"
)

// arena lends sets for one search and takes them back for the next.
type arena struct {
	n    int
	sets []docset
	used int
	pack packed
}

// arenas are kept per size of index; a search takes one and gives it back.
var arenas sync.Map // number of documents to *sync.Pool

func borrow(n int) *arena {
	pool, ok := arenas.Load(n)
	if !ok {
		pool, _ = arenas.LoadOrStore(n, &sync.Pool{New: func() any { return &arena{n: n} }})
	}
	a := pool.(*sync.Pool).Get().(*arena)
	a.used = 0
	return a
}

func (a *arena) giveBack() {
	if pool, ok := arenas.Load(a.n); ok {
		pool.(*sync.Pool).Put(a)
	}
}

// set is an empty set, valid until the arena is given back.
func (a *arena) set() docset {
	if a.used == len(a.sets) {
		a.sets = append(a.sets, newDocset(a.n))
	}
	s := a.sets[a.used]
	a.used++
	s.clear()
	return s
}

// mark and release let a try return what it borrowed.
func (a *arena) mark() int        { return a.used }
func (a *arena) release(mark int) { a.used = mark }

// The limits of a page of results.
const (
	defaultLimit = 20
	maxLimit     = 100
	maxOffset    = 10_000
)

// Search finds entries. Authorities are among them only when the query asks
// for their group; those whose whole name the text gives are in Named.
//
// req: DIRECTORY-3
func (x *Index) Search(q Query) Result {
	a := borrow(len(x.entries))
	defer a.giveBack()
	q = q.tidy()
	s := &search{x: x, a: a, q: q}
	s.start()
	found, steps := s.relax()
	r := Result{Total: found.count(), Relaxed: steps, Meanings: s.meanings()}
	if s.q.Near != nil {
		r.Around = s.q.Near.area
	}
	r.Facets = s.facets(found)
	r.Hits = s.rank(found)
	s.authorities(&r)
	return r
}

// tidy brings a query into bounds and drops codes nobody knows.
func (q Query) tidy() Query {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxLimit)
	q.Offset = max(0, min(q.Offset, maxOffset))
	var territories []string
	for _, code := range q.Territories {
		if t, ok := geo.Lookup(code); ok {
			territories = append(territories, t.Code)
		}
	}
	q.Territories = territories
	if q.Near != nil {
		near := *q.Near
		if near.Km <= 0 {
			near.Km = defaultRadius
		}
		if near.Lat == 0 && near.Lon == 0 {
			near = near.located(q.Countries)
		}
		q.Near = &near
		if near.Lat == 0 && near.Lon == 0 || !geo.ValidPosition(near.Lat, near.Lon) {
			q.Near = nil
		}
	}
	return q
}

// defaultRadius and maxRadius are in kilometres.
const (
	defaultRadius = 50
	maxRadius     = 400
)

// located looks the place up in the gazetteer.
func (n Near) located(countries []string) Near {
	country := ""
	if len(countries) == 1 {
		country = countries[0]
	}
	if places := geo.Find(n.Place, country); len(places) > 0 {
		n.Lat, n.Lon, n.area = places[0].Lat, places[0].Lon, places[0].Territory
	}
	return n
}

// search is one search under way.
type search struct {
	x     *Index
	a     *arena
	q     Query
	parts []*part  // of the text, as typed
	wide  []*part  // the same with more typing errors forgiven; nil until needed
	tried *attempt // the attempt that found something

	packedFound bool          // the arena's pack holds what was found
	around      func() string // territory of the point asked for, looked up once
}

func (s *search) start() {
	s.around = sync.OnceValue(func() string {
		if n := s.q.Near; n != nil {
			if place, ok := geo.Nearest(n.Lat, n.Lon); ok {
				return place.Territory
			}
		}
		return ""
	})
	s.parts = s.x.read(s.a, s.q, false)
}

// attempt is one way to answer: the query, more or less relaxed.
type attempt struct {
	q        Query
	wide     bool         // misspelt words too
	unlisted bool         // also who does not name the languages of the interpreters
	wider    bool         // a place in the text means its country
	dropped  map[int]bool // parts of the text that are not required
	without  map[FacetName]bool
	steps    []Step
}

func (t attempt) clone() attempt {
	t.q.Territories = slices.Clone(t.q.Territories)
	if t.q.Near != nil {
		near := *t.q.Near
		t.q.Near = &near
	}
	dropped := map[int]bool{}
	for k := range t.dropped {
		dropped[k] = true
	}
	without := map[FacetName]bool{}
	for k := range t.without {
		without[k] = true
	}
	t.dropped, t.without, t.steps = dropped, without, slices.Clone(t.steps)
	return t
}

// filter is one condition as a set.
type filter struct {
	name FacetName
	set  docset
}

// facetText and facetNear name the conditions that are no facet.
const (
	facetText FacetName = "text"
	facetNear FacetName = "near"
)

// filters are the conditions of an attempt, each facet's values joined.
func (s *search) filters(t *attempt) []filter {
	x, q := s.x, t.q
	var out []filter
	add := func(name FacetName, set docset) {
		if !t.without[name] {
			out = append(out, filter{name, set})
		}
	}
	anyOf := func(name FacetName, ids []string, sets map[string]docset) {
		if len(ids) > 0 {
			add(name, s.union(ids, sets))
		}
	}
	out = append(out, filter{FacetGroup, s.groupSet(q.Groups)})
	anyOf(FacetCountry, q.Countries, x.countries)
	anyOf(FacetTerritory, q.Territories, x.touches)
	for _, c := range []struct {
		name   FacetName
		scheme string
		ids    []string
	}{{FacetHelp, "help", q.Helps}, {FacetTarget, "target", q.Targets}, {FacetForm, "form", q.Forms}, {FacetRole, "role", q.Roles}} {
		if len(c.ids) > 0 {
			add(c.name, s.conceptSet(c.scheme, c.ids))
		}
	}
	if len(q.Languages) > 0 {
		add(FacetLanguage, s.languageSet(t))
	}
	for _, name := range flagFacets {
		if q.wants(name) {
			add(name, s.flagSet(name))
		}
	}
	if q.Near != nil && !t.without[facetNear] {
		add(facetNear, s.nearSet(q.Near))
	}
	for i, p := range s.textParts(t) {
		if !t.dropped[i] {
			out = append(out, filter{facetText, s.partSet(t, p)})
		}
	}
	return out
}

// partSet is who answers a part of the text, in a wider attempt also who is
// elsewhere in the country of the place.
func (s *search) partSet(t *attempt, p *part) docset {
	country := s.x.countries[geo.Country(p.area)]
	if !t.wider || p.area == "" || country == nil {
		return p.all
	}
	u := s.a.set()
	u.or(p.all)
	u.or(country)
	return u
}

// relaxPlace lets a place in the text mean its country.
func (s *search) relaxPlace(t *attempt) bool {
	for _, p := range s.textParts(t) {
		if p.area != "" && !t.wider {
			t.wider = true
			t.steps = append(t.steps, Step{Code: StepTerritory, From: p.area, To: geo.Country(p.area)})
		}
	}
	return t.wider
}

func (s *search) textParts(t *attempt) []*part {
	if !t.wide {
		return s.parts
	}
	if s.wide == nil {
		s.wide = s.x.read(s.a, s.q, true)
	}
	return s.wide
}

func (s *search) union(ids []string, sets map[string]docset) docset {
	u := s.a.set()
	for _, id := range ids {
		if set, ok := sets[id]; ok {
			u.or(set)
		}
	}
	return u
}

// groupSet: without a wish, bodies that help and that coordinate.
//
// req: DIRECTORY-3
func (s *search) groupSet(groups []Group) docset {
	if len(groups) == 0 {
		groups = []Group{Support, Coordination}
	}
	u := s.a.set()
	for _, g := range groups {
		if set, ok := s.x.groups[g]; ok {
			u.or(set)
		}
	}
	return u
}

func (s *search) conceptSet(scheme string, ids []string) docset {
	u := s.a.set()
	for _, id := range ids {
		if set, ok := s.x.concepts[conceptKey{scheme, id}]; ok {
			u.or(set)
		}
	}
	return u
}

func (s *search) languageSet(t *attempt) docset {
	u := s.a.set()
	for _, code := range t.q.Languages {
		if set, ok := s.x.spoken[code]; ok {
			u.or(set)
		}
		if set, ok := s.x.listed[code]; ok && !t.q.ByStaff {
			u.or(set)
		}
	}
	if !t.q.ByStaff {
		u.or(s.x.anyTongue)
	}
	if t.unlisted {
		u.or(s.x.unlisted)
	}
	return u
}

// flagFacets are the facets with the single value "yes".
var flagFacets = []FacetName{FacetOpen, FacetAlways, FacetFree, FacetReferral, FacetWithoutPapers, FacetAnonymous}

func (q Query) wants(name FacetName) bool {
	switch name {
	case FacetOpen:
		return q.OpenNow
	case FacetAlways:
		return q.Always
	case FacetFree:
		return q.Free
	case FacetReferral:
		return q.DirectReferral
	case FacetWithoutPapers:
		return q.WithoutPapers
	case FacetAnonymous:
		return q.Anonymous
	}
	return false
}

func (s *search) flagSet(name FacetName) docset {
	if name == FacetOpen {
		return s.x.open(s.q.Now)
	}
	if set, ok := s.x.flags[name]; ok {
		return set
	}
	return s.a.set()
}

// nearSet: who is within the radius, and who can be called from there without
// being anywhere: services without a place that cover the territory.
func (s *search) nearSet(n *Near) docset {
	u := s.a.set()
	s.x.where.within(flatAt(n.Lat, n.Lon), n.Km*1000, u)
	if set, ok := s.x.touches[s.around()]; ok {
		remote := s.a.set()
		remote.or(set)
		remote.without(s.x.where.anywhere)
		u.or(remote)
	}
	return u
}

// meet is who meets all conditions.
func (s *search) meet(filters []filter) docset {
	all := s.a.set()
	all.or(s.x.all)
	for _, f := range filters {
		all.and(f.set)
	}
	return all
}

// some reports whether anybody meets an attempt.
func (s *search) some(t *attempt) bool {
	mark := s.a.mark()
	if t.wide && s.wide == nil {
		s.textParts(t) // stays borrowed
		mark = s.a.mark()
	}
	ok := !s.meet(s.filters(t)).empty()
	s.a.release(mark)
	return ok
}

// relax answers the query, giving up one thing after the other until somebody
// is found; then it takes back what need not have been given up.
//
// req: DIRECTORY-4
func (s *search) relax() (docset, []Step) {
	t := &attempt{q: s.q}
	var given []relaxation
	if !s.some(t) {
		for _, r := range s.relaxations() {
			next := t.clone()
			if !r(&next) {
				continue
			}
			given = append(given, r)
			t = &next
			if s.some(t) {
				break
			}
		}
		t = s.restore(given, t)
	}
	s.tried = t
	if t.wide {
		s.parts = s.textParts(t)
	}
	return s.meet(s.filters(t)), t.steps
}

// restore drops every relaxation without which somebody is found as well.
func (s *search) restore(given []relaxation, last *attempt) *attempt {
	for i := len(given) - 2; i >= 0; i-- {
		fewer := slices.Delete(slices.Clone(given), i, i+1)
		t := attempt{q: s.q}
		t = t.clone()
		for _, r := range fewer {
			r(&t)
		}
		if s.some(&t) {
			given, last = fewer, &t
		}
	}
	return last
}

// relaxation gives one thing up and notes the step; false: there is nothing to
// give up.
type relaxation func(t *attempt) bool

func (s *search) relaxations() []relaxation {
	list := []relaxation{s.relaxSpelling, s.relaxUnknown}
	for km := 2 * s.radius(); km > 0 && km <= maxRadius; km *= 2 {
		list = append(list, relaxRadius(km))
	}
	list = append(list, relaxStaff, relaxUnlisted, relaxTerritory, relaxTerritory, s.relaxPlace, relaxNear)
	for _, name := range []FacetName{FacetFree, FacetAlways, FacetOpen, FacetAnonymous, FacetReferral, FacetRole, FacetForm} {
		list = append(list, relaxFilter(name))
	}
	for _, i := range s.leastFirst() {
		list = append(list, s.relaxWord(i))
	}
	for _, name := range []FacetName{FacetWithoutPapers, FacetTerritory, FacetLanguage, FacetTarget, FacetHelp} {
		list = append(list, relaxFilter(name))
	}
	return append(list, relaxCountry)
}

// leastFirst orders the parts of the text by what can best be done without:
// mere words, then kinds of help and people, then the language, the place last.
func (s *search) leastFirst() []int {
	weight := func(p *part) int {
		switch {
		case p.hint || p.meaning.Kind == MeansFilter:
			return 0
		case p.area != "" || p.place != nil:
			return 4
		case p.language != "":
			return 3
		case len(p.concepts) > 0 && p.concepts[0].scheme == "help":
			return 2
		case len(p.concepts) > 0:
			return 1
		}
		return 0
	}
	order := make([]int, len(s.parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weight(s.parts[a]) - weight(s.parts[b]) })
	return order
}

func (s *search) radius() float64 {
	if s.q.Near == nil {
		return 0
	}
	return s.q.Near.Km
}

func (s *search) relaxSpelling(t *attempt) bool {
	if t.wide || !slices.ContainsFunc(s.parts, func(p *part) bool { return !p.sure }) {
		return false // nothing can be spelt in another way
	}
	t.wide = true
	if len(s.textParts(t)) != len(s.parts) {
		t.wide = false
		return false
	}
	t.steps = append(t.steps, Step{Code: StepSpelling, From: s.q.Text})
	return true
}

// relaxUnknown drops the words that nobody has.
func (s *search) relaxUnknown(t *attempt) bool {
	dropped := false
	for i, p := range s.textParts(t) {
		if !t.dropped[i] && p.all.empty() {
			t.dropped[i], dropped = true, true
			t.steps = append(t.steps, Step{Code: StepWords, From: p.meaning.Text})
		}
	}
	return dropped
}

func (s *search) relaxWord(i int) relaxation {
	return func(t *attempt) bool {
		if t.dropped[i] || i >= len(s.textParts(t)) {
			return false
		}
		t.dropped[i] = true
		t.steps = append(t.steps, Step{Code: StepWords, From: s.parts[i].meaning.Text})
		return true
	}
}

func relaxRadius(km float64) relaxation {
	return func(t *attempt) bool {
		if t.q.Near == nil || t.q.Near.Km >= km {
			return false
		}
		t.q.Near.Km = km
		t.steps = slices.DeleteFunc(t.steps, func(s Step) bool { return s.Code == StepRadius })
		t.steps = append(t.steps, Step{Code: StepRadius, Km: km})
		return true
	}
}

func relaxStaff(t *attempt) bool {
	if len(t.q.Languages) == 0 || !t.q.ByStaff {
		return false
	}
	t.q.ByStaff = false
	t.steps = append(t.steps, Step{Code: StepInterpreter})
	return true
}

func relaxUnlisted(t *attempt) bool {
	if len(t.q.Languages) == 0 || t.unlisted {
		return false
	}
	t.unlisted = true
	if !slices.ContainsFunc(t.steps, func(s Step) bool { return s.Code == StepInterpreter }) {
		t.steps = append(t.steps, Step{Code: StepInterpreter})
	}
	return true
}

// relaxTerritory takes what lies around: the region of a province, then the
// country.
func relaxTerritory(t *attempt) bool {
	moved := false
	for i, code := range t.q.Territories {
		terr, ok := geo.Lookup(code)
		if !ok || terr.Parent == "" {
			continue
		}
		t.q.Territories[i], moved = terr.Parent, true
		t.steps = append(t.steps, Step{Code: StepTerritory, From: code, To: terr.Parent})
	}
	return moved
}

func relaxNear(t *attempt) bool {
	if t.q.Near == nil || t.without[facetNear] {
		return false
	}
	t.without[facetNear] = true
	t.steps = slices.DeleteFunc(t.steps, func(s Step) bool { return s.Code == StepRadius })
	t.steps = append(t.steps, Step{Code: StepNear})
	if len(t.q.Countries) == 0 {
		if place, ok := geo.Nearest(t.q.Near.Lat, t.q.Near.Lon); ok {
			t.q.Countries = []string{place.Country()}
		}
	}
	return true
}

func relaxFilter(name FacetName) relaxation {
	return func(t *attempt) bool {
		if t.without[name] || !t.q.filtersBy(name) {
			return false
		}
		t.without[name] = true
		t.steps = append(t.steps, Step{Code: StepFilter, Facet: name})
		return true
	}
}

func (q Query) filtersBy(name FacetName) bool {
	switch name {
	case FacetTerritory:
		return len(q.Territories) > 0
	case FacetHelp:
		return len(q.Helps) > 0
	case FacetTarget:
		return len(q.Targets) > 0
	case FacetForm:
		return len(q.Forms) > 0
	case FacetRole:
		return len(q.Roles) > 0
	case FacetLanguage:
		return len(q.Languages) > 0
	}
	return q.wants(name)
}

// relaxCountry keeps nothing but the country and the group.
func relaxCountry(t *attempt) bool {
	t.steps = append(t.steps, Step{Code: StepCountry})
	t.q = Query{Countries: t.q.Countries, Groups: t.q.Groups, Now: t.q.Now, Lang: t.q.Lang, Limit: t.q.Limit, Offset: t.q.Offset}
	for i := range maxWords * 4 {
		t.dropped[i] = true
	}
	return true
}

func (s *search) meanings() []Meaning {
	var list []Meaning
	for _, p := range s.parts {
		m := p.meaning
		if p.place != nil {
			m.ID = p.place.Label(s.q.Lang)
		}
		list = append(list, m)
	}
	return list
}

// authorities adds those named by their whole name, and counts those that
// match apart from the list.
func (s *search) authorities(r *Result) {
	set, ok := s.x.groups[Authority]
	if !ok || contains(s.q.Groups, Authority) {
		return
	}
	for _, d := range s.x.namedIn(s.q.Text) {
		if c := s.q.Countries; len(c) == 0 || contains(c, s.x.entries[d].Country()) {
			h := s.hit(d, 0)
			h.Reasons = append([]Reason{{Code: ReasonNamed}}, h.Reasons...)
			r.Named = append(r.Named, h)
		}
	}
	t := s.tried.clone()
	t.q.Groups = []Group{Authority}
	mark := s.a.mark()
	found := s.meet(s.filters(&t))
	found.and(set)
	r.Authorities = found.count()
	s.a.release(mark)
}

// Helplines are the national helplines of a country that help, best first: who
// answers now before who may, who speaks the language before who has
// interpreters, general lines before those for children. They stand apart from
// every list and are never authorities.
//
// req: DIRECTORY-2
func (x *Index) Helplines(country, lang string, now time.Time) []Hit {
	set, ok := x.countries[country]
	if !ok {
		return nil
	}
	s := &search{x: x, q: Query{Lang: lang, Languages: []string{lang}, Now: now}.tidy(), around: func() string { return "" }}
	var hits []Hit
	support := x.groups[Support]
	for d := range set.each {
		if support == nil || !support.has(d) || !x.entries[d].Service.Helpline {
			continue
		}
		h := s.hit(d, 0)
		h.Score = x.helplineScore(h, lang)
		hits = append(hits, h)
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return b.Score - a.Score })
	return hits
}

// Helpline is the first of Helplines; false: the country has none.
func (x *Index) Helpline(country, lang string, now time.Time) (Hit, bool) {
	if hits := x.Helplines(country, lang, now); len(hits) > 0 {
		return hits[0], true
	}
	return Hit{}, false
}

func (x *Index) helplineScore(h Hit, lang string) int {
	score := 0
	svc := h.Entry.Service
	switch {
	case h.Open.Open:
		score += 400
	case !h.Open.Known:
		score += 200
	}
	if len(svc.Phones) > 0 {
		score += 300
	}
	switch by, ok := svc.speaks(lang); {
	case ok && by == "":
		score += 60
	case ok:
		score += 50
	case svc.Interpreted > 0:
		score += 20
	}
	if children(svc.For) {
		score -= 150
	}
	if h.Open.Always {
		score += 30
	}
	for _, role := range svc.Roles {
		switch role {
		case "national-helpline":
			score += 100
		case "child-line":
			score -= 100
		}
	}
	// The field's own line before a general one.
	if contains(svc.Helps, "identification") || contains(svc.Forms, "sexual-exploitation") {
		score += 40
	}
	return score
}

// children reports whether a service takes only children.
func children(targets []string) bool {
	for _, t := range targets {
		if t != "children" && t != "unaccompanied-minors" && t != "parents" && t != "supporters" && t != "professionals" {
			return false
		}
	}
	return len(targets) > 0
}

// speaks tells by whom a language is spoken: "" staff, "interpreter".
func (s *Service) speaks(lang string) (by string, ok bool) {
	for _, l := range s.Languages {
		if l.Code == lang && l.By == "" {
			return "", true
		}
	}
	for _, l := range s.Languages {
		if l.Code == lang {
			return l.By, true
		}
	}
	return "interpreter", s.AnyLanguage
}
