package app

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"amelie/internal/ask"
	"amelie/internal/casework"
	"amelie/internal/casework/share"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/referral"
	"amelie/internal/screen/instrument"
	"amelie/internal/web"
)

// told is what a received referral says, in the kinds of a case: what was told
// once is taken over as it is.
func (a *App) told(ctx context.Context, v *web.Viewer, referralID string) (map[string]ask.Answer, error) {
	s, err := a.Referrals.Look(ctx, v, referralID)
	if err != nil {
		return nil, err
	}
	if !takenOver(s) {
		return nil, fault.New(fault.Conflict, "casework.error.state")
	}
	said := s.Packet.Answers()
	out := map[string]ask.Answer{
		"person":     {"name": said["name"]["name"], "birth": a.ageIn(v.Lang, said)},
		"deciding":   {"capacity": decides(said)},
		"contact":    {"channel": channels(said["contact"]["contact"]), "address": said["reach"]["address"], "hours": said["reach"]["hours"], "who-may-hear": said["reach"]["who-may-hear"], "code-word": said["reach"]["code-word"], "times": said["reach"]["note"]},
		"languages":  {"language": said["language"]["language"], "other": said["language"]["other"], "interpreter": said["interpreter"]["interpreter"]},
		"needs":      {"need": said["need"]["need"], "wants": said["wants"]["wants"], "wishes": said["wants"]["words"], "must-not": said["must-not"]["must-not"], "must-not-words": said["must-not"]["words"]},
		"dependants": said["dependants"],
		"health":     said["health"],
		"note":       {"words": said["notes"]["notes"]},
	}
	if out["observed"], err = a.observed(ctx, said); err != nil {
		return nil, err
	}
	if out["person"].One("name") == "" { // no name was shared: the short name stands in
		out["person"]["name"] = []string{s.Code()}
	}
	for kind, answer := range out {
		for field, values := range answer {
			if len(values) == 0 {
				delete(answer, field)
			}
		}
		if len(answer) == 0 {
			delete(out, kind)
		}
	}
	return out, nil
}

// decides says of a child that others decide too, so that the ledger knows it from the
// first day. Of a grown person it says nothing: what the stages come to say later
// must count, and whether somebody decides alone is not told by an age.
//
// req: SHARE-4
func decides(said referral.Answers) []string {
	if !said.Child() {
		return nil
	}
	return []string{string(share.Child)}
}

// ageIn is the age that was told, in words: a referral knows no date of birth.
func (a *App) ageIn(lang string, said referral.Answers) []string {
	band := said["age"].One("age")
	if band == "" || band == ask.NotKnown || band == ask.NotSaid {
		return nil
	}
	return []string{a.Texts.T(lang, "referral.option.age."+band)}
}

// observed are the signs that a referral's note carries: the guide writes each as a
// line of its own, in the words of a list and in the sender's language. A line that
// says more, or was changed, stays in the note alone.
func (a *App) observed(ctx context.Context, said referral.Answers) (ask.Answer, error) {
	age := string(instrument.Adult)
	if said.Child() {
		age = string(instrument.Child)
	}
	codes := map[string]string{} // by their words in any language; those of the person's age before others
	for _, lang := range i18n.Languages {
		lists, err := indicators{a}.Lists(ctx, lang)
		if err != nil {
			return nil, err
		}
		for _, l := range lists {
			for _, g := range l.Groups {
				for _, sign := range g.Signs {
					if _, there := codes[sign.Label]; !there || slices.Contains(l.Ages, age) {
						codes[sign.Label] = sign.Value
					}
				}
			}
		}
	}
	var found []string
	for line := range strings.Lines(said["notes"].One("notes")) {
		if code := codes[strings.TrimSpace(line)]; code != "" {
			found = append(found, code)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	return ask.Answer{"signs": found, "noticed-by": {"other-agency"}}, nil
}

// attached are the files that the person let go along, as uploads of a case. Each is
// named by its number: the packet knows no other name.
func (a *App) attached(ctx context.Context, v *web.Viewer, referralID string) (out []casework.Upload, err error) {
	s, err := a.Referrals.Look(ctx, v, referralID)
	if err != nil || !takenOver(s) {
		return nil, err
	}
	for n, f := range s.Packet.Files {
		_, body, err := a.Referrals.OpenFile(ctx, v, referralID, f.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, casework.Upload{Name: fmt.Sprintf("%d.%s", n+1, path.Base(f.Type)), Body: body, Once: f.ID})
	}
	return out, nil
}

// channels are the safe ways of a referral as a case names them. "Through me" was
// a way of the one who sent it.
func channels(said []string) []string {
	return slices.DeleteFunc(slices.Clone(said), func(c string) bool { return c == "through-me" || c == ask.NotSaid })
}

// takenOver says whether a received referral can become a case: its receiver
// accepted it and can open it.
func takenOver(s *referral.Shown) bool {
	return s.Side == referral.Receiver && s.Packet != nil && s.Kind == referral.Referral &&
		slices.Contains([]referral.State{referral.Accepted, referral.Appointment, referral.HandedOver}, s.State)
}

// caseButton leads from a received referral to its case.
func (a *App) caseButton(c *web.Ctx, s *referral.Shown) web.M {
	if !takenOver(s) || !c.Viewer.Is("caseworker") && !c.Viewer.Is("lead") {
		return nil
	}
	return web.M{"action": c.Path("/case-from/" + s.ID), "label": c.T("casework.from-referral")}
}
