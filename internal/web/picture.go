package web

import "html/template"

// pictures are the larger line drawings: a door, a lamp, two chairs, a path, a
// cup. Strokes take the colours of the page through classes, so that they
// follow dark mode and print.
var pictures = map[string]string{
	// A room with the door ajar: light falls on two chairs and a cup, and a
	// path leads away from the step.
	"scene": `<svg class="picture scene" viewBox="0 0 480 330" aria-hidden="true" focusable="false">
<path class="glow" d="M322 48h78v236h-78zM322 284h78l44 46H226z"/>
<path class="floor" d="M14 284h296M434 284h34"/>
<path class="ink" d="M310 284V36h102M322 284V48h78v236M400 48l48-20v286l-48-30M412 36v7"/>
<path class="soft" d="M411 70l26-10v92l-26-3zM411 170l26 3v88l-26-14"/>
<circle class="knob" cx="440" cy="166" r="3.6"/>
<path class="ink" d="M142 10v40M112 92c0-18 13-32 30-32s30 14 30 32zM136 60v-10h12v10"/>
<path class="warm" d="M133 98a9 9 0 0 0 18 0M92 106l-11 7M192 106l11 7M142 120v12"/>
<path class="ink" d="M44 166c4 24 8 46 10 68M54 234h52M58 234l-8 50M100 234l7 50M56 246h46"/>
<path class="soft" d="M36 164c5-5 14-5 17 0l5 40c-5 3-10 3-14 1z"/>
<path class="ink" d="M240 166c-4 24-8 46-10 68M230 234h-52M226 234l8 50M184 234l-7 50M228 246h-46"/>
<path class="soft" d="M248 164c-5-5-14-5-17 0l-5 40c5 3 10 3 14 1z"/>
<path class="ink" d="M116 222h52M142 222v62M126 284h32"/>
<path class="warm" d="M131 205h17v9a8 8 0 0 1-8 8h-1a8 8 0 0 1-8-8zM148 208h3a4 4 0 0 1 0 8h-3M136 198c-3-4 4-6 1-11M143 198c-3-4 4-6 1-11"/>
<path class="soft" d="M282 258c0-22-4-36-14-50M282 258c0-26 3-42 15-58M282 258c-1-17-2-34 2-66"/>
<path class="ink" d="M270 258h24l-4 26h-16z"/>
<path class="path" d="M362 276c-26 14 18 20-18 40"/>
</svg>`,
	"cup":    `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="floor" d="M10 86h100"/><path class="ink" d="M36 44h42v20a20 20 0 0 1-20 20h-2a20 20 0 0 1-20-20zM78 50h5a9 9 0 0 1 0 18h-6"/><path class="warm" d="M49 35c-5-7 5-9 0-17M64 35c-5-7 5-9 0-17"/></svg>`,
	"door":   `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="glow" d="M44 16h28v66H44zM44 82h28l12 12H26z"/><path class="floor" d="M8 82h32M90 82h22"/><path class="ink" d="M40 82V12h36M44 82V16h28v66M72 16l18-8v84l-18-10"/><circle class="knob" cx="86" cy="50" r="2.2"/></svg>`,
	"chairs": `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="floor" d="M8 86h104"/><path class="ink" d="M26 34v52M26 60h22v26M94 34v52M94 60H72v26"/><path class="warm" d="M52 66h16M60 66v20"/></svg>`,
	"path":   `<svg class="picture" viewBox="0 0 120 96" aria-hidden="true" focusable="false"><path class="floor" d="M8 88h26M54 88h58"/><path class="path" d="M44 88c0-20 46-18 46-38 0-15-32-12-32-26 0-4 2-7 5-9"/><path class="ink" d="M58 16V4M58 5h16l-4 4 4 4H58"/><path class="soft" d="M18 88c0-8-2-13-6-18M18 88c0-9 1-15 5-20"/></svg>`,
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
