package directory

import (
	"cmp"
	"container/heap"
	"math"
	"slices"

	"amelie/internal/geo"
)

// The weights of the order, in points beside the prior (at most priorMost). The
// text decides first, then what was asked for in other ways.
const (
	pointsText        = 1000 // all parts of the text answered by name
	pointsDistance    = 100  // at the place asked for, falling with distance
	pointsLocal       = 80   // names the territory itself, not just its country
	pointsStaff       = 60   // the language by staff
	pointsInterpreter = 40   // the language by interpreter
	pointsAimed       = 50   // names the target group asked for
	pointsOpen        = 40   // open now
	pointsReader      = 10   // staff speak the reader's language
	pointsHome        = 450  // the reader's country, when the query names none
	pointsNoChildren  = -250 // takes only children, and the query is not about them
)

// boost gives points to the documents of a set.
type boost struct {
	set    docset
	points int
}

// ranking orders what was found.
type ranking struct {
	s      *search
	parts  []*part
	boosts []boost
	most   int // the most that boosts and distance can add
	near   *flat
	home   docset // the reader's country; nil: the query says where
	minors docset // who takes only children; nil: children are asked for
	k      int
	top    topHits
}

// rank gives the page of hits asked for.
func (s *search) rank(found docset) []Hit {
	r := &ranking{s: s, parts: s.kept(), k: s.q.Offset + s.q.Limit}
	r.prepare()
	if len(r.parts) <= 3 && found.count() > 4096 {
		r.byTiers(found)
	} else {
		r.scan(found, -1)
	}
	best := r.top.sorted()
	if s.q.Offset >= len(best) {
		return nil
	}
	best = best[s.q.Offset:min(len(best), s.q.Offset+s.q.Limit)]
	hits := make([]Hit, len(best))
	for i, b := range best {
		hits[i] = s.hit(b.doc, b.score)
	}
	return hits
}

// kept are the parts of the text that were not given up.
func (s *search) kept() []*part {
	var kept []*part
	for i, p := range s.parts {
		if !s.tried.dropped[i] {
			kept = append(kept, p)
		}
	}
	return kept
}

// prepare collects the boosts of the query.
func (r *ranking) prepare() {
	s, x, q := r.s, r.s.x, r.s.tried.q
	add := func(set docset, points int) {
		if set != nil {
			r.boosts = append(r.boosts, boost{set, points})
			r.most += points
		}
	}
	for _, code := range q.Languages {
		add(x.spoken[code], pointsStaff)
		add(x.listed[code], pointsInterpreter)
	}
	if len(q.Languages) > 0 {
		add(x.anyTongue, pointsInterpreter)
	}
	for _, code := range s.q.Territories {
		add(x.local[code], pointsLocal)
	}
	for _, id := range q.Targets {
		add(x.aimed[conceptKey{"target", id}], pointsAimed)
	}
	if !q.Now.IsZero() {
		add(x.open(q.Now), pointsOpen)
	}
	add(x.spoken[q.Lang], pointsReader)
	if q.Home != "" && !s.placed() {
		r.home = x.countries[q.Home]
	}
	if !s.aboutChildren() {
		r.minors = x.onlyChildren
	}
	if lat, lon, ok := s.point(); ok {
		f := flatAt(lat, lon)
		r.near = &f
		r.most += pointsDistance
	}
}

// placed reports whether the query says where to look.
func (s *search) placed() bool {
	if len(s.q.Countries)+len(s.q.Territories) > 0 || s.q.Near != nil {
		return true
	}
	for _, p := range s.parts {
		if p.place != nil || p.area != "" {
			return true
		}
	}
	return false
}

// ofChildren are the concepts that make a query one about children.
var ofChildren = map[conceptKey]bool{
	{"target", "children"}: true, {"target", "unaccompanied-minors"}: true, {"help", "child-protection"}: true,
	{"form", "child-trafficking"}: true, {"form", "illegal-adoption"}: true, {"form", "sexual-abuse"}: true,
	{"role", "child-line"}: true, {"role", "children-home"}: true,
}

