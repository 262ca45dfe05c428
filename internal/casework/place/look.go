package place

import (
	"context"
	"encoding/json"
	"slices"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// Few is the smallest count of results that is shown as it is.
const Few = 5

// Overview is what a member sees of places.
type Overview struct {
	Country string
	Houses  bool // the own agency publishes places
	Own     []Pool
	Sums    []Sum
	Reached []Reached
	Results []Result // for the coordinator
	Year    string
}

// Reached is a request that was put to the own agency. Need is empty while the key
// is locked, and once its part is over.
type Reached struct {
	Request
	Mine Candidate
	From string // who asks
	Need ask.Answer
	Said []Said // with the asking side, where the request is opened by itself
}

// Result is how often something came of requests; Fewer: fewer than Few.
type Result struct {
	Code  string
	N     int
	Fewer bool
}

// Look is the page of places. Errors: fault.NotFound for who has none.
func (s *Service) Look(ctx context.Context, v *web.Viewer) (out Overview, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = Overview{}
		err := s.places(tx, v, "places.counts")
		if err != nil {
			return err
		}
		if out.Country, err = s.country(tx, v); err != nil {
			return err
		}
		all, err := pools(tx, poolsFreeStmt, out.Country, clock.Millis(s.Now()))
		if err != nil {
			return err
		}
		out.Sums = Summed(all, v.AgencyID)
		if out.Houses = s.places(tx, v, "places.publish") == nil; out.Houses {
			if err := s.house(tx, v, &out); err != nil {
				return err
			}
		}
		if s.places(tx, v, "places.results") != nil {
			return nil
		}
		return s.results(tx, &out)
	})
	if err == nil && slices.ContainsFunc(out.Reached, func(r Reached) bool { return r.Need != nil }) {
		err = s.noteRead(ctx, v, "agency/"+v.AgencyID)
	}
	return out, err
}

// noteRead leaves a leaf in the log that what projects were asked for was opened,
// once an hour for each member.
//
// req: PLACE-7
func (s *Service) noteRead(ctx context.Context, v *web.Viewer, object string) error {
	now := s.Now()
	mark := object + "/" + v.UserID + "/" + now.UTC().Format("2006010215")
	noted := false
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) { noted, err = db.Seen(tx, onceRead, mark); return err })
	if err != nil || noted {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if first, err := db.Once(tx, onceRead, mark, now); err != nil || !first {
			return err
		}
		return s.record(tx, v, "read", object)
	})
}

// onceRead is where db.Once keeps who has opened what in which hour.
const onceRead = "place.read"

// house is what an agency that publishes sees besides.
func (s *Service) house(tx *db.Tx, v *web.Viewer, out *Overview) (err error) {
	if out.Own, err = pools(tx, poolsOfStmt, v.AgencyID); err != nil {
		return err
	}
	var ids []string
	err = tx.Each(reachedStmt, func(scan func(...any) error) error {
		var one string
		err := scan(&one)
		ids = append(ids, one)
		return err
	}, v.AgencyID, clock.Millis(s.Now().AddDate(0, 0, -7)))
	for _, one := range ids {
		if err != nil {
			return err
		}
		var r Reached
		if r, err = s.reachedOf(tx, v, one, "placerequest.know"); err == nil || fault.KindOf(err) == fault.NotFound {
			out.Reached, err = append(out.Reached, r), nil
		}
	}
	return err
}

// reachedOf shows a request to an agency that was asked. What is over is there with
// how it ended alone, and fault.NotFound.
func (s *Service) reachedOf(tx *db.Tx, v *web.Viewer, requestID, action string) (out Reached, err error) {
	r, err := s.reached(tx, v, requestID, action)
	c := r.Candidate(v.AgencyID)
	if c == nil {
		return out, errNotFound
	}
	out.Request, out.Mine = r.Request, *c
	out.Candidates, out.CaseID, out.UserID = nil, "", "" // no project learns of another, or of the case
	if err != nil {
		return out, err
	}
	if out.From, err = s.Agencies.Name(tx, r.AgencyID); err != nil || v.Key == nil {
		return out, err
	}
	out.Need, err = s.opened(tx, v, r)
	return out, err
}

// One opens a request that reached the viewer's agency, and the agency's places.
func (s *Service) One(ctx context.Context, v *web.Viewer, requestID string) (r Reached, own []Pool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if r, err = s.reachedOf(tx, v, requestID, "placerequest.answer"); err != nil {
			return err
		}
		if r.Said, err = s.saidTo(tx, v, stored{Request: r.Request}); err != nil {
			return err
		}
		own, err = pools(tx, poolsOfStmt, v.AgencyID)
		return err
	})
	if err == nil && r.Need != nil {
		err = s.noteRead(ctx, v, "request/"+requestID)
	}
	return r, own, err
}

