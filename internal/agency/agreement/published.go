package agreement

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/BurntSushi/toml"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/geo"
)

// Published is an arrangement that ships with the program: what a public
// source says about who works with whom.
type Published struct {
	ID         string            `toml:"id"` // permanent
	Kind       string            `toml:"kind"`
	Lang       string            `toml:"lang"` // of the title
	Title      string            `toml:"title"`
	Purposes   []string          `toml:"purposes"`
	Territory  []string          `toml:"territory"`
	Since      string            `toml:"since"`
	Until      string            `toml:"until"`
	Document   string            `toml:"document"`
	Source     string            `toml:"source"`
	SourceURL  string            `toml:"source_url"`
	Confidence string            `toml:"confidence"`
	Words      map[string]string `toml:"words"`
	Parties    []struct {
		Organization string `toml:"organization"`
		Name         string `toml:"name"`
	} `toml:"party"`
}

// LoadPublished reads agreement/published.toml of the shipped content. A file
// with a fact that has no source, or with a word that nobody knows, is refused.
func LoadPublished(content fs.FS, languages []string) ([]Published, error) {
	var file struct {
		Agreements []Published `toml:"agreement"`
	}
	meta, err := toml.DecodeFS(content, "agreement/published.toml", &file)
	if err != nil {
		return nil, fmt.Errorf("published agreements: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("published agreements: nobody reads %v", extra)
	}
	seen := map[string]bool{}
	for _, p := range file.Agreements {
		if err := p.check(languages); err != nil {
			return nil, fmt.Errorf("published agreement %q: %w", p.ID, err)
		}
		if seen[p.ID] {
			return nil, fmt.Errorf("published agreement %q stands twice", p.ID)
		}
		seen[p.ID] = true
	}
	return file.Agreements, nil
}

func (p Published) check(languages []string) error {
	day := func(s string) bool { _, ok := ParseDay(s); return s == "" || ok }
	switch {
	case p.ID == "" || p.Title == "" || p.Lang == "":
		return fmt.Errorf("it has no id, title or language")
	case p.Source == "" || p.SourceURL == "" || !address(p.SourceURL) || !address(p.Document):
		return fmt.Errorf("it has no source that can be looked up")
	case p.Confidence != "F" && p.Confidence != "S":
		return fmt.Errorf("confidence %q: only what a source says is shipped", p.Confidence)
	case !slices.Contains(Kinds, p.Kind):
		return fmt.Errorf("nobody knows the kind %q", p.Kind)
	case !day(p.Since) || !day(p.Until):
		return fmt.Errorf("%q or %q is not a day", p.Since, p.Until)
	case len(p.Parties) < 2:
		return fmt.Errorf("it has fewer than two parties")
	}
	for _, purpose := range p.Purposes {
		if !slices.Contains(Purposes, purpose) {
			return fmt.Errorf("nobody knows the purpose %q", purpose)
		}
	}
	for _, code := range p.Territory {
		if _, known := geo.Lookup(code); !known {
			return fmt.Errorf("nobody knows the territory %q", code)
		}
	}
	for _, lang := range languages {
		if p.Words[lang] == "" {
			return fmt.Errorf("it says nothing in %s", lang)
		}
	}
	return nil
}

// Seed writes the published arrangements that are not there yet. What a
// coordinator changed since stays: the database is the truth after the first
// start.
func (s *Service) Seed(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, p := range s.Published {
			a := s.fromPublished(p)
			fresh, err := insert(tx, a)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
			if err := s.plan(tx, a); err != nil {
				return err
			}
			if err := audit.Record(tx, audit.Event{At: s.Now(), Actor: "content", Action: "agreement.published", Object: "agreement/" + a.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) fromPublished(p Published) Agreement {
	now := s.Now()
	a := Agreement{ID: p.ID, Kind: p.Kind, Lang: p.Lang, Title: p.Title, Purposes: p.Purposes, Territory: p.Territory, Since: Day(p.Since), Until: Day(p.Until),
		Words: p.Words["en"], Document: p.Document, Source: p.Source, SourceURL: p.SourceURL, Origin: Publication, State: InForce, Open: true,
		MadeBy: "content", Made: now, Changed: now, Version: 1}
	for _, x := range p.Parties {
		a.Parties = append(a.Parties, Party{Organization: x.Organization, Name: x.Name, Confirmed: now, ConfirmedBy: "content"})
	}
	return a
}

// words are what was agreed, in the reader's language where the program ships
// it, and the language that they are in.
func (s *Service) words(a Agreement, lang string) (text, in string) {
	if p, ok := s.published[a.ID]; ok && a.Origin == Publication {
		if w := p.Words[lang]; w != "" {
			return w, lang
		}
		return a.Words, "en"
	}
	return a.Words, a.Lang
}
