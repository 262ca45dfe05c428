package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// noteSays is what stands in the note.
const noteSays = `document.querySelector("#note").innerText.trim().replaceAll(/\n+/g, "|")`

// req: RECORD-1
func TestANoteForTheRecordIsComposedWithoutSendingAnything(t *testing.T) {
	w := demo(t).wire(t)
	midwife := w.visitor(t, phone)
	midwife.goTo("/de/guide/record")
	midwife.accessible()
	midwife.fits()
	w.since()
	for _, id := range []string{"alone", "later", "named"} {
		midwife.run(chromedp.Click(fmt.Sprintf(`input[value=%s]`, id)))
	}
	want := "Das Gespräch fand ohne Begleitung statt.|Weiteres ist derzeit nicht gewünscht; das Angebot bleibt bestehen.|" +
		"Mit Zustimmung der behandelten Person: Die Anzeichen passen zu einer Ausbeutung. Das ist eine Beobachtung, keine festgestellte Tatsache.|" +
		"Diese Notiz bitte nicht in Portal, Briefe, Rechnungen und Bescheinigungen übernehmen."
	if got := eval[string](midwife, noteSays); got != want {
		t.Errorf("the note says %q", got)
	}
	midwife.seesNot("Jedes Wort dafür")
	midwife.accessible()
	midwife.run(chromedp.Click(`input[value=shown]`))
	midwife.seesNot("Diese Notiz bitte nicht in Portal")
	midwife.run(chromedp.Click(`[data-clear]`))
	midwife.sees("Noch ist nichts angekreuzt.", "Jedes Wort dafür")
	if asked := w.since(); len(asked) > 0 {
		t.Errorf("composing asked %v", asked)
	}
	if left := eval[string](midwife, traces); left != noTraces {
		t.Errorf("on the device lie %s", left)
	}
	midwife.clean()
}

func TestANoteIsComposedWithoutAScript(t *testing.T) {
	l := phone
	l.noScript = true
	nurse := demo(t).visitor(t, l)
	nurse.goTo("/el/guide/record")
	nurse.run(chromedp.Click(`input[value=interpreter]`))
	nurse.press(`form[data-record] button`)
	nurse.sees("Υπήρχε επαγγελματική διερμηνεία.", "Παρακαλείσθε να μη μεταφέρετε το σημείωμα")
	nurse.seesNot("συνάδουν με εκμετάλλευση")
	nurse.fits()
	nurse.clean()
}
