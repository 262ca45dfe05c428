package recall

import (
	"bytes"
	"strconv"
	"time"

	"github.com/emersion/go-ical"
)

// minutes is how long an entry of the calendar is.
const minutes = 5

// calendar is a file (RFC 5545) with the days that are still to come. Whoever
// looks into the calendar reads a neutral line and the address of a page that
// opens nothing; there is no place and no guest.
//
// req: RECALL-5
func (s *Service) calendar(p Plan, lang string, now time.Time) ([]byte, error) {
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropProductID, "-//"+s.Neutral()+"//EN")
	address := s.BaseURL + "/" + lang + again
	for i, day := range Days(p.Since, s.Zone()) {
		if !day.After(now) {
			continue
		}
		e := ical.NewEvent()
		// Taken twice, the entries are the same and not doubled.
		e.Props.SetText(ical.PropUID, s.Study.Secret.Fingerprint("recall calendar", p.Learner+strconv.Itoa(i))[:32])
		e.Props.SetDateTime(ical.PropDateTimeStamp, now.UTC())
		e.Props.SetDateTime(ical.PropDateTimeStart, day.UTC())
		e.Props.SetDateTime(ical.PropDateTimeEnd, day.Add(minutes*time.Minute).UTC())
		e.Props.SetText(ical.PropSummary, s.Texts.T(lang, "recall.mail.subject"))
		e.Props.SetText(ical.PropDescription, address)
		e.Props.SetText(ical.PropClass, "PRIVATE")
		e.Props.SetText(ical.PropTransparency, "TRANSPARENT")
		c.Children = append(c.Children, e.Component)
	}
	var b bytes.Buffer
	err := ical.NewEncoder(&b).Encode(c)
	return b.Bytes(), err
}
