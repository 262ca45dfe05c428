package app

import (
	"fmt"
	"time"

	"amelie/internal/db"
	"amelie/internal/referral"
)

// enquiries puts one anonymous question to three invented services, of which
// one offers a place and one cannot; and invents the counts of two months.
func (d *demoSeed) enquiries() error {
	d.at(-45 * time.Minute)
	midwife := d.viewers["midwife"]
	id, err := d.begin("midwife", "", map[string]referral.Answer{
		"setting": one("setting", referral.AskFirst), "need": {"need": {"accommodation", "counselling"}}, "urgency": one("urgency", "today"), "age": one("age", "16-17"),
		"dependants": {"dependants": {"baby"}}, "language": one("language", "ro"), "region": one("region", "GR-B"), "remark": one("remark", "A ground floor would help (invented)")})
	if err != nil {
		return err
	}
	if err := d.a.Referrals.AskThese(d.ctx, referral.AuthorOf(midwife), id, []string{"gr-a21-support", "gr-ekka-197", "gr-hamogelo-home-thessaloniki"}, "Thessaloniki"); err != nil {
		return err
	}
	draft, err := d.a.Referrals.Load(d.ctx, midwife, id)
	if err != nil {
		return err
	}
	round, err := d.a.Referrals.SendEnquiry(d.ctx, midwife, id, "en", draft.Rev)
	if err != nil {
		return err
	}
	asked, err := d.a.Referrals.LookRound(d.ctx, midwife, round)
	if err != nil {
		return err
	}
	for i, x := range []deed{
		{"mira", -30 * time.Minute, referral.Deed{Action: referral.Accept, Hours: 12, Terms: []string{"with-children", "call-first"}, Text: "One room from this evening (invented)"}},
		{"ekka-case", -20 * time.Minute, referral.Deed{Action: referral.Decline, Code: "no-place", Text: "Perhaps again on Monday (invented)"}},
	} {
		d.at(x.after)
		if err := d.act(x, asked.Candidates[i].ID); err != nil {
			return fmt.Errorf("%s: %w", x.by, err)
		}
	}
	return d.counts()
}

// counts are invented counts of the two months before.
func (d *demoSeed) counts() error {
	return d.a.DB.Write(d.ctx, func(tx *db.Tx) error {
		for back := 1; back <= 2; back++ {
			month := time.Date(d.base.Year(), d.base.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -back, 0)
			for _, c := range []struct {
				region, help, answer string
				n                    int64
			}{
				{"GR-I", "accommodation", "asked", 61}, {"GR-I", "accommodation", "offered", 17}, {"GR-I", "accommodation", "no-place", 24}, {"GR-I", "accommodation", "not-our-group", 6}, {"GR-I", "accommodation", "language", 5}, {"GR-I", "accommodation", "other", 2},
				{"GR-B", "accommodation", "asked", 33}, {"GR-B", "accommodation", "offered", 8}, {"GR-B", "accommodation", "no-place", 15}, {"GR-B", "accommodation", "language", 3}, {"GR-B", "accommodation", "not-our-area", 1},
				{"GR-B", "legal-aid", "asked", 14}, {"GR-B", "legal-aid", "offered", 9}, {"GR-B", "legal-aid", "not-our-area", 2},
				{"GR-M", "accommodation", "asked", 4}, {"GR-M", "accommodation", "no-place", 3},
				{"unknown", "psychological-support", "asked", 12}, {"unknown", "psychological-support", "offered", 3}, {"unknown", "psychological-support", "language", 6},
			} {
				if err := referral.InventCounts(tx, month.Format("2006-01"), "GR", c.region, c.help, c.answer, c.n-int64(back)+1); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
