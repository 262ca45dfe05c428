package stage

import (
	"cmp"
	"context"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/db"
	"amelie/internal/web"
)

// A case that goes on at another agency. In the same country it stands where it
// stood. In another one it begins anew: its stages, deciders and periods are that
// country's, and what happened before stays readable as one entry.

// Earlier is the kind of entry that says what happened in a country where the case
// was before.
const Earlier = "stage-earlier"

// earlierOf is that kind: what is known of the standing, and the way, each step
// as "day stage by outcome" in codes.
func earlierOf(standing casework.Kind) casework.Kind {
	k := casework.Kind{ID: Earlier, Room: Room, Part: casework.Legal, Own: true, Say: standing.Say}
	for _, f := range standing.Fields {
		if f.Name != "referral" && f.Name != "counted" {
			k.Fields = append(k.Fields, f)
		}
	}
	k.Fields = append(k.Fields, ask.Field{Name: "path", Kind: ask.Tick}, ask.Field{Name: "words", Kind: ask.Long, Max: 8000})
	return k
}

// stepCode is a step as one value of the field "path".
func stepCode(e casework.Entry) string {
	f := e.Fields
	return strings.Join([]string{f.One("day"), f.One("stage"), cmp.Or(f.One("by"), "-"), cmp.Or(f.One("outcome"), "-")}, " ")
}

// sayStep is that value in the reader's language.
func sayStep(c *web.Ctx, law Law, code string) string {
	f := strings.Fields(code)
	if len(f) != 4 {
		return code
	}
	said := c.Day(f[0]) + ": " + law.Name(c.Lang, f[1])
	if f[2] != "-" && f[2] != ask.NotKnown {
		said += " (" + cmp.Or(name(c, law, "by", f[2]), f[2]) + ")"
	}
	if f[3] != "-" {
		said += ", " + c.T("stage.option.outcome."+f[3])
	}
	return said
}

// leaves is what a file of the viewer's agency takes over of the stages.
//
// req: PASS-6
func (s *Service) leaves(ctx context.Context, v *web.Viewer, o *casework.Opened) (out []casework.Taken, settle func(*db.Tx, casework.Row) error, err error) {
	var there, here string
	err = s.Cases.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if there, err = s.Country(tx, o.AgencyID); err == nil {
			here, err = s.Country(tx, v.AgencyID)
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	known, isKnown := o.Latest(Standing)
	steps := stepsOf(o)
	was := read(s.Law, known.Fields, steps, there)
	for _, e := range o.Of(Earlier) {
		out = append(out, casework.TakenOf(e))
	}
	if !isKnown && len(steps) == 0 {
		return out, nil, nil
	}
	next := was
	if was.Country == here {
		for _, e := range append(o.Of(Standing), steps...) {
			out = append(out, casework.TakenOf(e))
		}
	} else {
		anew := ask.Answer{"country": {here}}
		if was.Age != "" { // a child stays a child
			anew["age"] = known.Fields["age"]
		}
		now := casework.Taken{Kind: Standing, Part: casework.Legal, Content: casework.Content{Version: casework.ContentVersion, Fields: anew}}
		out = append(out, s.earlier(was, known, steps), now)
		next = read(s.Law, anew, nil, here)
	}
	return out, func(tx *db.Tx, row casework.Row) error { return s.settle(tx, row, next) }, nil
}

// earlier is the entry that keeps what happened in another country.
func (s *Service) earlier(was State, known casework.Entry, steps []casework.Entry) casework.Taken {
	a := ask.Answer{}
	for _, f := range s.before.Fields {
		if values := known.Fields[f.Name]; len(values) > 0 {
			a[f.Name] = values
		}
	}
	a["country"] = []string{was.Country}
	last := known
	for _, e := range steps {
		a["path"] = append(a["path"], stepCode(e))
		if w := e.Fields.One("words"); w != "" {
			a["words"] = []string{strings.TrimSpace(a.One("words") + "\n" + e.Fields.One("day") + ": " + w)}
		}
		if e.Changed.After(last.Changed) {
			last = e
		}
	}
	t := casework.TakenOf(last)
	t.Kind, t.Part, t.Fields, t.Version = Earlier, casework.Legal, a, casework.ContentVersion
	return t
}
