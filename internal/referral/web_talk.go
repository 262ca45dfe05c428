package referral

import (
	"strings"

	"amelie/internal/document"
	"amelie/internal/web"
)

// deedForm reads a form with which something is done; that for writing can carry a
// file.
func deedForm(c *web.Ctx) (*web.Form, error) {
	if strings.HasPrefix(c.R.Header.Get("Content-Type"), "multipart/form-data") {
		return c.Upload(document.MaxSize + 1<<20)
	}
	return c.Form()
}

// answerBy is until when an answer is owed, as parameters of c-deadline; nil when
// none is by a day.
func answerBy(c *web.Ctx, o Owed) map[string]any {
	if o.By.IsZero() {
		return nil
	}
	kind, key := "soon", "referral.answer-by"
	if !c.Now().Before(o.By) {
		kind, key = "lost", "referral.answer-late"
	}
	return map[string]any{"kind": kind, "text": c.T(key, "date", c.Date(o.By)), "datetime": c.Stamp(o.By)}
}

// withTalk adds to an entry of the story what goes with words: a file, a day for
// the answer, and who of the other side has read them.
func withTalk(c *web.Ctx, s *Shown, v map[string]any, m Message, files string) {
	if m.File != nil {
		v["href"] = c.Path(files + m.ID)
		v["action"] = c.T("referral.file-of", "type", fileType(m.File.Type), "kilobytes", (m.File.Size+1023)>>10)
	}
	if !m.Until.IsZero() {
		title, _ := v["title"].(string)
		v["title"] = title + " · " + c.T("referral.answer-by", "date", c.Date(m.Until))
	}
	var names []string
	for _, name := range m.ReadBy {
		if name == "" { // through a letter: the name that was typed is sealed
			name = c.T("guest.by-link", "name", s.ToAgent)
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		v["seen"] = c.T("referral.seen-by", "names", strings.Join(names, ", "))
	}
}