// Waiting is how many requests wait for an answer of the viewer's agency.
func (s *Service) Waiting(ctx context.Context, v *web.Viewer) (n int, err error) {
	if v == nil || v.AgencyID == "" || !v.Is("caseworker") && !v.Is("lead") {
		return 0, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(waitingStmt, v.AgencyID).Scan(&n) })
	return n, err
}

// Ended is how often requests ended so in a month, by country.
type Ended struct {
	Month, Code string
	N           int64
}

// Endings are how requests of a country ended in the months before one, by code and
// then month, as far as it may be told: what is small is carried on to a later
// month.
//
// req: PLACE-1
func Endings(tx *db.Tx, country, before string) ([]Ended, error) {
	list, err := db.All(tx, resultsStmt, func(scan func(...any) error) (e Ended, err error) {
		return e, scan(&e.Month, &e.Code, &e.N)
	}, country, before)
	for from := 0; from < len(list); {
		to := from
		var counts []int64
		for ; to < len(list) && list[to].Code == list[from].Code; to++ {
			counts = append(counts, list[to].N)
		}
		for i, n := range casework.Released(Few, counts) {
			list[from+i].N = n
		}
		from = to
	}
	return list, err
}

// results are those of the months of the year that are over.
//
// req: PLACE-1
func (s *Service) results(tx *db.Tx, out *Overview) error {
	now := s.Now().UTC()
	out.Year = now.Format("2006")
	list, err := Endings(tx, out.Country, now.Format("2006-01"))
	for _, e := range list {
		if e.Month < out.Year {
			continue
		}
		if n := len(out.Results); n == 0 || out.Results[n-1].Code != e.Code {
			out.Results = append(out.Results, Result{Code: e.Code})
		}
		last := &out.Results[len(out.Results)-1]
		last.N += int(e.N)
		last.Fewer = last.N == 0
	}
	return err
}

// Side is a request as the asking side sees it.
type Side struct {
	Request
	Need           ask.Answer
	Regions, Never []string
	Names          map[string]string // of the project that the person goes to
	Pools          map[string]Pool   // of offers
	Said           [][]Said          // with each project that asked back
}

// Requests are those of a case, the newest first.
func (s *Service) Requests(ctx context.Context, v *web.Viewer, caseID string) (in casework.Inside, out []Side, err error) {
	err = s.Cases.Read(ctx, v, caseID, "case.open", []casework.Part{casework.Services}, func(tx *db.Tx, inside casework.Inside) error {
		in, out = inside, nil
		if !in.Own || in.Keys == nil {
			return errNotFound
		}
		list, err := requestsOf(tx, caseID)
		for _, r := range list {
			if err != nil {
				return err
			}
			var one Side
			if one, err = s.side(tx, r, in.Keys); err == nil {
				var said []Said
				said, err = s.saidTo(tx, v, r)
				one.Said = byProject(said)
			}
			out = append(out, one)
		}
		return err
	})
	return in, out, err
}

// side opens a request for the asking side. The name of a project is told once the
// person said yes to it, not before.
//
// req: PLACE-1
func (s *Service) side(tx *db.Tx, r stored, keys *casework.Keys) (Side, error) {
	out := Side{Request: r.Request, Names: map[string]string{}, Pools: map[string]Pool{}}
	plain, err := keys.Open(casework.Services, r.epoch, r.own, ownPlace(r.ID))
	if err != nil {
		return out, fault.Wrap(err, "open request", r.ID)
	}
	var k kept
	if err := json.Unmarshal(plain, &k); err != nil {
		return out, fault.Wrap(err, "read request", r.ID)
	}
	out.Need, out.Regions, out.Never = k.Need, k.Regions, k.Never
	for _, c := range r.Candidates {
		if c.Pool != "" {
			if p, err := poolOf(tx, c.AgencyID, c.Pool); err == nil {
				out.Pools[c.Pool] = p
			}
		}
		if c.Standing == Promised || c.Standing == Here {
			if out.Names[c.AgencyID], err = s.Agencies.Name(tx, c.AgencyID); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// export is what is kept of the person's moves, in the export of the file.
func (s *Service) export(ctx context.Context, v *web.Viewer, o *casework.Opened) (any, error) {
	_, list, err := s.Requests(ctx, v, o.ID)
	out := []map[string]any{}
	for _, r := range list {
		out = append(out, map[string]any{"asked": r.Made, "state": r.State, "since": r.StateAt, "beds": r.Beds, "need": r.Need, "regions": r.Regions, "never": r.Never, "said": r.Said})
	}
	return out, err
}
