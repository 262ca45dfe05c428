package referral

import (
	"context"
	"slices"
	"strings"
	"time"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/fault"
	"amelie/internal/policy"
	"amelie/internal/web"
)

// Why people are turned away, as counts: month in which a service was asked,
// country of the asking agency, region asked for, help wanted, and the answer.
// A count is made in the transaction of the answer, from codes, and points to
// nothing: no enquiry, no agency, no service, no member of staff, no day. It
// therefore needs no deletion when the enquiry goes. An enquiry for two kinds
// of help counts in both.

// AnswerCodes are the answers that are counted, besides "asked". What was asked
// and never answered is the difference.
var AnswerCodes = append([]string{"offered"}, DeclineReasons...)

// Few is the smallest count that is shown as it is.
const Few = 5

// cell is one place to count in.
type cell struct{ month, country, region, help string }

// cellsOf are the cells of an enquiry that was asked at a time.
func cellsOf(a Answers, country string, asked time.Time) []cell {
	region := a[stepRegion].One(stepRegion)
	if !slices.Contains(regionOptions, region) || region == NotSaid || region == "" {
		region = NotKnown
	}
	var out []cell
	for _, help := range a["need"]["need"] {
		if slices.Contains(HelpWanted, help) {
			out = append(out, cell{asked.UTC().Format("2006-01"), country, region, help})
		}
	}
	if len(out) == 0 {
		out = []cell{{asked.UTC().Format("2006-01"), country, region, NotKnown}}
	}
	return out
}

// count adds to cells.
//
// req: COUNT-1
func count(tx *db.Tx, cells []cell, answer string, n int64) error {
	for _, c := range cells {
		if _, err := tx.Exec(turnedStmt, c.month, c.country, c.region, c.help, answer, n); err != nil {
			return err
		}
	}
	return nil
}

// Shown counts.

// Share is one count as it may be shown: a number of at least Few, or "fewer".
type Share struct {
	N     int64
	Fewer bool // fewer than Few, also when it is none
	More  bool // a sum of what is shown: the true one may be higher
}

// TurnedRow is one kind of help in one region.
type TurnedRow struct {
	Region, Help             string
	Asked, Offered, NoAnswer Share
	Reasons                  map[string]Share
}

// Turned is a month of a country.
type Turned struct {
	Month, Country string
	Rows           []TurnedRow
}

// share hides what is small. None is hidden like few: that nobody was turned
// away is told no sooner than that somebody was.
//
// req: COUNT-2
func share(n int64) Share {
	if n < Few {
		return Share{Fewer: true}
	}
	return Share{N: n}
}

// protect makes a row of raw counts by answer. When any part is hidden, the sum
// is the sum of the parts that are shown, so that no difference gives a hidden
// one away. ok is false when nothing of the row can be shown.
//
// req: COUNT-2
func protect(region, help string, raw map[string]int64) (row TurnedRow, ok bool) {
	row = TurnedRow{Region: region, Help: help, Reasons: map[string]Share{}}
	rest := raw["asked"]
	var sum int64
	hidden := false
	add := func(n int64) Share {
		one := share(n)
		hidden, ok = hidden || one.Fewer, ok || !one.Fewer
		sum += one.N
		return one
	}
	for _, code := range AnswerCodes {
		rest -= raw[code]
		one := add(raw[code])
		if code == "offered" {
			row.Offered = one
		} else {
			row.Reasons[code] = one
		}
	}
	row.NoAnswer = add(max(rest, 0))
	row.Asked = Share{N: sum, More: hidden}
	return row, ok
}

// Months lists what can be shown: months that are over, so that nobody can
// watch a count grow from one day to the next.
//
// req: COUNT-2
func (s *Service) Months(ctx context.Context, v *web.Viewer) (out []Turned, err error) {
	if err := s.requireCounts(v); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out = nil
		return tx.Each(turnedMonthsStmt, func(scan func(...any) error) error {
			var t Turned
			err := scan(&t.Month, &t.Country)
			out = append(out, t)
			return err
		}, s.Now().UTC().Format("2006-01"))
	})
	return out, err
}

// TurnedAway is a month of a country as it may be shown.
// Errors: fault.NotFound for a month that is not over.
func (s *Service) TurnedAway(ctx context.Context, v *web.Viewer, month, country string) (*Turned, error) {
	if err := s.requireCounts(v); err != nil {
		return nil, err
	}
	if _, err := time.Parse("2006-01", month); err != nil || month >= s.Now().UTC().Format("2006-01") {
		return nil, notFound()
	}
	raw := map[[2]string]map[string]int64{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		clear(raw)
		return tx.Each(turnedOfStmt, func(scan func(...any) error) error {
			var region, help, answer string
			var n int64
			err := scan(&region, &help, &answer, &n)
			key := [2]string{region, help}
			if raw[key] == nil {
				raw[key] = map[string]int64{}
			}
			raw[key][answer] += n
			return err
		}, month, country)
	})
	if err != nil {
		return nil, err
	}
	out := &Turned{Month: month, Country: country}
	for key, counts := range raw {
		if row, ok := protect(key[0], key[1], counts); ok {
			out.Rows = append(out.Rows, row)
		}
	}
	slices.SortFunc(out.Rows, func(a, b TurnedRow) int {
		if c := strings.Compare(a.Region, b.Region); c != 0 {
			return c
		}
		return strings.Compare(a.Help, b.Help)
	})
	return out, nil
}

func (s *Service) requireCounts(v *web.Viewer) error {
	if v == nil {
		return fault.New(fault.SignIn, "web.error.sign-in")
	}
	return s.Policy.Require(v.Actor(), "counts.read", policy.Object{Type: "Counts", ID: "turned-away"})
}

// answered counts the first decision of a desk: an offer or a refusal.
func (s *Service) answered(tx *db.Tx, r stored, a Action, code string, packet *Packet) error {
	if r.Kind != Enquiry || r.State != Received || packet == nil {
		return nil
	}
	switch a {
	case Accept:
		code = "offered"
	case Decline:
	default:
		return nil
	}
	country, err := s.Agencies.Country(tx, r.FromAgency)
	if err != nil {
		return err
	}
	return count(tx, cellsOf(packet.Answers(), country, clock.Time(clock.Millis(r.SentAt))), code, 1)
}

// InventCounts adds counts that nobody made, for a demo.
func InventCounts(tx *db.Tx, month, country, region, help, answer string, n int64) error {
	return count(tx, []cell{{month, country, region, help}}, answer, n)
}
