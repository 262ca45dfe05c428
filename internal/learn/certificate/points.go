package certificate

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/BurntSushi/toml"
)

// Point says who counts a course like this for whom, and what has to be done
// first. It promises nothing.
type Point struct {
	Country     string   `toml:"country"` // ISO 3166-1; empty: all of Europe
	Professions []string `toml:"professions"`
	Body        string   `toml:"body"`
	How         string   `toml:"how"`    // organiser, provider
	Points      string   `toml:"points"` // as the body's decision says; empty: there is none
	Source      string   `toml:"source"`
	Address     string   `toml:"address"` // shown as text, never fetched
	Read        string   `toml:"read"`    // the day, 2026-11-22
	State       string   `toml:"state"`   // read, unchecked
	Languages   []string `toml:"languages"`
}

// Points are what professional bodies count for a course like this.
type Points []Point

// LoadPoints reads course/points.toml. Errors: what is not known, a row without
// a source.
func LoadPoints(content fs.FS) (Points, error) {
	const name = "course/points.toml"
	text, err := fs.ReadFile(content, name)
	if err != nil {
		return nil, err
	}
	var list struct{ Point []Point }
	meta, err := toml.Decode(string(text), &list)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("%s: unknown field %s", name, unknown[0])
	}
	for _, p := range list.Point {
		if p.Body == "" || p.Source == "" || p.Read == "" || !slices.Contains([]string{"organiser", "provider"}, p.How) || !slices.Contains([]string{"read", "unchecked"}, p.State) || p.Points != "" && p.State != "read" {
			return nil, fmt.Errorf("%s: %s is not whole", name, p.Body)
		}
	}
	return list.Point, nil
}
