package browser

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"amelie/internal/db"
	"amelie/internal/directory"
)

var confirmLink = regexp.MustCompile(`/[a-z]{2}/confirm/[a-z2-7]{26}`)

// linkOf is the path of the link that was mailed to an invented body.
func (h *house) linkOf(t *testing.T, mailbox string) string {
	t.Helper()
	for _, m := range h.app.Catcher.For(mailbox) {
		if link := confirmLink.FindString(m.Text); link != "" {
			return link
		}
	}
	t.Fatalf("no link was mailed to %s", mailbox)
	return ""
}

// writes replaces what stands in a field.
func (v *visitor) writes(name, text string) {
	v.t.Helper()
	v.into(`[name="` + name + `"]`)
	if !eval[bool](v, `(e => { e.value = `+quote(text)+`; e.dispatchEvent(new Event("input", {bubbles: true})); return e.value === `+quote(text)+` })(document.querySelector('[name="`+name+`"]'))`) {
		v.t.Fatalf("%s cannot be written into", name)
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// opens unfolds what is folded around a field.
func (v *visitor) opens(name string) {
	v.t.Helper()
	eval[bool](v, `(document.querySelector('[name="`+name+`"]').closest("details").open = true)`)
}

// The owner of an entry, on a telephone, without an account: an hour and a
// number are wrong. The editor finds them on the call list, calls the number
// that was known before, and then both are live. With and without JavaScript.
func TestAnOwnerCorrectsAnHourByTheLinkAndTheEditorCallsBeforeTheNumberIsLive(t *testing.T) {
	h := demo(t)
	id := "de-demo-fluss-1"
	link := h.linkOf(t, "kontakt@fluss.invalid")
	owner := h.visitor(t, phone)
	owner.goTo(link)
	owner.sees("Stimmt das noch, Beratung am Fluss", "Montag: 10:00–16:00", "Alles stimmt noch")
	owner.opens("day." + id + ".Mo")
	owner.opens("phone." + id + ".0")
	owner.fits()
	owner.accessible()
	owner.writes("day."+id+".Mo", "morgens")
	owner.writes("phone."+id+".0", "030 23125 009")
	owner.press(`form[data-guard] .actions button`)
	owner.sees("Diese Zeiten sind nicht lesbar")
	if got := eval[string](owner, `document.querySelector('[name="phone.`+id+`.0"]').value`); got != "030 23125 009" {
		t.Errorf("the number that was typed is lost: %q", got)
	}
	owner.accessible()
	owner.opens("day." + id + ".Mo")
	owner.writes("day."+id+".Mo", "10-12, 13.30-18")
	owner.press(`form[data-guard] .actions button`)
	owner.sees("Vielen Dank", "noch nicht veröffentlicht", "bisher bekannten Nummer")
	owner.fits()
	owner.accessible()
	owner.goTo("/de/entry/" + id)
	owner.seesNot("13:30–18:00", "23125009")

	editor := h.visitor(t, desktop)
	editor.enter("editor")
	editor.goTo("/de/rounds")
	editor.accessible()
	editor.press(`article h2 a[href*="/round/"]`)
	editor.accessible()
	editor.press(`a[href$="/calls"]`)
	editor.sees("Beratung am Fluss", "Bitte anrufen, bevor es gilt", "+49 30 23125001")
	editor.seesNot("23125009")
	editor.fits()
	editor.accessible()
	h.settle(t, "de-demo-fluss")

	reader := h.visitor(t, phone)
	reader.goTo("/de/entry/" + id)
	reader.sees("13:30–18:00", "telefonisch geprüft von der Redaktion")
	if !strings.Contains(eval[string](reader, `document.querySelector("a.call").href`), "+493023125009") {
		t.Error("the call button does not dial the new number")
	}
	reader.seesNot("Lotte")
	reader.accessible()
	for _, v := range []*visitor{owner, editor, reader} {
		v.clean()
	}
}

// settle accepts what waits for a body, after a call to the number known before.
func (h *house) settle(t *testing.T, organization string) {
	t.Helper()
	d, now := h.app.Directory, h.app.Config.Now()
	err := h.app.DB.Write(context.Background(), func(tx *db.Tx) error {
		known, err := d.Known(tx, organization)
		if err != nil {
			return err
		}
		list, err := d.SuggestionsOf(tx, organization)
		if err != nil {
			return err
		}
		for _, s := range list {
			if s.State == directory.Waiting {
				by := directory.By{User: "test", Name: "Lotte Brand", Way: directory.ByEditor}
				if err := d.Settle(tx, by, now, s.ID, directory.Settling{Accept: true, Called: known[0]}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Refresh()
}

// A Greek reader without JavaScript reports that a number is dead; the editor
// takes it up. Every page of the desk fits a telephone and axe.
func TestAVisitorSaysThatSomethingIsWrongAndAnEditorSeesToIt(t *testing.T) {
	h := demo(t)
	l := phone
	l.noScript = true
	v := h.visitor(t, l)
	v.goTo("/el/entry/it-demo-lume-1")
	v.press(`a[href$="/wrong"]`)
	v.sees("Τι δεν είναι σωστό εδώ;", "112")
	v.fits()
	eval[bool](v, `document.querySelector('input[name=what][value=other]').checked = true`)
	v.press(`form[action$="/wrong"] .actions button`)
	v.sees("Πείτε με λίγα λόγια")
	v.writes("words", "Ο δρόμος άλλαξε όνομα. (invented)")
	v.press(`form[action$="/wrong"] .actions button`)
	v.sees("Ευχαριστούμε")
	if got := eval[string](v, `document.cookie`); got != "" {
		t.Errorf("a report left a cookie: %s", got)
	}

	editor := h.visitor(t, phone)
	editor.enter("editor")
	for _, path := range []string{"/de/reports", "/de/trust/it-demo-lume-1", "/de/rounds/new?months=6", "/el/rounds", "/el/entry/it-demo-lume-1/wrong"} {
		editor.goTo(path)
		editor.fits()
		editor.accessible()
	}
	editor.goTo("/de/reports")
	editor.sees("Ο δρόμος άλλαξε όνομα.", "Etwas anderes")
	editor.press(`button[name=to][value=taken]`)
	editor.sees("Sie kümmern sich jetzt darum")
	v.clean()
	editor.clean()
}

// What a forged link, and one that was not copied whole, say in six languages.
func TestALinkThatDoesNotWorkSaysSoInWords(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	link := h.linkOf(t, "info@lychnari.invalid")
	for _, path := range []string{link[:len(link)-6], "/de/confirm/" + strings.Repeat("a", 26)} {
		v.goTo(path)
		v.fits()
		v.accessible()
	}
	v.sees("Dieser Link kann nicht benutzt werden", "Nichts wurde geändert")
}
