// Command commonlist makes the list of common passwords of package account from
// the list of zxcvbn: src/passwords.json of npm's @zxcvbn-ts/language-common
// (MIT), a JSON array, the most common first.
//
// It stores the marks of words, not the words. It must never be run on
// passwords of anybody here.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"log"
	"os"
	"slices"
	"unicode/utf8"

	"amelie/internal/account"
)

const (
	// most are the words that are kept, the most common first: 80 KB.
	most = 20_000
	// shortest is the least letters of a word that counts by itself: shorter ones
	// stand inside good passwords by chance.
	shortest = 5
)

// ours are common words and keys in a row that the list lacks, in the languages
// of the interface.
var ours = []string{"willkommen", "passwoerter", "geheimnis", "krankenhaus", "hebamme", "qwertzuiop", "qwertzuiopasdf", "qwertyuiopasdf", "azertyuiopqsd",
	"bienvenue", "motdepasse", "hopital", "soleil", "benvenuto", "benvenuti", "ospedale", "parolasegreta", "ziekenhuis", "wachtwoord", "welkom", "hospital", "password",
	"κωδικος", "κωδικοςπροσβασης", "καλημερα", "νοσοκομειο", "ελλαδα", "καλωσηρθατε", "kodikos", "kalimera", "nosokomeio",
	"january", "february", "september", "october", "november", "december", "januar", "februar", "oktober", "dezember", "gennaio", "febbraio", "settembre", "ottobre", "novembre", "dicembre",
	"janvier", "fevrier", "septembre", "octobre", "decembre", "januari", "februari", "augustus", "ιανουαριος", "σεπτεμβριος", "δεκεμβριος",
	"summer", "winter", "spring", "autumn", "sommer", "herbst", "fruehling", "inverno", "estate", "primavera", "printemps", "hiver", "zomer", "herfst", "lente", "καλοκαιρι", "χειμωνας", "amelie"}

func main() {
	out := flag.String("out", "common.bin", "where to write the list")
	flag.Parse()
	text, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	var given []string
	if err := json.Unmarshal(text, &given); err != nil {
		log.Fatal(err)
	}
	marks := map[uint32]bool{}
	for _, w := range ours {
		marks[account.CommonMark(account.FoldCommon(w))] = true
	}
	for _, p := range given {
		whole := account.FoldCommon(p)
		if utf8.RuneCountInString(whole) >= account.MinPassword {
			marks[account.CommonMark(whole)] = true
		}
		if word := account.CommonWord(whole); utf8.RuneCountInString(word) >= shortest && len(marks) < most {
			marks[account.CommonMark(word)] = true
		}
	}
	var list []uint32
	for m := range marks {
		list = append(list, m)
	}
	slices.Sort(list)
	var b []byte
	for _, m := range list {
		b = binary.BigEndian.AppendUint32(b, m)
	}
	if err := os.WriteFile(*out, b, 0o644); err != nil { //nolint:gosec // a file of the repository
		log.Fatal(err)
	}
}
