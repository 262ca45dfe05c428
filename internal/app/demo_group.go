package app

import (
	"time"

	"amelie/internal/id"
	"amelie/internal/learn"
)

// demoGroup is how many invented participants play a case.
const demoGroup = 12

// playing opens a group of the caseworker's, in which twelve play: the more
// often helpful choices, and each in their own pace.
func (d *demoSeed) playing() error {
	d.at(-30 * time.Hour)
	defer d.at(0)
	groups := d.a.Groups.Service
	trainer, err := d.viewer("garden-case")
	if err != nil {
		return err
	}
	const played = "er-companion"
	group, err := groups.Open(d.ctx, trainer, played, 14, id.New())
	if err != nil {
		return err
	}
	seen, err := groups.See(d.ctx, trainer, group)
	if err != nil {
		return err
	}
	c, _ := d.a.Course().Case(played)
	for i := range demoGroup {
		cookie, _, err := groups.Join(d.ctx, id.Secret(16), groups.Code(seen.Group))
		if err != nil {
			return err
		}
		for n, choice := range demoWay(c, i) {
			d.clock.fixed.Add(int64(1+(i*n+n)%4) * time.Minute.Milliseconds())
			if err := groups.Choose(d.ctx, cookie, n, choice); err != nil {
				return err
			}
		}
	}
	return nil
}

// demoWay is how the n-th participant goes through a case: mostly by what helps,
// where something does.
func demoWay(c *learn.Case, n int) (way []string) {
	for at := c.Start; ; {
		scene, ok := c.Scene(at)
		if !ok {
			return way
		}
		lot := (7*n + 5*len(way) + n*len(way)) % 10
		choice := scene.Choices[lot%len(scene.Choices)]
		if lot < 6 {
			for _, other := range scene.Choices {
				if other.Effect == "helps" {
					choice = other
				}
			}
		}
		way, at = append(way, choice.ID), choice.To
	}
}
