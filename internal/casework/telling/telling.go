// Package telling is the full account of what happened to a person: taken once, for
// a named purpose, and given to others instead of asking again.
//
// The idea. A file holds needs and safety; what was done to the person is not asked.
// Some purposes need it all the same: asylum, criminal proceedings, compensation,
// recognition. Then it is taken here, once, and only after legal advice was offered
// and the person knows who could demand to see it, and wants to tell it now. It is
// taken in sections, each of which may be left out, with time, place, interpreter,
// who was present and breaks; it is read back, corrected, and confirmed by the
// person. A confirmed account is closed: what changes later is a new version with
// its reason, read back and confirmed again. Other agencies get the account, or an
// extract of chosen sections, by the person's consent. The room counts how often
// the person was asked to tell it, here or elsewhere, and whether what is there
// could have been given instead.
//
// Stored, all of it sealed as entries of the case file: what was settled before, the
// account and each time that it was asked for in the part "account"; extracts in the
// part "legal", where those read them who were given that part. Nothing is readable
// but that an entry of a kind exists.
//
// The life of the account: nothing, taking, stopped or read back, confirmed; from
// there a new version begins, with a reason.
//
// Counted by month, without any case, is how often the account was given instead of
// asking again.
//
// It must never begin without purpose, advice, explanation and the person's own
// wish; never change what was confirmed without a new version; never show an
// unconfirmed account to another agency; never bring a word into lists, search,
// mails or statistics.
package telling

import (
	"slices"

	"amelie/internal/ask"
	"amelie/internal/casework"
)

// Room is the room's address below the case, and the first part of its texts.
const Room = "telling"

// TextVersion names the text by which is explained who could demand the account. No
// country has one of its own yet.
const TextVersion = "general-1"

// The kinds of the room.
const (
	Ground  = "telling-ground"  // what is settled before
	Account = "account"         // the account itself
	Asked   = "asked-to-tell"   // each time that the person was asked
	Extract = "account-extract" // chosen sections, for those who have the part "legal"
	Before  = "asked-before"    // how often the person was asked where the case was before, as far as no entry says it
)

// Sections of an account, each of which may be left out.
var Sections = []string{"before", "beginning", "work", "end", "since", "matters"}

var (
	purposes    = []string{"asylum", "criminal-proceedings", "compensation", "recognition", "residence", "other"}
	interpreted = []string{"nobody", "woman", "man", "telephone"}
)

// Kinds are the room's entries. None is found by words, and none is due.
//
// req: ACCOUNT-4
var Kinds = []casework.Kind{
	{ID: Ground, Room: Room, Part: casework.Account, Single: true, Hint: true, Fields: []ask.Field{
		{Name: "purpose", Kind: ask.Choose, Options: purposes},
		{Name: "purpose-other", Kind: ask.Short, Max: 120},
		{Name: "advice", Kind: ask.Choose, Options: []string{"given", "refused", "not-yet"}},
		{Name: "advice-day", Kind: ask.Day},
		{Name: "advice-by", Kind: ask.Short, Max: 120},
		{Name: "explained", Kind: ask.Choose, Options: []string{"yes", "not-yet"}},
		{Name: "text", Kind: ask.Choose, Options: []string{TextVersion, "lawyer"}},
		{Name: "language", Kind: ask.Choose, Options: append(slices.Clone(casework.Spoken), "other")},
		{Name: "interpreted", Kind: ask.Choose, Options: interpreted},
		{Name: "wants", Kind: ask.Choose, Options: []string{"yes", "later", "no"}},
	}},
	{ID: Account, Room: Room, Part: casework.Account, Single: true, Own: true, Must: []string{"day"}, Fields: append(append([]ask.Field{
		{Name: "day", Kind: ask.Day},
		{Name: "hours", Kind: ask.Short, Max: 60},
		{Name: "place", Kind: ask.Short, Max: 120},
		{Name: "interpreted", Kind: ask.Choose, Options: interpreted},
		{Name: "present", Kind: ask.Short, Max: 200},
		{Name: "breaks", Kind: ask.Short, Max: 200},
		{Name: "skipped", Kind: ask.Tick, Options: Sections},
	}, sections()...),
		ask.Field{Name: "corrections", Kind: ask.Long, Max: 4000},
		ask.Field{Name: "standing", Kind: ask.Choose, Options: []string{string(Taking), string(Stopped), string(ReadBack), string(Confirmed)}},
		ask.Field{Name: "reason", Kind: ask.Short, Max: 300},
		ask.Field{Name: "confirmed-how", Kind: ask.Choose, Options: []string{"spoken", "signed", "marked"}},
		ask.Field{Name: "confirmed-day", Kind: ask.Day},
	)},
	{ID: Asked, Room: Room, Part: casework.Account, Hint: true, Must: []string{"day", "asked-by", "purpose", "instead"}, Fields: []ask.Field{
		{Name: "day", Kind: ask.Day},
		{Name: "asked-by", Kind: ask.Short, Max: 120},
		{Name: "purpose", Kind: ask.Choose, Options: append(slices.Clone(purposes), "help")},
		{Name: "where", Kind: ask.Choose, Options: []string{"here", "elsewhere"}},
		{Name: "told", Kind: ask.Choose, Options: []string{"yes", "in-part", "no"}},
		{Name: "instead", Kind: ask.Choose, Options: Instead},
	}},
	{ID: Before, Room: Room, Part: casework.Account, Own: true, Fields: []ask.Field{{Name: "times", Kind: ask.Short, Max: 4}}},
	{ID: Extract, Room: Room, Part: casework.Legal, Own: true, Must: []string{"for"}, Fields: append([]ask.Field{
		{Name: "for", Kind: ask.Short, Max: 120},
		{Name: "day", Kind: ask.Day},
		{Name: "confirmed-day", Kind: ask.Day},
	}, sections()...)},
}

func sections() (out []ask.Field) {
	for _, name := range Sections {
		out = append(out, ask.Field{Name: name, Kind: ask.Long, Max: 8000})
	}
	return out
}

// Instead are the codes of what became of a time that somebody asked.
var Instead = []string{"given", "could", "could-not"}

// kindOf is one of the room's kinds.
func kindOf(id string) casework.Kind {
	return Kinds[slices.IndexFunc(Kinds, func(k casework.Kind) bool { return k.ID == id })]
}

// own are the fields that the acts set, not the form.
var own = []string{"standing", "reason", "confirmed-how", "confirmed-day"}
