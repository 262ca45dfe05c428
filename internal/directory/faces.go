package directory

import (
	"html/template"
	"sync"
	"time"
)

// faces keeps what the cards of a result page have in common with every other
// search, until the next minute of the clock: making them is the larger part
// of a page's time. Nothing of a search is in them.
type faces struct {
	mu     sync.RWMutex
	minute int64
	kept   map[faceKey]face
}

// faceKey is all that a card's kept parts depend on, beside the minute.
type faceKey struct {
	lang, id            string
	refer, open, covers bool
}

// face is a card without its reasons: what stands before and after them.
type face struct{ open, close template.HTML }

// mostFaces bounds what is kept, at about 1 kB each.
const mostFaces = 4096

func (f *faces) get(now time.Time, key faceKey) (face, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.minute != now.Unix()/60 {
		return face{}, false
	}
	one, ok := f.kept[key]
	return one, ok
}

func (f *faces) put(now time.Time, key faceKey, one face) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if minute := now.Unix() / 60; f.minute != minute || len(f.kept) >= mostFaces {
		f.minute, f.kept = minute, map[faceKey]face{}
	}
	f.kept[key] = one
}
