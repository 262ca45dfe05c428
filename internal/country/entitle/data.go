package entitle

import (
	"encoding/json"
	"fmt"

	"amelie/internal/country"
	"amelie/internal/i18n"
)

// data is a country in one language, for the guide that works without a
// network. A reader of it does what Entitled does: for every case that the
// open questions leave possible, the first rule that fits in each table.
type data struct {
	Country   string         `json:"country"`
	Revision  int            `json:"revision"`
	Compiled  string         `json:"compiled"`
	State     string         `json:"state"` // who read the words of this language
	Questions []dataQuestion `json:"questions"`
	Tables    []Table        `json:"tables"`
	Ways      map[string]way `json:"ways"`
	Refused   string         `json:"refused"`
}

type dataQuestion struct {
	Question
	Words map[string]string `json:"words"` // title, hint and the answers
}

// way is an entitlement with all that its codes stand for.
type way struct {
	Way
	Costs  string        `json:"costs"`
	Say    string        `json:"say"`
	Office Office        `json:"office"`
	State  country.State `json:"state"`
	Cited  []string      `json:"cited"`
}

// encode writes the file of every country in every language.
func (s *Set) encode() error {
	for _, c := range s.countries {
		c.data = map[string][]byte{}
		for _, lang := range i18n.Languages {
			b, err := json.Marshal(c.in(lang))
			if err != nil {
				return fmt.Errorf("entitlements of %s in %s: %w", c.Code, lang, err)
			}
			c.data[lang] = b
		}
	}
	return nil
}

// in is the country in one language.
func (c *Country) in(lang string) data {
	w := c.set.words[lang]
	d := data{Country: c.Code, Revision: c.Revision, Compiled: c.Compiled, State: w.State, Tables: c.Tables, Ways: map[string]way{}, Refused: w.Refused[c.Code]}
	for _, q := range c.set.Questions {
		d.Questions = append(d.Questions, dataQuestion{q, w.Question[q.ID]})
	}
	for _, p := range c.order() {
		e := c.entitlement(p.id)
		x := way{Way: c.set.Way(e, lang), Costs: w.Costs[e.Costs], Say: w.Say[e.Say], Office: e.Office, State: e.State()}
		for _, o := range e.Origins() {
			x.Cited = append(x.Cited, c.cited(o))
		}
		d.Ways[p.id] = x
	}
	return d
}

// cited is an origin as professionals cite it: the article, and where it was
// read when that says more.
func (c *Country) cited(o country.Origin) string {
	title := c.Source(o.Source).Title
	switch {
	case o.Article == "":
		return title
	case o.Confidence == country.Background:
		return o.Article
	}
	return o.Article + " (" + title + ")"
}
