package web

import "html/template"

// pictures are the larger line drawings: a door, a lamp, two chairs, a path, a
// cup. Strokes take the colours of the page through classes, so that they
// follow dark mode and print.
var pictures = map[string]string{
	// A room with the door ajar: light falls on two chairs and a cup, and a
	// path leads away from the step.
	"scene": `<svg class="picture scene" viewBox="0 0 480 340" aria-hidden="true" focusable="false">
<path class="glow" d="M300 58 388 40v236l-88 18zM300 294l88-18 76 44H262z"/>
<path class="floor" d="M16 294h284M388 294h76"/>
<path class="ink" d="M290 294V52h108v242M300 294V58l88-18v236l-88 18"/>
<path class="soft" d="M316 92l56-11v62l-56 9zM316 176l56-8v70l-56 10"/>
<circle class="knob" cx="309" cy="180" r="3.6"/>
<path class="ink" d="M120 16v46M92 92c0-17 12-30 28-30s28 13 28 30z"/>
<path class="warm" d="M112 97a8.5 8.5 0 0 0 16 0M76 104l-9 6M164 104l9 6M120 116v9"/>
<path class="ink" d="M46 178v116M46 236h46v58M46 236v0M46 184c8-3 8 20 0 22"/>
<path class="ink" d="M214 178v116M214 236h-46v58M214 184c-8-3-8 20 0 22"/>
<path class="ink" d="M106 246h48M130 246v48M114 294h32"/>
<path class="warm" d="M121 230h15v8a7 7 0 0 1-15 0zM136 232h3a3.5 3.5 0 0 1 0 7h-3M125 224c-2-4 3-5 1-10M131 224c-2-4 3-5 1-10"/>
<path class="soft" d="M236 294c0-20-4-34-12-46M236 294c0-24 3-38 13-52M236 294c-1-15-1-30 2-58"/>
<path class="ink" d="M226 294l3 22h14l3-22z"/>
<path class="path" d="M352 302c-14 12 34 14 20 30"/>
</svg>`,
	"cup":    `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="floor" d="M10 86h100"/><path class="ink" d="M36 44h42v20a20 20 0 0 1-20 20h-2a20 20 0 0 1-20-20zM78 50h5a9 9 0 0 1 0 18h-6"/><path class="warm" d="M49 35c-5-7 5-9 0-17M64 35c-5-7 5-9 0-17"/></svg>`,
	"door":   `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="glow" d="M46 16l30-8v70l-30 8zM46 86l30-8 22 14H34z"/><path class="floor" d="M8 86h38M82 86h30"/><path class="ink" d="M42 86V12h40v74M46 86V16l30-8v70z"/><circle class="knob" cx="51" cy="50" r="2.2"/></svg>`,
	"chairs": `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="floor" d="M8 86h104"/><path class="ink" d="M26 34v52M26 60h22v26M94 34v52M94 60H72v26"/><path class="warm" d="M52 66h16M60 66v20"/></svg>`,
	"path":   `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="ink" d="M30 90c0-22 58-20 58-42 0-16-38-13-38-28 0-6 5-10 12-10"/><circle class="knob" cx="66" cy="10" r="4"/><path class="soft" d="M10 90h14M36 90h74"/></svg>`,
	"lamp":   `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="ink" d="M60 4v26M32 60c0-17 12-30 28-30s28 13 28 30z"/><path class="warm" d="M52 66a8.5 8.5 0 0 0 16 0M22 74l-8 6M98 74l8 6M60 80v10"/></svg>`,
}

// picture is a larger drawing by name; the cup when there is no such one.
func picture(name string) template.HTML {
	svg, ok := pictures[name]
	if !ok {
		svg = pictures["cup"]
	}
	return template.HTML(svg) //nolint:gosec // constant
}
