package app

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"amelie/content"
	"amelie/internal/id"
	"amelie/internal/referral"
)

// An invented body without an account, and what became of asking it.

//go:embed invented/*.toml
var inventedFiles embed.FS

// shelf is the shipped content with the demo's invented entries in its
// directory, so that no real body seems to answer a letter.
type shelf struct{ fs.FS }

// contentFS is what the directory is filled from.
func (a *App) contentFS() fs.FS {
	if a.Config.Demo {
		return shelf{content.FS}
	}
	return content.FS
}

// invented is the name of a file of the demo, "" for the shipped ones.
func invented(name string) string {
	if rest, ok := strings.CutPrefix(name, "directory/invented-"); ok {
		return "invented/" + rest
	}
	return ""
}

func (s shelf) Open(name string) (fs.File, error) {
	if own := invented(name); own != "" {
		return inventedFiles.Open(own)
	}
	return s.FS.Open(name)
}

// ReadDir adds the invented files to the directory's folder.
func (s shelf) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(s.FS, name)
	if name != "directory" || err != nil {
		return all, err
	}
	more, err := fs.ReadDir(inventedFiles, "invented")
	for _, e := range more {
		all = append(all, renamed{e})
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, err
}

type renamed struct{ fs.DirEntry }

func (r renamed) Name() string { return "invented-" + r.DirEntry.Name() }

const harbour = "gr-harbour-lantern-rooms"

// letters asks the invented body without an account by each way: one letter
// waits for its code, one was opened and answered with a question, one sheet
// was answered by telephone.
func (d *demoSeed) letters() error {
	answered, err := d.ask("midwife", referral.ByLink, 26*time.Hour, told("today", "25-39", "ro", []string{"accommodation"}, map[string]referral.Answer{"name": one("name", "Ioana (invented)")}))
	if err != nil {
		return fmt.Errorf("answered letter: %w", err)
	}
	if err := d.guest(answered); err != nil {
		return fmt.Errorf("guest: %w", err)
	}
	paper, err := d.ask("doctor", referral.ByForm, 3*24*time.Hour, told("days", "40-59", "en", []string{"counselling"}, nil))
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	d.at(-2 * 24 * time.Hour)
	if err := d.a.Referrals.Act(d.ctx, d.viewers["doctor"], paper, referral.Deed{Action: referral.Accept, Text: "Mrs Fanari: a talk on Thursday at ten (invented)", Once: id.New()}); err != nil {
		return err
	}
	_, err = d.ask("midwife", referral.ByLink, 5*time.Minute, told("today", "18-24", "en", []string{"accommodation", "counselling"}, nil))
	if err != nil {
		return fmt.Errorf("waiting letter: %w", err)
	}
	d.at(0)
	return d.a.Jobs.RunDue(d.ctx) // the mails
}

// ask sends to the invented body by a way.
func (d *demoSeed) ask(by string, w referral.Way, ago time.Duration, answers map[string]referral.Answer) (string, error) {
	d.at(-ago)
	draft, err := d.begin(by, harbour, answers)
	if err != nil {
		return "", err
	}
	if err := d.a.Referrals.AddressBy(d.ctx, referral.AuthorOf(d.viewers[by]), draft, harbour, w); err != nil {
		return "", err
	}
	return d.send(by, draft, spoken(answers["language"].One("language"), 30, wholePacket))
}

// guest opens the newest letter with the code and asks something.
func (d *demoSeed) guest(letter string) error {
	if err := d.a.Jobs.RunDue(d.ctx); err != nil {
		return err
	}
	mails := d.a.Catcher.For("desk@harbour-lantern.invalid")
	if len(mails) == 0 {
		return fmt.Errorf("no letter was mailed")
	}
	link := linkIn(mails[0].Text)
	shown, err := d.a.Referrals.Look(d.ctx, d.viewers["midwife"], letter)
	if err != nil {
		return err
	}
	d.at(-25 * time.Hour)
	secret := link[strings.LastIndexByte(link, '/')+1:]
	cookie, err := d.a.Referrals.OpenLetter(d.ctx, secret, shown.Letter.Code, "Danae Fanari (invented)")
	if err != nil {
		return err
	}
	v, _, err := d.a.Referrals.LetterViewer(d.ctx, secret, cookie)
	if err != nil {
		return err
	}
	if _, err := d.a.Referrals.Look(d.ctx, v, letter); err != nil {
		return err
	}
	if err := d.a.Referrals.Act(d.ctx, v, letter, referral.Deed{Action: referral.Ask, Text: "Is there a child to come along? (invented)", Once: id.New()}); err != nil {
		return err
	}
	if err := d.a.Referrals.Wish(d.ctx, v, letter); err != nil {
		return err
	}
	return d.a.Referrals.CloseLetter(d.ctx, cookie)
}

var linkShape = regexp.MustCompile(`https?://\S+`)

// linkIn is the one address of a mail; "" when it has none.
func linkIn(text string) string { return linkShape.FindString(text) }
