package web

import (
	"html/template"
	"slices"
	"sync"
)

// icons are line drawings on a 24 by 24 grid, stroke 1.7, round ends. They
// are ours, drawn for this program. An icon never stands alone for a meaning:
// a word stands beside it, or the control has a label.
var icons = map[string]string{
	"door":     `<path d="M6 21V5.5L15 3v18M6 21h13M15 6h4v15"/><circle cx="12.2" cy="12.6" r=".9" fill="currentColor" stroke="none"/>`,
	"lamp":     `<path d="M12 2.5v4M6.2 14.5a5.8 5.8 0 0 1 11.6 0zM10 17.5a2 2 0 0 0 4 0M4.5 20.5l1-1M19.5 20.5l-1-1M12 21.5v.5"/>`,
	"chairs":   `<path d="M4.5 4v9.5M4.5 13.5h5v7M4.5 13.5v7M19.5 4v9.5M19.5 13.5h-5v7M19.5 13.5v7"/>`,
	"path":     `<path d="M5 21c0-5 14-4.5 14-9.5 0-4-9-3-9-6.5 0-1.5 1.5-2.5 3-2.5"/><circle cx="16.5" cy="3" r="1.2"/>`,
	"cup":      `<path d="M4.5 10h12v5.5a5 5 0 0 1-5 5h-2a5 5 0 0 1-5-5zM16.5 11.5h1.5a2.5 2.5 0 0 1 0 5h-1.7M8.5 7c-1-1.3 1-2.2 0-3.7M12.5 7c-1-1.3 1-2.2 0-3.7"/>`,
	"phone":    `<path d="M6.5 3.5h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3c0 1.1-.9 2-2 2A14 14 0 0 1 4.5 5.5c0-1.1.9-2 2-2z"/>`,
	"search":   `<circle cx="10.8" cy="10.8" r="6.3"/><path d="M15.5 15.5 20.5 20.5"/>`,
	"book":     `<path d="M12 6.5C10 5 7 4.5 3.5 5v13.5c3.5-.5 6.5 0 8.5 1.5 2-1.5 5-2 8.5-1.5V5C17 4.5 14 5 12 6.5zM12 6.5V20"/>`,
	"clock":    `<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>`,
	"lock":     `<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2"/>`,
	"unlock":   `<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V7.5a4 4 0 0 1 7.7-1.5M12 14.5v2"/>`,
	"check":    `<path d="M4.5 12.5 10 18 19.5 7"/>`,
	"cross":    `<path d="M6 6l12 12M18 6 6 18"/>`,
	"plus":     `<path d="M12 5v14M5 12h14"/>`,
	"minus":    `<path d="M5 12h14"/>`,
	"next":     `<path d="M9 5.5 15.5 12 9 18.5"/>`,
	"back":     `<path d="M15 5.5 8.5 12 15 18.5"/>`,
	"up":       `<path d="M5.5 15 12 8.5 18.5 15"/>`,
	"down":     `<path d="M5.5 9 12 15.5 18.5 9"/>`,
	"arrow":    `<path d="M4 12h15.5M13.5 6l6 6-6 6"/>`,
	"mail":     `<rect x="3.5" y="5.5" width="17" height="13" rx="2.5"/><path d="M4 7.5 12 13l8-5.5"/>`,
	"pin":      `<path d="M12 21.5c4.5-5 6.8-8.5 6.8-11.5a6.8 6.8 0 0 0-13.6 0c0 3 2.3 6.5 6.8 11.5z"/><circle cx="12" cy="10" r="2.5"/>`,
	"globe":    `<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.5 2.5 3.5 5.5 3.5 8.5s-1 6-3.5 8.5c-2.5-2.5-3.5-5.5-3.5-8.5s1-6 3.5-8.5z"/>`,
	"person":   `<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6"/>`,
	"people":   `<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5c.7-3.5 3.2-5.3 6.5-5.3s5.8 1.8 6.5 5.3M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.5c2.2.6 3.5 2.3 4 5"/>`,
	"calendar": `<rect x="4" y="5.5" width="16" height="15" rx="2.5"/><path d="M4 10.5h16M8.5 3v4M15.5 3v4"/>`,
	"bell":     `<path d="M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10 21h4M12 2.5V5"/>`,
	"file":     `<path d="M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9 12.5h6M9 16.5h6"/>`,
	"print":    `<path d="M7 8V3.5h10V8M7 17H4.5V8h15v9H17M7 14h10v6.5H7z"/>`,
	"copy":     `<rect x="8" y="8" width="12" height="12.5" rx="2"/><path d="M16 8V5.5a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2V14a2 2 0 0 0 2 2h2"/>`,
	"download": `<path d="M12 3.5v11.5M7 10.5 12 15.5l5-5M4.5 20.5h15"/>`,
	"upload":   `<path d="M12 16V4M7 8.5 12 3.5l5 5M4.5 20.5h15"/>`,
	"shield":   `<path d="M12 3 19.5 5.5V11c0 4.7-3 8-7.5 10-4.5-2-7.5-5.3-7.5-10V5.5zM8.5 11.8l2.5 2.5 4.5-5"/>`,
	"info":     `<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.5v.3"/>`,
	"warn":     `<path d="M12 3.8 21.5 20h-19zM12 10v4.5M12 17v.3"/>`,
	"filter":   `<path d="M4 6.5h16M7 12h10M10 17.5h4"/>`,
	"menu":     `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"leave":    `<path d="M13.5 4H5.5v16h8M10.5 12H20.5M16.5 8l4 4-4 4"/>`,
	"eye":      `<path d="M2.5 12c2.3-4.3 5.5-6.5 9.5-6.5s7.2 2.2 9.5 6.5c-2.3 4.3-5.5 6.5-9.5 6.5S4.8 16.3 2.5 12z"/><circle cx="12" cy="12" r="3"/>`,
	"hidden":   `<path d="M4 4l16 16M9.5 5.8c.8-.2 1.6-.3 2.5-.3 4 0 7.2 2.2 9.5 6.5-.8 1.5-1.7 2.7-2.7 3.7M15.5 17.7c-1.1.5-2.3.8-3.5.8-4 0-7.2-2.2-9.5-6.5 1-1.9 2.2-3.4 3.7-4.5M10 10a3 3 0 0 0 4 4"/>`,
	"edit":     `<path d="M4.5 19.5l1-4L16 5l3 3L8.5 18.5zM13.5 7.5l3 3"/>`,
	"trash":    `<path d="M5 7h14M9.5 7V4.5h5V7M6.5 7l1 13.5h9l1-13.5M10.5 11v6M13.5 11v6"/>`,
	"link":     `<path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1"/>`,
	"out":      `<path d="M10 5H5v14h14v-5M13.5 4.5h6v6M19 5l-8 8"/>`,
	"talk":     `<path d="M3.5 4.5h11v8h-6L5 15.5v-3H3.5zM17.5 9h3v8H19v3l-3.5-3H10v-1.5"/>`,
	"speech":   `<path d="M4 5h16v11.5h-9L6.5 20.5v-4H4z"/>`,
	"home":     `<path d="M3.5 11.5 12 4l8.5 7.5M6 9.5V20h12V9.5M10 20v-5.5h4V20"/>`,
	"key":      `<circle cx="8" cy="15.5" r="4"/><path d="M11 12.5 19.5 4M16 7.5l2.5 2.5"/>`,
	"send":     `<path d="M3.5 11 20.5 4l-5 16.5-4-7zM11.5 13.5 20.5 4"/>`,
	"list":     `<path d="M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.3M4.5 12h.3M4.5 17.5h.3"/>`,
	"flag":     `<path d="M5.5 21V4M5.5 4.5c4-2 8 2 13 0v9c-5 2-9-2-13 0"/>`,
	"wait":     `<path d="M7 3.5h10M7 20.5h10M8 3.5c0 5 8 5 8 8.5s-8 3.5-8 8.5M16 3.5c0 5-8 5-8 8.5s8 3.5 8 8.5"/>`,
	"house":    `<path d="M4 20.5V9.5L12 4l8 5.5v11zM4 20.5h16M9.5 20.5V14h5v6.5"/>`,
	"bed":      `<path d="M3.5 5v14M3.5 16h17v3M3.5 12.5H20.5V16M6.5 12.5V9.5H11a2 2 0 0 1 2 2v1"/>`,
	"child":    `<circle cx="12" cy="7" r="3.5"/><path d="M7 20.5v-3a5 5 0 0 1 10 0v3M10.5 7.8c.9.8 2.1.8 3 0"/>`,
	"heart":    `<path d="M12 20C7 16 3.5 12.8 3.5 9A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8.5 2c0 3.8-3.5 7-8.5 11z"/>`,
	"scale":    `<path d="M12 3.5v17M7.5 20.5h9M5 6.5h14M5 6.5 2.5 13a3 3 0 0 0 5 0zM19 6.5 16.5 13a3 3 0 0 0 5 0z"/>`,
	"building": `<path d="M5 20.5V4h9v16.5M14 9h5v11.5M3 20.5h18M8 8h3M8 12h3M8 16h3"/>`,
	"star":     `<path d="M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z"/>`,
	"chart":    `<path d="M4 20.5h16.5M6.5 17v-5M11 17V7M15.5 17v-7M20 17V4.5"/>`,
	"user-key": `<circle cx="9" cy="8" r="3.8"/><path d="M2.5 20c.7-3.7 3.2-5.5 6.5-5.5 1.2 0 2.3.2 3.2.7M16.5 13.5a2.3 2.3 0 1 0 1.5 0v7M18 18h2"/>`,
	"settings": `<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
	"sign-out": `<path d="M14 4.5H5.5v15H14M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5"/>`,
	"redo":     `<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3l2.2 2.3M19.5 4v5h-5"/>`,
	"pen":      `<path d="M3.5 20.5c3-1 2-4 4-4s1 3 3.5 3 2-2.5 4-2.5 1.5 2 5.5 2M8 13 16.5 4.5l2.5 2.5L10.5 15.5 7.5 16z"/>`,
	"hand":     `<path d="M3.5 13.5c2-1.5 3.5-1.5 5 0h4a1.5 1.5 0 0 1 0 3H9M14 15l4.5-2.5a1.5 1.5 0 0 1 1.7 2.5L14 19.5H3.5"/><path d="M12 10.5C9.5 8.7 8.5 7.5 8.5 6a2 2 0 0 1 3.5-1 2 2 0 0 1 3.5 1c0 1.5-1 2.7-3.5 4.5z"/>`,
}

