package app

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"time"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/web"
)

// written is one invented entry of an invented case.
type written struct {
	kind   string
	fields map[string][]string
}

// invented cases of the demo's support organisation: one with a part that another
// agency may read, one with a document, one in which something is overdue.
var inventedCases = []struct {
	ago     time.Duration
	person  ask.Answer
	contact ask.Answer
	entries []written
	share   bool
	papers  bool
}{
	{30 * 24 * time.Hour, ask.Answer{"name": {"Rosa (invented)"}, "pronoun": {"she"}},
		ask.Answer{"channel": {"message"}, "address": {"+30 690 000 0000 (invented)"}, "hours": {"morning"}, "who-may-hear": {"only-the-person"}, "code-word": {"lavender"}, "voicemail": {"no"}},
		[]written{
			{"needs", map[string][]string{"need": {"accommodation", "legal-aid"}, "wishes": {"To work as a cook again (invented)"}, "must-not": {"family-not-told"}}},
			{"own-view", map[string][]string{"feels": {"mostly-safe"}, "own-words": {"Here yes. At the station not. (invented)"}}},
			{"risk", map[string][]string{"level": {"raised"}, "sources": {"community"}, "assessment": {"Was followed once at the station (invented)"}}},
			{"legal", map[string][]string{"words": {"First talk with the lawyer on Tuesday (invented)"}}},
			{"note", map[string][]string{"words": {"Brings the papers next time (invented)"}}},
			{"circumstances", map[string][]string{"circumstances": {"parent-with-children", "debt"}}},
			{"goal", map[string][]string{"words": {"A flat of our own, where my son can sleep alone (invented)"}, "pillar": {"support"}, "day": {"60"}, "steps": {"Rosa looks at two flats, we come along (invented)"}}},
			{"goal", map[string][]string{"words": {"To cook for people again (invented)"}, "pillar": {"inclusion"}, "day": {"120"}}},
			{"goal", map[string][]string{"words": {"To take the bus without fear (invented)"}, "pillar": {"protection"}, "day": {"14"}}},
			{"service", map[string][]string{"need": {"accommodation"}, "standing": {"given"}, "pillar": {"support"}, "provider": {"Lamp House, first floor (invented)"}}},
			{"service", map[string][]string{"need": {"safety-planning"}, "standing": {"accepted"}, "words": {"A way home that is not the station (invented)"}}},
			{"long-care", map[string][]string{"area": {"dental"}, "provider": {"The dentist of the day centre (invented)"}, "day": {"9"}}},
			{"in-kind", map[string][]string{"what": {"transport"}, "amount": {"30 euros"}, "receipt": {"kept"}, "words": {"A month of bus tickets (invented)"}}},
			{"group-offer", map[string][]string{"offer": {"language"}, "standing": {"attending"}, "alias": {"Mara (invented)"}, "words": {"Tuesdays at ten (invented)"}}},
			{"returning", map[string][]string{"wish": {"stay"}}},
			{"redress", map[string][]string{"track": {"legal-aid"}, "standing": {"granted"}, "words": {"With the lawyer of the bar’s list (invented)"}}},
			{"redress", map[string][]string{"track": {"wages"}, "standing": {"preparing"}, "day": {"45"}, "words": {"For nine months in the kitchen (invented)"}}},
			{"survey", map[string][]string{"how": {"later"}, "day": {"90"}}},
		}, true, false},
	{12 * 24 * time.Hour, ask.Answer{"name": {"Amir (invented)"}, "pronoun": {"he"}},
		ask.Answer{"channel": {"in-person", "trusted-person"}, "trusted": {"The cook of the day centre (invented)"}, "voicemail": {"no"}},
		[]written{
			{"languages", map[string][]string{"language": {"ar"}, "interpreter": {"not-from-community"}}},
			{"service", map[string][]string{"need": {"health-care"}, "standing": {"accepted"}, "words": {"Dentist, through the day centre (invented)"}}},
		}, false, true},
	{50 * 24 * time.Hour, ask.Answer{"name": {"Lin (invented)"}},
		ask.Answer{"channel": {"phone"}, "hours": {"evening"}, "code-word": {"library"}, "voicemail": {"neutral"}},
		[]written{
			{"task", map[string][]string{"words": {"Ask for the residence paper (invented)"}, "day": {"-3"}}},
			{"flag", map[string][]string{"words": {"The offer of the flat ends (invented)"}, "day": {"1"}}},
			{"appointment", map[string][]string{"words": {"Talk about the safety plan (invented)"}, "when": {"+2"}, "place": {"Day centre (invented)"}}},
		}, false, false},
}

// cases are the invented cases of the support organisation's caseworker.
func (d *demoSeed) cases() error {
	defer d.at(0)
	mira, last := d.viewers["mira"], ""
	for i, c := range inventedCases {
		d.at(-c.ago)
		caseID, err := d.a.Cases.New(d.ctx, mira, casework.Beginning{Answers: map[string]ask.Answer{"person": c.person, "contact": c.contact}})
		if err != nil {
			return fmt.Errorf("case %d: %w", i+1, err)
		}
		for n, e := range c.entries {
			d.at(-c.ago + time.Duration(n+1)*20*time.Minute)
			if _, err := d.a.Cases.Save(d.ctx, mira, caseID, casework.Typed{Kind: e.kind, Posted: d.days(e.fields)}); err != nil {
				return fmt.Errorf("case %d, %s: %w", i+1, e.kind, err)
			}
		}
		if err := d.around(mira, caseID, c.share, c.papers); err != nil {
			return fmt.Errorf("case %d: %w", i+1, err)
		}
		last = caseID
	}
	if err := d.inDanger(last); err != nil {
		return err
	}
	if err := d.exception(mira, last); err != nil {
		return err
	}
	return d.teamwork(mira)
}

// days turns days counted from the start of the demo into dates.
func (d *demoSeed) days(fields map[string][]string) map[string][]string {
	out := map[string][]string{}
	for name, values := range fields {
		out[name] = values
		for format, field := range map[string]string{time.DateOnly: "day", "2006-01-02T15:04": "when"} {
			var n int
			if _, err := fmt.Sscan(values[0], &n); name == field && err == nil {
				out[name] = []string{d.base.AddDate(0, 0, n).Truncate(time.Hour).Format(format)}
			}
		}
	}
	return out
}

func (d *demoSeed) around(mira *web.Viewer, caseID string, share, papers bool) error {
	if share {
		if err := d.ledger(mira, caseID); err != nil {
			return err
		}
		if err := d.toldOnce(mira, caseID); err != nil {
			return err
		}
		if err := d.ownCard(mira, caseID); err != nil {
			return err
		}
		return d.talks(mira, caseID)
	}
	if !papers {
		return nil
	}
	picture, err := inventedPaper()
	if err != nil {
		return err
	}
	_, err = d.a.Cases.Keep(d.ctx, mira, caseID, casework.Upload{Name: "card.png", Body: picture, Part: casework.Identity, Words: "Card of the day centre (invented)", Plain: true})
	return err
}

// inventedPaper is a picture of lines, as of a card.
func inventedPaper() ([]byte, error) {
	img := image.NewRGBA(image.Rect(0, 0, 480, 300))
	for y := range 300 {
		for x := range 480 {
			shade := color.RGBA{0xfb, 0xf9, 0xf6, 0xff}
			if y%36 > 28 && x > 40 && x < 440-y/2 {
				shade = color.RGBA{0x56, 0x60, 0x7a, 0xff}
			}
			img.Set(x, y, shade)
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}
