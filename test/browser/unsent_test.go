package browser

import (
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"amelie/internal/account"
	"amelie/internal/app"
)

// The sign-in ends while a caseworker types, on a phone without scripts, in four
// rooms one after the other: what was typed stands in the form after the next
// sign-in, for the one who typed it.
//
// req: DRAFT-1, DRAFT-2
func TestWhatIsTypedIsThereAfterTheSignInEndedInFourRooms(t *testing.T) {
	unhurried(t)
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	h := browsed(t, run(t, t.TempDir(), app.Config{Addr: "127.0.0.1:0", Now: now}, slog.New(slog.DiscardHandler)))
	t.Cleanup(h.end)
	quiet := phone
	quiet.noScript = true
	v := h.visitor(t, quiet)
	v.enter("mira")
	v.goTo("/en/cases")
	rosa := try[string](v, `[...document.querySelectorAll(".due a")].find(a => a.textContent.includes("Rosa (invented)")).getAttribute("href")`)
	for _, form := range []struct{ page, field, button string }{
		{rosa + "/talk", "textarea[name=text]", `main form[data-guard] .actions button`},
		{rosa + "/share/ground", "textarea[name=reason]", `main form[data-guard] .actions button`},
		{"/en/glass", "textarea[name=reason]", `main form[data-guard] .actions button`},
		{rosa + "/write/note", "textarea[name=words]", `main form[data-guard] .actions button`},
	} {
		v.enter("mira")
		v.goTo(form.page)
		if form.page == rosa+"/talk" {
			try[bool](v, `document.querySelectorAll("main details").forEach(d => d.open = true) || true`)
		}
		v.put(form.field, "Typed while the hour ran out")
		ahead.Add(int64(account.IdleLimit + time.Minute))
		v.press(form.button)
		v.sees("Your sign-in has ended", "What you typed is kept for 14 days", "Sign in or unlock")
		v.seesNot("Typed while")
		v.accessible()
		v.fits()
		v.press(`main .actions a[href*="/sign-in?to="]`)
		v.enter("shelter-lead") // somebody else at the same screen
		v.goTo(form.page)
		if typed := try[string](v, `document.querySelector("`+form.field+`")?.value ?? ""`); typed != "" {
			t.Errorf("%s: a lead finds %q", form.page, typed)
		}
		v.enter("mira")
		v.goTo(form.page)
		v.sees("It was not sent, because your sign-in had ended")
		if typed := try[string](v, `document.querySelector("`+form.field+`").value`); typed != "Typed while the hour ran out" {
			t.Errorf("%s holds %q", form.page, typed)
		}
		v.accessible()
		v.fits()
	}
	v.press(`main form[data-guard] .actions button`) // the note is saved
	v.goTo(rosa + "/write/note")
	v.seesNot("It was not sent")
	v.goTo(rosa + "/talk")
	v.press(`form[action$="/unsent"] button`)
	v.seesNot("It was not sent")
	v.clean()
}