// mirrored icons point along the line of reading and turn around in a
// right-to-left page.
var mirrored = map[string]bool{"next": true, "back": true, "arrow": true, "leave": true, "sign-out": true, "send": true, "out": true, "list": true}

// icon is the drawing as inline SVG, in the colour of the text around it. An
// unknown name gives a dot, so that a missing drawing is seen and breaks
// nothing.
func icon(name string) template.HTML {
	if have, ok := drawnIcons()[name]; ok {
		return have
	}
	return drawIcon("icon", `<circle cx="12" cy="12" r="3"/>`)
}

// drawnIcons are the icons as they stand on pages, a dozen on each.
var drawnIcons = sync.OnceValue(func() map[string]template.HTML {
	drawn := make(map[string]template.HTML, len(icons))
	for name, body := range icons {
		class := "icon"
		if mirrored[name] {
			class = "icon turns"
		}
		drawn[name] = drawIcon(class, body)
	}
	return drawn
})

func drawIcon(class, body string) template.HTML {
	return template.HTML(`<svg class="` + class + `" viewBox="0 0 24 24" aria-hidden="true" focusable="false">` + body + `</svg>`) //nolint:gosec // constant
}

// IconNames lists the icons, for the design page.
func IconNames() []string {
	names := make([]string, 0, len(icons))
	for n := range icons {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
