package directory

import (
	"time"

	"amelie/internal/geo"
)

// hit describes a document: how far, how open, and why it stands here.
func (s *search) hit(d uint32, score int) Hit {
	e := s.x.entries[d]
	h := Hit{Entry: e, Score: score, Metres: -1, Open: e.state(s.q.Now)}
	if lat, lon, ok := s.point(); ok {
		h.Metres, h.Relevant = e.distance(lat, lon)
	}
	add := func(r Reason) { h.Reasons = append(h.Reasons, r) }
	s.textReasons(d, add)
	s.conceptReasons(e, add)
	s.placeReasons(e, h, add)
	s.languageReasons(e, add)
	s.answerReasons(e, h, add)
	verifiedReason(e, s.q.Now, add)
	return h
}

// state is whether anybody of the entry answers at a moment: of several
// places, the best of them.
func (e Entry) state(now time.Time) OpenState {
	if now.IsZero() {
		return OpenState{}
	}
	var best OpenState
	for _, h := range e.Hours() {
		st := h.State(now, e.Country())
		switch {
		case st.Open:
			return st
		case !best.Known && st.Known, best.Next.IsZero(), !st.Next.IsZero() && st.Next.Before(best.Next):
			best = st
		}
	}
	return best
}

// distance is in metres to the nearest place of the entry, with its ID;
// negative: it has none.
func (e Entry) distance(lat, lon float64) (metres float64, place string) {
	metres = -1
	for _, p := range e.Service.Places {
		if p.Lat == 0 && p.Lon == 0 {
			continue
		}
		if m := geo.Distance(lat, lon, p.Lat, p.Lon); metres < 0 || m < metres {
			metres, place = m, p.ID
		}
	}
	return metres, place
}

// textReasons: the body is named, or has a word of the text that is nothing
// better than a word.
func (s *search) textReasons(d uint32, add func(Reason)) {
	if s.tried == nil {
		return
	}
	for i, p := range s.parts {
		if s.tried.dropped[i] || p.place != nil || p.area != "" || p.language != "" || p.meaning.Kind == MeansFilter {
			continue
		}
		switch level := p.levelOf(d); {
		case level == levelName && len(p.concepts) == 0 && p.meaning.Kind != MeansSpelling:
			add(Reason{Code: ReasonNamed, Word: p.meaning.Text})
		case level >= 0 && len(p.concepts) == 0 && p.meaning.Kind != MeansSpelling:
			add(Reason{Code: ReasonWord, Word: p.meaning.Text})
		}
	}
}

// conceptReasons: what was asked for, by filter or in words, and is given.
func (s *search) conceptReasons(e Entry, add func(Reason)) {
	asked := map[conceptKey]bool{}
	for _, id := range s.q.Helps {
		asked[conceptKey{"help", id}] = true
	}
	for _, id := range s.q.Targets {
		asked[conceptKey{"target", id}] = true
	}
	for _, id := range s.q.Forms {
		asked[conceptKey{"form", id}] = true
	}
	for _, p := range s.parts {
		for _, k := range p.concepts {
			asked[k] = true
		}
	}
	give := func(scheme string, ids []string, code ReasonCode) {
		for _, id := range ids {
			for _, up := range s.x.vocab.up(scheme, id) {
				if k := (conceptKey{scheme, up}); asked[k] {
					add(Reason{Code: code, Concept: up, Scheme: scheme})
					delete(asked, k)
				}
			}
		}
	}
	give("help", e.Service.Helps, ReasonHelps)
	give("target", e.Service.For, ReasonTakes)
	give("form", e.Service.Forms, ReasonHelps)
}

func (s *search) placeReasons(e Entry, h Hit, add func(Reason)) {
	if h.Metres >= 0 {
		add(Reason{Code: ReasonDistance, Metres: h.Metres, Place: s.placeName()})
	}
	area := e.Service.Area
	if len(area) == 0 {
		area = []string{e.Country()}
	}
	code := bestArea(area, s.wanted())
	if code == "" {
		return
	}
	if geo.Country(code) == code {
		add(Reason{Code: ReasonCountryWide, Territory: code})
	} else {
		r := Reason{Code: ReasonCovers, Territory: code}
		if s.wanted() == "" {
			r.Count = len(area) - 1 // nothing says which of them matters
		}
		add(r)
	}
}

// placeName is the name of the place that distances are measured from; empty:
// the position on the device.
func (s *search) placeName() string {
	if n := s.q.Near; n != nil {
		return n.Place
	}
	for _, p := range s.parts {
		if p.place != nil {
			return p.place.Label(s.q.Lang)
		}
	}
	return ""
}

// wanted is the territory that the query is about; empty: none.
func (s *search) wanted() string {
	if len(s.q.Territories) > 0 {
		return s.q.Territories[0]
	}
	for _, p := range s.parts {
		if p.area != "" {
			return p.area
		}
	}
	return s.around()
}

// bestArea is the smallest of the areas that has to do with the territory
// wanted; without a wish, the first.
func bestArea(area []string, wanted string) string {
	best, depth := "", 0
	for _, code := range area {
		if wanted != "" && !geo.Touches([]string{code}, wanted) {
			continue
		}
		if n := len(geo.Ancestors(code)); n > depth {
			best, depth = code, n
		}
		if wanted == "" && best != "" {
			break
		}
	}
	return best
}

func (s *search) languageReasons(e Entry, add func(Reason)) {
	var asked []string
	asked = append(asked, s.q.Languages...)
	for _, p := range s.parts {
		if p.language != "" && !contains(asked, p.language) {
			asked = append(asked, p.language)
		}
	}
	for _, lang := range asked {
		by, ok := e.Service.speaks(lang)
		switch {
		case ok && by == "":
			add(Reason{Code: ReasonSpeaks, Language: lang})
		case ok:
			add(Reason{Code: ReasonInterpreter, Language: lang})
		case e.Service.Interpreted > 0:
			add(Reason{Code: ReasonInterpreted, Language: lang, Count: e.Service.Interpreted})
		}
	}
}

func (s *search) answerReasons(e Entry, h Hit, add func(Reason)) {
	switch {
	case h.Open.Always:
		add(Reason{Code: ReasonAlways})
	case h.Open.Open:
		add(Reason{Code: ReasonOpen, At: h.Open.Until})
	case h.Open.Known && !h.Open.Next.IsZero():
		add(Reason{Code: ReasonOpens, At: h.Open.Next})
	}
	svc := e.Service
	for _, a := range []struct {
		answer Answer
		asked  bool
		code   ReasonCode
	}{
		{svc.Free, s.q.Free, ReasonFree},
		{svc.DirectReferral, s.q.DirectReferral, ReasonReferral},
		{svc.Residence, s.q.WithoutPapers, ReasonWithoutPapers},
		{svc.Anonymous, s.q.Anonymous, ReasonAnonymous},
	} {
		if a.asked && a.answer == Yes {
			add(Reason{Code: a.code})
		}
	}
}

// verifiedReason tells how fresh the entry is.
func verifiedReason(e Entry, now time.Time, add func(Reason)) {
	date := e.Verified()
	if date == "" {
		add(Reason{Code: ReasonUnverified, Date: e.Organization.Source.Date})
		return
	}
	r := Reason{Code: ReasonVerified, Date: date}
	if day, err := time.Parse(time.DateOnly, date); err == nil && !now.IsZero() {
		r.Days = max(0, int(now.Sub(day).Hours()/24))
	}
	add(r)
}
