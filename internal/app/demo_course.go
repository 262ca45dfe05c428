package app

import (
	"time"

	"amelie/internal/learn"
	"amelie/internal/learn/edit"
)

// editing seeds a working copy of the course that readers see nothing of: the
// editor wrote one English sentence otherwise and translated it into Greek, asked
// that somebody reads the unit, and the coordinator has a question about a word.
func (d *demoSeed) editing() error {
	d.at(-5 * time.Hour)
	defer d.at(0)
	editor, err := d.viewer("editor")
	if err != nil {
		return err
	}
	coordinator, err := d.viewer("coordinator")
	if err != nil {
		return err
	}
	const file, block = "longterm", "u1.p1"
	source := ""
	for _, x := range []struct{ lang, body string }{
		{"en", "Getting out is not the end. The body keeps its pains and the mind its alarm. Daily life brings new worries: papers, money, a home, a court. You may meet the person years later, at a check-up that seems to have nothing to do with it."},
		{"el", "Η έξοδος δεν είναι το τέλος. Το σώμα κρατά τους πόνους του και ο νους τον συναγερμό του. Η καθημερινότητα φέρνει νέες έγνοιες: χαρτιά, χρήματα, σπίτι, δικαστήριο. Μπορεί να συναντήσετε το άτομο χρόνια μετά, σε έναν έλεγχο ρουτίνας που δεν φαίνεται να έχει σχέση."},
	} {
		now, _ := d.a.Course().Words(file, x.lang).Text(block)
		text := learn.Text{Body: x.body}
		if err := d.a.Editing.Write(d.ctx, editor, "", edit.Text{File: file, Lang: x.lang, Block: block, Seen: now.Stamp(), Source: source, Text: text}); err != nil {
			return err
		}
		source = text.Stamp()
	}
	d.at(-4 * time.Hour)
	if err := d.a.Editing.AskReview(d.ctx, editor, "", []edit.Name{{File: file, Lang: "el", Part: "u1"}}); err != nil {
		return err
	}
	d.at(-3 * time.Hour)
	return d.a.Editing.Comment(d.ctx, coordinator, "", edit.Comment{Name: edit.Name{File: file, Lang: "el"}, Block: block,
		Body: "«Έλεγχος ρουτίνας» ή «προληπτικός έλεγχος»; (invented)"})
}
