package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// brings gives a file to the page of files, as a person who has it on the disk.
func (v *visitor) brings(language, name, content, country string) {
	v.t.Helper()
	path := filepath.Join(v.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.goTo("/" + language + "/desk/files")
	v.run(chromedp.SetUploadFiles(`input[name=file]`, []string{path}), chromedp.SetValue(`select[name=country]`, country))
	v.press(`form[enctype] .actions button`)
}

const bringAll = `form[action$="/apply"] .actions button`

// fileWalk is one walk of an editor with a table of somebody else.
type fileWalk struct {
	language, country, service, number string
	look                               look
	head                               string // of the table: organisation, service, telephone, help, description
	says                               map[string]string
}

var fileWalks = []fileWalk{
	{"el", "GR", "Ζέφυρος Βάρδια", "2310 019880", desktop, "Φορέας;Υπηρεσία;Τηλέφωνο επικοινωνίας;Είδος βοήθειας;Περιγραφή;Χρώμα",
		map[string]string{"columns": "Τι είναι οι στήλες;", "noname": "ποια στήλη έχει το όνομα", "line": "γραμμή 3", "phone": "«call me»: δεν περιέχει αριθμό τηλεφώνου", "word": "Συμβουλευτική (counselling)",
			"tick": "Παράλειψη των απορριφθέντων", "brought": "Εισήχθη", "undone": "Αναιρέθηκε", "filled": "φυλάχτηκε ως"}},
	{"de", "DE", "Zephyr Anlaufstelle", "030 123456", look{width: 390, height: 844, noScript: true}, "Träger;Angebot;Telefonnummer;Leistungen;Beschreibung;Farbe",
		map[string]string{"columns": "Was bedeuten die Spalten?", "noname": "welche Spalte die Organisation nennt", "line": "Zeile 3", "phone": "„call me“ enthält keine Telefonnummer", "word": "Beratung (counselling)",
			"tick": "Die abgelehnten Einträge weglassen", "brought": "Eingelesen", "undone": "Zurückgenommen", "filled": "aufbewahrt"}},
}

// The editor brings a table whose columns are not ours: says what they are,
// keeps that, is shown a line that is refused and why, leaves the column out
// without sending the file again, brings it, finds it in the search and takes
// it back. In Greek on a wide screen, in German on a telephone without
// JavaScript.
func TestAForeignTableIsNamedLookedAtBroughtFoundAndTakenBack(t *testing.T) {
	h := demo(t)
	for _, one := range fileWalks {
		t.Run(one.language, func(t *testing.T) {
			v := h.visitor(t, one.look)
			v.enter("editor")
			body := "Zephyrwind " + one.language
			table := one.head + "\n" + body + ";" + one.service + ";" + one.number + ";counselling;Zephyr;blau\n" + body + ";Second door;call me;counselling;;rot\n"
			v.brings(one.language, "table.csv", table, one.country)
			v.sees(one.says["columns"], "blau", one.service)
			v.ok()
			v.namesColumns(one)
			v.sees(one.says["line"], one.says["phone"])
			v.ok()
			v.press(bringAll) // without a tick nothing is brought
			v.sees(one.says["tick"])
			v.ok()
			v.goTo("/" + one.language + "/find?q=Zephyrwind")
			v.seesNot(one.service)

			v.brings(one.language, "next.csv", strings.Replace(table, "call me", one.number, 1), one.country)
			v.sees(one.says["filled"], "Zephyr list") // for the same columns nothing is asked twice
			v.press(`form[action$="/columns"] .actions button`)
			v.seesNot(one.says["tick"])
			v.sees(one.says["word"])
			v.ok()
			v.bringsAndTakesBack(one)
			v.clean()
		})
	}
}

// namesColumns says what the columns are: what was chosen by the names is
// right, but for a slip that is shown with all that was typed.
func (v *visitor) namesColumns(one fileWalk) {
	v.t.Helper()
	v.run(chromedp.SetValue(`select[name="column-0"]`, ""), chromedp.SetValue(`select[name=role]`, "day-centre"), chromedp.SetValue(`input[name=keep]`, "Zephyr list "+one.language))
	v.press(`form[action$="/columns"] .actions button`)
	v.sees(one.says["noname"])
	v.ok()
	if kept := eval[string](v, `document.querySelector("input[name=keep]").value`); kept != "Zephyr list "+one.language {
		v.t.Errorf("what was typed is lost: %q", kept)
	}
	v.run(chromedp.SetValue(`select[name="column-0"]`, "organization"))
	v.press(`form[action$="/columns"] .actions button`)
}

func (v *visitor) bringsAndTakesBack(one fileWalk) {
	v.t.Helper()
	v.press(bringAll)
	v.sees(one.says["brought"])
	v.ok()
	brought := v.address()
	search := "/" + one.language + "/find?q=" + strings.ReplaceAll(one.service, " ", "+")
	v.goTo(search)
	v.sees("Zephyrwind")
	v.goTo(brought[len(v.h.base):])
	v.press(`button[formaction$="/undo"]`)
	v.ok()
	v.press(bringAll)
	v.goTo(search)
	v.seesNot("Zephyrwind")
	v.goTo("/" + one.language + "/desk/files")
	v.sees(one.says["undone"])
	v.ok()
}

// Who may not see hidden addresses is not offered a file of them.
func TestAnAdministratorIsNotOfferedTheFileOfEditors(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	v.enter("admin")
	v.goTo("/en/desk/files")
	v.sees("Take the directory with you", "Professionals")
	v.seesNot("hidden addresses")
	v.goTo("/en/desk/export?format=csv&for=editors")
	v.sees("This is not open to you")
	v.clean()
}

// Two forms share the page of files: what was wrong with the file that was
// brought is no reason for an export without a reader.
func TestAFileThatCannotBeReadLeavesTheExportAsItWas(t *testing.T) {
	v := demo(t).visitor(t, desktop)
	v.enter("editor")
	v.brings("en", "photo.bin", "no table", "GR")
	v.sees("format")
	if !eval[bool](v, `document.querySelector('[name="written-as"]').closest("details").open`) {
		t.Error("the field that is wrong is folded away")
	}
	v.fits()
	v.accessible()
	if got := eval[string](v, `new URLSearchParams(new FormData(document.querySelector('form[action$="/export"]'))).toString()`); got != "format=csv&for=public" {
		t.Errorf("the export asks for %q", got)
	}
	v.clean()
}