func (s *search) aboutChildren() bool {
	for _, list := range [...]struct {
		scheme string
		ids    []string
	}{{"target", s.q.Targets}, {"help", s.q.Helps}, {"form", s.q.Forms}, {"role", s.q.Roles}} {
		for _, id := range list.ids {
			if ofChildren[conceptKey{list.scheme, id}] {
				return true
			}
		}
	}
	for _, p := range s.parts {
		for _, k := range p.concepts {
			if ofChildren[k] {
				return true
			}
		}
	}
	return false
}

// point is where the query looks from: the position asked for, or a place
// named in the text.
func (s *search) point() (lat, lon float64, ok bool) {
	if n := s.q.Near; n != nil {
		return n.Lat, n.Lon, true
	}
	for _, p := range s.parts {
		if p.place != nil {
			return p.place.Lat, p.place.Lon, true
		}
	}
	return 0, 0, false
}

// scan scores the documents in the order of their prior. With text >= 0 all of
// them have these points for the text. It stops when no later one can win.
func (r *ranking) scan(found docset, text int) {
	for d := range found.each {
		points := text
		if text < 0 {
			points = r.textPoints(d) + r.homePoints(d)
		}
		if len(r.top) >= r.k && r.settled(d, text) {
			return
		}
		r.offer(d, points)
	}
}

// settled reports whether no document from d on can enter the top: at best it
// equals the weakest of them, which then has the better number.
func (r *ranking) settled(d uint32, text int) bool {
	if text < 0 {
		text = 0
		if len(r.parts) > 0 {
			text = pointsText
		}
		if r.home != nil {
			text += pointsHome
		}
	}
	best := scored{doc: d, score: int(r.s.x.prior[d]) + r.most + text}
	return !r.top[0].less(best)
}

func (r *ranking) textPoints(d uint32) int {
	if len(r.parts) == 0 {
		return 0
	}
	sum := 0
	for _, p := range r.parts {
		if level := p.levelOf(d); level >= 0 {
			sum += levelPoints[level]
		}
	}
	return sum * pointsText / (100 * len(r.parts))
}

func (r *ranking) homePoints(d uint32) int {
	if r.home != nil && r.home.has(d) {
		return pointsHome
	}
	return 0
}

func (r *ranking) offer(d uint32, text int) {
	score := text + int(r.s.x.prior[d])
	for _, b := range r.boosts {
		if b.set.has(d) {
			score += b.points
		}
	}
	if r.minors != nil && r.minors.has(d) {
		score += pointsNoChildren
	}
	if r.near != nil {
		score += distancePoints(r.s.x.where.nearest(*r.near, d))
	}
	h := scored{doc: d, score: score}
	switch {
	case len(r.top) < r.k:
		heap.Push(&r.top, h)
	case r.top[0].less(h):
		r.top[0] = h
		heap.Fix(&r.top, 0)
	}
}

// distancePoints halve every 30 km; negative metres: nowhere to go, no points.
func distancePoints(metres float64) int {
	if metres < 0 {
		return 0
	}
	return int(pointsDistance * math.Exp2(-metres/30_000))
}

// byTiers visits what was found by how well the text is answered, best first:
// all parts by name, then one part less well, and so on, the reader's country
// apart. A broad query then stops after the first tiers instead of scoring
// everybody.
func (r *ranking) byTiers(found docset) {
	tiers := r.tiers(nil, 0)
	if r.home != nil {
		for _, t := range tiers {
			tiers = append(tiers, tier{t.levels, t.points + pointsHome, true})
		}
	}
	slices.SortStableFunc(tiers, func(a, b tier) int { return b.points - a.points })
	for _, t := range tiers {
		if len(r.top) >= r.k && r.top[0].score > t.points+r.most+priorMost {
			return
		}
		mark := r.s.a.mark()
		set := r.s.a.set()
		set.or(found)
		for i, level := range t.levels {
			set.and(r.parts[i].level[level])
		}
		if t.home {
			set.and(r.home)
		} else if r.home != nil {
			set.without(r.home)
		}
		r.scan(set, t.points)
		r.s.a.release(mark)
	}
}

// tier is one combination of levels, one for each part.
type tier struct {
	levels []int
	points int
	home   bool // of the reader's country
}

