// Package lexicon keeps the words of the directory: which word leads to which
// help, in every language, and which needs the directory does not answer.
//
// The idea: whoever searches in vain tells what is missing, a word or a
// service. What can be said of it without saying anything about a person is
// counted, and the coordinator makes the word a synonym, or goes looking for
// the service.
//
// Stored: by month, how often a kind of help, a region and a language together
// found little (codes only), and how often a single word led nowhere, but only
// words that were typed on five different days in the same country and
// language; words that an editor leaves as they are; whether counting is on.
// Counts are deleted after two years, or all at once when counting is switched
// off. Before a word has been typed on five days it is nowhere but in the
// memory of this process, as a fingerprint under a key that dies with it.
//
// It must never store or log what one visitor typed, nor an address, a sign-in
// or a time of day, and never slow a search: counts are kept in memory and
// written every few minutes; what was not yet written is lost when the process
// is killed, and that is all right.
package lexicon

import (
	"embed"
	"log/slog"
	"sync/atomic"

	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/directory"
	"amelie/internal/i18n"
	"amelie/internal/web"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema is what this package stores.
var Schema = db.Schema{Package: "lexicon", Files: schemaFiles}

//go:embed page/*.html page/*.css
var pageFiles embed.FS

var _ = web.Style(pageFiles, "page/lexicon.css")

// Config is what the lexicon needs from outside.
type Config struct {
	DB        *db.DB
	Directory *directory.Directory
	Texts     *i18n.Bundle
	Now       clock.Clock
	Log       *slog.Logger
}

// Lexicon counts needs and serves the room of words.
type Lexicon struct {
	cfg    Config
	d      *directory.Directory
	sketch *sketch
	off    atomic.Bool // as the switch was when it was last looked at
	finder finderCache
	usage  usage
}

// New makes the room. Call Sweep once before the first search.
func New(cfg Config) *Lexicon {
	if cfg.Now == nil {
		cfg.Now = clock.System
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Lexicon{cfg: cfg, d: cfg.Directory, sketch: newSketch()}
}

// Mount registers the pages.
func (l *Lexicon) Mount(s *web.Shell) {
	s.Professional("GET /desk/need", l.need)
	s.Professional("GET /desk/need/table", l.needTable)
	s.Professional("POST /desk/need", l.needPost)
	s.Professional("GET /desk/words", l.words)
	s.Professional("POST /desk/words", l.undo)
	s.Professional("GET /desk/words/new", l.add)
	s.Professional("POST /desk/words/new", l.addPost)
	s.Professional("GET /desk/words/side", l.side)
	s.Professional("POST /desk/words/side", l.sidePost)
	s.Professional("GET /desk/words/{concept}", l.concept)
	s.Professional("POST /desk/words/{concept}", l.conceptPost)
	s.Professional("GET /desk/words/{concept}/split", l.split)
	s.Professional("POST /desk/words/{concept}/split", l.splitPost)
}

// by is the viewer as the history names her.
func by(v *web.Viewer) directory.By {
	return directory.By{User: v.UserID, Name: v.Name, Agency: v.AgencyID, Way: directory.ByEditor}
}

// maySee lets those through who keep the words, and administrators, who may
// look at them and at what was counted.
func (l *Lexicon) maySee(tx *db.Tx, v *web.Viewer) error {
	return l.d.Require(tx, v.Actor(), "directory.words-seen", "", "")
}

// may lets those through who keep the words.
func (l *Lexicon) may(tx *db.Tx, v *web.Viewer) error {
	return l.d.Require(tx, v.Actor(), "directory.words", "", "")
}

// pressedAgain says whether this form was carried out before.
func pressedAgain(tx *db.Tx, c *web.Ctx, f *web.Form) (bool, error) {
	if f.Once() == "" {
		return false, nil
	}
	first, err := db.Once(tx, "lexicon", f.Once(), c.Now())
	return !first, err
}
