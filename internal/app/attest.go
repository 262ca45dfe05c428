package app

import (
	"context"
	"time"

	"amelie/content"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/fault"
	attest "amelie/internal/learn/certificate"
	"amelie/internal/learn/study"
	"amelie/internal/web"
)

// attesting opens the room of certificates.
func (a *App) attesting(ctx context.Context) error {
	points, err := attest.LoadPoints(content.FS)
	if err != nil {
		return err
	}
	made, err := attest.Open(ctx, attest.Config{DB: a.DB, Policy: a.Policy, Key: a.SigningKey, Texts: a.Texts, Now: a.Config.Now, Course: a.Course,
		BaseURL: a.Config.BaseURL, Issuer: a.siteName, Neutral: a.neutralName, Passed: passed})
	a.Attests = &attest.Rooms{Service: made, Points: points, Country: directory.CountryName, MayTry: a.mayTry()}
	return err
}

// passed is what a learner passed last, as certificates need it.
func passed(tx *db.Tx, learner string) (attest.Pass, bool, error) {
	last, ok, err := study.Passed(tx, learner)
	return attest.Pass{Learner: learner, Revision: last.Revision, At: last.Ended}, ok, err
}

// certificate is taken by the demo's midwife, who has passed.
func (d *demoSeed) certificate() error {
	d.at(-3 * 24 * time.Hour)
	defer d.at(0)
	learner, err := d.a.demoLearner(d.ctx)
	if err != nil {
		return err
	}
	_, err = d.a.Attests.Take(d.ctx, learner, attest.Wish{Holder: "Eleni Mara (invented)", Lang: "en"})
	return err
}

// demoLearner is the number of the demo's learner who passed. Errors:
// fault.NotFound when somebody has it forgotten.
func (a *App) demoLearner(ctx context.Context) (string, error) {
	member, err := a.Accounts.ByLogin(ctx, demoLogin("midwife"))
	if err != nil {
		return "", err
	}
	l, err := a.Study.Of(ctx, &web.Viewer{UserID: member})
	if err == nil && l == nil {
		err = fault.New(fault.NotFound, "web.error.not-found")
	}
	if err != nil {
		return "", err
	}
	return l.ID, nil
}

// demoCertificate leads from an address that stays to the certificate of the
// demo's learner, or to one of its files.
func (a *App) demoCertificate(c *web.Ctx) error {
	learner, err := a.demoLearner(c.Context())
	if err != nil {
		return err
	}
	made, err := a.Attests.Of(c.Context(), learner)
	if err != nil {
		return err
	}
	if len(made) == 0 {
		return fault.New(fault.NotFound, "web.error.not-found")
	}
	path := made[0].Path()
	if file := c.Param("file"); file != "" {
		path += "/" + file
	}
	return c.Redirect(path)
}
