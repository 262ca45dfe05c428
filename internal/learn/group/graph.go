package group

import (
	"fmt"
	"html"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"amelie/internal/learn"
	"amelie/internal/learn/playing"
	"amelie/internal/web"
)

// The graph of a case as a drawing: scenes with numbers, endings with letters,
// from top to bottom; the wider a line, the more went that way.

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
	n        int
}

// depths are how many choices lie between the start and each place at the most,
// so that every line leads down. Endings stand together at the bottom.
func depths(c *learn.Case) (depth map[string]int, deepest int) {
	depth = map[string]int{}
	c.EachPath(func(taken []learn.Taken, end learn.Ending) {
		for i, t := range taken {
			depth[t.Scene.ID] = max(depth[t.Scene.ID], i)
		}
		deepest = max(deepest, len(taken))
	})
	for _, e := range c.Endings {
		depth[e.ID] = deepest
	}
	return depth, deepest
}

// spots gives every place its spot.
func spots(c *learn.Case, p playing.Picture) (list []spot, at map[string]spot, high int) {
	depth, deepest := depths(c)
	called := c.Names()
	rows := make([][]spot, deepest+1)
	for _, s := range p.Scenes {
		rows[depth[s.Scene.ID]] = append(rows[depth[s.Scene.ID]], spot{id: s.Scene.ID, name: called[s.Scene.ID], n: s.N})
	}
	for _, e := range p.Endings {
		rows[deepest] = append(rows[deepest], spot{id: e.Ending.ID, name: called[e.Ending.ID], end: true, n: e.N})
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

// graph draws a picture. Title and text are what a reader of the page is told
// instead.
func graph(c *learn.Case, p playing.Picture, title, text string) template.HTML {
	list, at, high := spots(c, p)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="group-graph" viewBox="0 0 %d %d" role="img" aria-label="%s"><desc>%s</desc>`, graphWide, high, html.EscapeString(title), html.EscapeString(text))
	for _, s := range p.Scenes {
		went := ways(s)
		for _, to := range slices.Sorted(maps.Keys(went)) {
			line(&b, at[s.Scene.ID], at[to], went[to], p.N)
		}
	}
	for _, s := range list {
		shape := fmt.Sprintf(`<circle cx="%d" cy="%d" r="%d"/>`, s.x, s.y, graphRound)
		if s.end {
			shape = fmt.Sprintf(`<rect x="%d" y="%d" width="%d" height="%d" rx="5"/>`, s.x-graphRound, s.y-graphRound, 2*graphRound, 2*graphRound)
		}
		class := "spot"
		if s.n == 0 {
			class += " never"
		}
		fmt.Fprintf(&b, `<g class="%s">%s<text x="%d" y="%d" text-anchor="middle">%s</text><text class="n" x="%d" y="%d">%d</text></g>`, class, shape, s.x, s.y+5, s.name, s.x+graphRound+4, s.y+5, s.n)
	}
	b.WriteString(`</svg>`)
	return web.Markup(b.String())
}

// ways are how many went from a scene to each place that it leads to.
func ways(s playing.SceneCount) map[string]int {
	out := map[string]int{}
	for _, choice := range s.Choices {
		out[choice.Choice.To] += choice.N
	}
	return out
}

// line draws a way from one spot down to another; a thin broken one when nobody
// took it.
func line(b *strings.Builder, from, to spot, n, of int) {
	class, width := "way", float64(n)*graphLine/float64(max(1, of))
	if n == 0 {
		class, width = "way never", 1
	}
	bend := (to.y - from.y) / 2
	fmt.Fprintf(b, `<path class="%s" d="M%d %dC%d %d %d %d %d %d" stroke-width="%s"/>`, class, from.x, from.y, from.x, from.y+bend, to.x, to.y-bend, to.x, to.y, strconv.FormatFloat(max(1, width), 'f', 1, 64))
}