func (r *ranking) tiers(chosen []int, sum int) []tier {
	if len(chosen) == len(r.parts) {
		points := 0
		if len(chosen) > 0 {
			points = sum * pointsText / (100 * len(chosen))
		}
		return []tier{{levels: slices.Clone(chosen), points: points}}
	}
	var out []tier
	for level, set := range r.parts[len(chosen)].level {
		if !set.empty() {
			out = append(out, r.tiers(append(chosen, level), sum+levelPoints[level])...)
		}
	}
	return out
}

type scored struct {
	doc   uint32
	score int
}

// less orders by score, equals by document number (the better prior wins).
func (a scored) less(b scored) bool {
	return a.score < b.score || a.score == b.score && a.doc > b.doc
}

// topHits is a heap with the weakest hit on top.
type topHits []scored

func (t topHits) Len() int           { return len(t) }
func (t topHits) Less(i, j int) bool { return t[i].less(t[j]) }
func (t topHits) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *topHits) Push(v any)        { *t = append(*t, v.(scored)) }
func (t *topHits) Pop() any {
	old := *t
	v := old[len(old)-1]
	*t = old[:len(old)-1]
	return v
}

func (t topHits) sorted() []scored {
	slices.SortFunc(t, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc))
	})
	return t
}

// facets counts every value of every filter.
func (s *search) facets(found docset) []Facet {
	filters := s.filters(s.tried)
	var out []Facet
	for _, name := range []FacetName{FacetCountry, FacetTerritory, FacetHelp, FacetTarget, FacetForm, FacetLanguage, FacetRole, FacetGroup} {
		s.base(filters, name, found)
		f := Facet{Name: name}
		for _, v := range s.x.values[name] {
			selected := s.q.selected(name, v.id)
			if !selected && !s.offered(name, v.id) {
				continue
			}
			if n := s.a.pack.count(v.set); n > 0 || selected {
				f.Values = append(f.Values, FacetValue{ID: v.id, Count: n, Selected: selected})
			}
		}
		out = append(out, f)
	}
	for _, name := range flagFacets {
		if name == FacetOpen && s.q.Now.IsZero() {
			continue
		}
		s.base(filters, name, found)
		n := s.a.pack.count(s.flagSet(name))
		if n > 0 || s.q.wants(name) {
			out = append(out, Facet{Name: name, Values: []FacetValue{{ID: "yes", Count: n, Selected: s.q.wants(name)}}})
		}
	}
	return out
}

// base packs who meets everything but the facet itself; packing is skipped
// when it is what was found and that is packed already.
func (s *search) base(filters []filter, name FacetName, found docset) {
	own := false
	for _, f := range filters {
		own = own || f.name == name
	}
	if !own {
		if !s.packedFound {
			s.a.pack.of(found)
			s.packedFound = true
		}
		return
	}
	mark := s.a.mark()
	set := s.a.set()
	set.or(s.x.all)
	for _, f := range filters {
		if f.name != name {
			set.and(f.set)
		}
	}
	s.a.pack.of(set)
	s.packedFound = false
	s.a.release(mark)
}

// offered limits the territories to the regions, and to the parts of what is
// chosen. Without a wish for them, authorities are not offered as a value of
// other facets than their own group.
func (s *search) offered(name FacetName, id string) bool {
	if name != FacetTerritory {
		return true
	}
	t, ok := geo.Lookup(id)
	if !ok || t.Parent == "" {
		return false
	}
	if len(s.q.Countries) > 0 && !contains(s.q.Countries, geo.Country(id)) {
		return false
	}
	if t.Parent == geo.Country(id) {
		return true
	}
	return contains(s.q.Territories, t.Parent) || geo.Touches(s.q.Territories, t.Parent) && len(s.q.Territories) > 0
}

func (q Query) selected(name FacetName, id string) bool {
	switch name {
	case FacetCountry:
		return contains(q.Countries, id)
	case FacetTerritory:
		return contains(q.Territories, id)
	case FacetHelp:
		return contains(q.Helps, id)
	case FacetTarget:
		return contains(q.Targets, id)
	case FacetForm:
		return contains(q.Forms, id)
	case FacetLanguage:
		return contains(q.Languages, id)
	case FacetRole:
		return contains(q.Roles, id)
	case FacetGroup:
		return contains(q.Groups, Group(id))
	}
	return false
}
