// Package ways draws the graph of a branching case.
//
// The idea: scenes with numbers, endings with letters, from top to bottom, as one
// picture for whoever works on a case and, the wider a line the more went that
// way, for a group that played it.
//
// Stored: nothing. It must never draw a case with a circle, nor decide who may
// see how many went where: it is given numbers that may be shown.
package ways

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/web"
)

//go:embed page/*.css
var files embed.FS

var _ = web.Style(files, "page/ways.css")

// Counts are how many came to each place and went each way.
type Counts struct {
	Of  int                       // all of them
	At  map[string]int            // by place
	Way map[string]map[string]int // by scene, then where it led
}

// The measures of the drawing.
const (
	graphWide  = 360 // the width of its narrowest form: a phone's
	graphRow   = 76
	graphRound = 17
	graphLine  = 14 // the width of the line that all took
)

// spot is a place of the graph in the drawing.
type spot struct {
	id, name string // "1", "A"
	end      bool
	x, y     int
}

// depths are how many choices lie between the start and each place at the most,
// so that every line leads down. Endings stand together at the bottom.
func depths(c *learn.Case) (depth map[string]int, deepest int) {
	depth = map[string]int{}
	order := downwards(c)
	done := map[string]bool{}
	for _, at := range order {
		done[at] = true
		deepest = max(deepest, depth[at])
		scene, _ := c.Scene(at)
		for _, choice := range scene.Choices {
			if !done[choice.To] { // never upwards
				depth[choice.To] = max(depth[choice.To], depth[at]+1)
			}
		}
	}
	for _, e := range c.Endings {
		depth[e.ID] = deepest
	}
	return depth, deepest
}

// downwards are the places that can be come to from the start, each before those
// that it leads to. Every place is visited once, for the paths are too many.
func downwards(c *learn.Case) (order []string) {
	seen := map[string]bool{}
	var visit func(at string)
	visit = func(at string) {
		scene, there := c.Scene(at)
		if _, end := c.Ending(at); seen[at] || !there && !end {
			return
		}
		seen[at] = true
		for _, choice := range scene.Choices {
			visit(choice.To)
		}
		order = append(order, at)
	}
	visit(c.Start)
	slices.Reverse(order)
	return order
}

// spots gives every place its spot.
func spots(c *learn.Case) (list []spot, at map[string]spot, high int) {
	depth, deepest := depths(c)
	called := c.Names()
	rows := make([][]spot, deepest+1)
	for _, id := range c.Places() {
		_, end := c.Ending(id)
		rows[depth[id]] = append(rows[depth[id]], spot{id: id, name: called[id], end: end})
	}
	at = map[string]spot{}
	for y, row := range rows {
		for i, s := range row {
			// Rows are staggered, so that lines pass beside the spots of others.
			s.x, s.y = graphWide*(2*i+1)/(2*len(row))+(y%3-1)*graphWide/(6*len(row)), graphRow/2+y*graphRow
			list, at[s.id] = append(list, s), s
		}
	}
	return list, at, graphRow * (deepest + 1)
}

// Draw draws a case without circles; n are the counts, nil for none. Title and
// text are what a reader of the page is told instead.
func Draw(c *learn.Case, n *Counts, title, text string) template.HTML {
	list, at, high := spots(c)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="group-graph" viewBox="0 0 %d %d" role="img" aria-label="%s"><desc>%s</desc>`, graphWide, high, html.EscapeString(title), html.EscapeString(text))
	for _, s := range c.Scenes {
		went := map[string]int{}
		for _, choice := range s.Choices {
			went[choice.To] = 0
			if n != nil {
				went[choice.To] = n.Way[s.ID][choice.To]
			}
		}
		for _, to := range slices.Sorted(maps.Keys(went)) {
			line(&b, at[s.ID], at[to], went[to], n)
		}
	}
	for _, s := range list {
		s.draw(&b, n)
	}
	b.WriteString(`</svg>`)
	return web.Markup(b.String())
}

// draw draws a place, with how many came there.
func (s spot) draw(b *strings.Builder, n *Counts) {
	shape := fmt.Sprintf(`<circle cx="%d" cy="%d" r="%d"/>`, s.x, s.y, graphRound)
	if s.end {
		shape = fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" rx="5"/>`, s.x-graphRound, s.y-graphRound, 2*graphRound, 2*graphRound)
	}
	class, came := "spot", ""
	if n != nil {
		came = fmt.Sprintf(`<text class="n" x="%d" y="%d">%d</text>`, s.x+graphRound+4, s.y+5, n.At[s.id])
	}
	if n != nil && n.At[s.id] == 0 {
		class += " never"
	}
	fmt.Fprintf(b, `<g class="%s">%s<text x="%d" y="%d" text-anchor="middle">%s</text>%s</g>`, class, shape, s.x, s.y+5, s.name, came)
}

// line draws a way from one spot down to another; a thin broken one when nobody
// took it.
func line(b *strings.Builder, from, to spot, went int, n *Counts) {
	class, width := "way", 2.0
	switch {
	case n != nil && went == 0:
		class, width = "way never", 1
	case n != nil:
		width = float64(went) * graphLine / float64(max(1, n.Of))
	}
	bend := (to.y - from.y) / 2
	fmt.Fprintf(b, `<path class="%s" d="M%d %dC%d %d %d %d %d %d" stroke-width="%s"/>`, class, from.x, from.y, from.x, from.y+bend, to.x, to.y-bend, to.x, to.y, strconv.FormatFloat(max(1, width), 'f', 1, 64))
}
