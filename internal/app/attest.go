package app

import (
	"context"
	"time"

	"amelie/content"
	"amelie/internal/directory"
	"amelie/internal/fault"
	"amelie/internal/learn"
	attest "amelie/internal/learn/certificate"
	"amelie/internal/web"
)

// attesting opens the room of certificates.
func (a *App) attesting(ctx context.Context) error {
	points, err := attest.LoadPoints(content.FS)
	if err != nil {
		return err
	}
	made, err := attest.Open(ctx, attest.Config{DB: a.DB, Policy: a.Policy, Key: a.SigningKey, Texts: a.Texts, Now: a.Config.Now, Course: func() *learn.Course { return a.Course },
		BaseURL: a.Config.BaseURL, Issuer: a.siteName, Neutral: a.neutralName})
	a.Attests = &attest.Rooms{Service: made, Points: points, Country: directory.CountryName, MayTry: a.mayTry()}
	return err
}

// demoLearner is the invented learner of the demo who passed.
const demoLearner = "0190d3a0-0000-7000-8000-000000000001"

// certificate gives the demo's learner what was passed.
func (d *demoSeed) certificate() error {
	d.at(-3 * 24 * time.Hour)
	defer d.at(0)
	award := attest.Award{Pass: attest.Pass{Learner: demoLearner, Revision: d.a.Course.Version(), At: d.a.Config.Now()}, Wish: attest.Wish{Holder: "Nora Linde (invented)", Lang: "en"}}
	_, err := d.a.Attests.Give(d.ctx, []attest.Award{award})
	return err
}

// demoCertificate leads from an address that stays to the certificate of the
// demo's learner, or to one of its files.
func (a *App) demoCertificate(c *web.Ctx) error {
	made, err := a.Attests.Of(c.Context(), demoLearner)
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
