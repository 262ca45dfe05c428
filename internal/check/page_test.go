package check

import (
	"testing"

	"github.com/jba/templatecheck"

	_ "amelie/internal/app" // registers every page
	"amelie/internal/web"
)

func TestEveryPageFitsItsData(t *testing.T) {
	pages := web.Pages()
	if len(pages) < 30 {
		t.Fatalf("only %d pages are registered: the check looks in the wrong place", len(pages))
	}
	if pages[0].Dot == nil {
		t.Skip("the types of the pages' data are built with -tags pagecheck, as make does")
	}
	for _, p := range pages {
		tmpl, err := p.Template()
		if err != nil {
			t.Errorf("%s: %v", p.File, err)
			continue
		}
		if err := templatecheck.CheckHTML(tmpl, p.Dot); err != nil {
			t.Errorf("%s: %v", p.File, err)
		}
	}
}
