package browser

import "testing"

// A trainer comes from the course, reads the plan of a session, opens the
// slides, and prints a test and its key; somebody else takes a package home.
func TestATrainerAndAPlatformsKeeperFindWhatTheyNeed(t *testing.T) {
	h := demo(t)
	v := h.visitor(t, phone)
	v.goTo("/de/learn")
	v.press(`a[href="/de/learn/kit"]`)
	v.ok()
	v.press(`a[href="/de/learn/kit/talk"]`)
	v.press(`a[href="/de/learn/kit/talk/slides"]`)
	v.ok()
	v.goTo("/de/learn/kit/talk/notes")
	v.ok("Folien mit Notizen")
	v.goTo("/de/learn/kit/talk/test?n=spring")
	v.ok()
	v.press(`a[href="/de/learn/kit/talk/test?key=1&n=spring"]`)
	v.ok()
	if !eval[bool](v, `document.querySelectorAll(".learn li strong").length >= 6`) {
		t.Error("the key has no answers")
	}
	v.goTo("/de/learn")
	v.press(`a[href="/de/learn/package"]`)
	v.ok()
	if got := eval[string](v, `fetch(new URL(document.querySelector(".learn form").action) + "?format=scorm12&for=de").then(a => a.headers.get("content-type"))`); got != "application/zip" {
		t.Errorf("a package is %q", got)
	}
	v.clean()
}
