package phone

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"sync"

	"github.com/andybalholm/brotli"
)

// packed are the plans of all countries, as script/phone writes them.
//
//go:embed plans.json.br
var packed []byte

// Plan is how a country or network numbers its telephones. Patterns are those
// of libphonenumber's metadata.
type Plan struct {
	Region        string // ISO 3166-1; 001 for what belongs to no country
	Code          int    // ITU-T E.164
	Main          bool   `json:",omitempty"` // of several with one code the one that stands for them
	International string `json:",omitempty"` // what leads out of the country
	Prefix        string `json:",omitempty"` // what stands before a number at home
	Instead       string `json:",omitempty"` // what stands there instead when it is taken away
	Leading       string `json:",omitempty"` // of several with one code: the first digits of this one's numbers
	General       Kind   // all numbers
	Premium, Free Kind
	Others        []Kind   `json:",omitempty"`
	National      []Format `json:",omitempty"`
	Abroad        []Format `json:",omitempty"` // where they differ with the country's code before them
}

// Kind is one sort of number.
type Kind struct {
	Pattern string `json:",omitempty"`
	Lengths []int  `json:",omitempty"` // none: those of all
	Local   []int  `json:",omitempty"` // lengths that can be dialled within a town only
}

// Format is one way of grouping digits.
type Format struct {
	Pattern string
	Leading string `json:",omitempty"`
	Groups  string
	First   string `json:",omitempty"` // the first group at home
}

// verdict is what a length says.
type verdict int

const (
	tooShort verdict = iota
	possible
	localOnly
	tooLong
	noLength // between two that are possible
)

func (k Kind) length(digits string) verdict {
	n := len(digits)
	switch {
	case slices.Contains(k.Local, n):
		return localOnly
	case slices.Contains(k.Lengths, n):
		return possible
	case len(k.Lengths) == 0 || n > k.Lengths[len(k.Lengths)-1]:
		return tooLong
	case n < k.Lengths[0]:
		return tooShort
	}
	return noLength
}

// fits says whether the digits have the kind's pattern.
func (k Kind) fits(digits string) bool {
	return k.Pattern != "" && compiled(`^(?:`+k.Pattern+`)$`).MatchString(digits)
}

// allows says whether the digits are a number of the kind, in length too.
func (k Kind) allows(digits string, general Kind) bool {
	lengths := k.Lengths
	if len(lengths) == 0 {
		lengths = general.Lengths
	}
	return slices.Contains(lengths, len(digits)) && k.fits(digits)
}

// known are the plans that somebody asked for; the others stay packed.
var known struct {
	sync.Mutex
	codes    map[int][]*Plan
	regions  map[string]int // region to code
	patterns map[string]*regexp.Regexp
}

// unpack reads all plans. It takes some milliseconds, so it is done once for
// each code that is asked for.
func unpack() (all []*Plan) {
	text, err := io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic("phone: the plans are damaged: " + err.Error()) // a broken build
	}
	return all
}

// plansOf are the plans of a code, the main one first; nil when there is none.
func plansOf(code int) []*Plan {
	known.Lock()
	defer known.Unlock()
	learnRegions()
	list, ok := known.codes[code]
	if !ok || list != nil {
		return list
	}
	for _, p := range unpack() {
		if p.Code == code {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b *Plan) int {
		switch {
		case a.Main == b.Main:
			return 0
		case a.Main:
			return -1
		}
		return 1
	})
	known.codes[code] = list
	return list
}

// learnRegions notes which codes there are. The caller holds the lock.
func learnRegions() {
	if known.codes != nil {
		return
	}
	known.codes, known.regions, known.patterns = map[int][]*Plan{}, map[string]int{}, map[string]*regexp.Regexp{}
	for _, p := range unpack() {
		known.codes[p.Code] = nil
		if p.Region != "001" {
			known.regions[p.Region] = p.Code
		}
	}
}

// mainPlan stands for a code; nil when there is none.
func mainPlan(code int) *Plan {
	if list := plansOf(code); len(list) > 0 {
		return list[0]
	}
	return nil
}

// planOf is the plan of a region; nil when there is none.
func planOf(region string) *Plan {
	known.Lock()
	learnRegions()
	code, ok := known.regions[region]
	known.Unlock()
	if !ok {
		return nil
	}
	for _, p := range plansOf(code) {
		if p.Region == region {
			return p
		}
	}
	return nil
}

// compiled is a pattern of the plans, kept once it was used.
func compiled(pattern string) *regexp.Regexp {
	known.Lock()
	defer known.Unlock()
	re := known.patterns[pattern]
	if re == nil {
		re = regexp.MustCompile(pattern)
		known.patterns[pattern] = re
	}
	return re
}
