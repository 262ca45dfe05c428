package directory

import (
	"strings"
	"testing"
)

// req: GUEST-9
func TestALinkIsOfferedOnlyWhereAnEditorSaidSoAndAMailboxIsPublished(t *testing.T) {
	open, hidden := []Email{{Address: "desk@example.org"}}, []Email{{Address: "desk@example.org", Visibility: Hidden}}
	for name, c := range map[string]struct {
		s     Service
		takes string
	}{
		"nothing is stated":             {Service{Emails: open}, "form call"},
		"an editor set the link":        {Service{Emails: open, Intake: []string{"link"}}, "link"},
		"link and call":                 {Service{Emails: open, Intake: []string{"call", "link"}}, "link call"},
		"only a hidden mailbox is left": {Service{Emails: hidden, Intake: []string{"link", "form"}}, "form"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(c.s.Ways(), " "); got != c.takes {
				t.Errorf("takes %q, want %q", got, c.takes)
			}
		})
	}
}

// req: GUEST-9
func TestAWrongIntakeIsRefusedWithItsReason(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown way":           {`area = ["GR"]`, "area = [\"GR\"]\nintake = [\"pigeon\"]", "is not link, form or call"},
		"a way twice":              {`area = ["GR"]`, "area = [\"GR\"]\nintake = [\"call\", \"call\"]", "stands twice"},
		"a link without a mailbox": {`email = [{ address = "line@example.org" }]`, `intake = ["link"]`, "needs a published mailbox"},
		"a link to a hidden one":   {`email = [{ address = "line@example.org" }]`, "intake = [\"link\"]\nemail = [{ address = \"line@example.org\", visibility = \"hidden\" }]", "needs a published mailbox"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := LoadContent(smallTree(strings.Replace(smallDirectory, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	good := strings.Replace(smallDirectory, `area = ["GR"]`, "area = [\"GR\"]\nintake = [\"link\", \"form\"]", 1)
	if _, _, err := LoadContent(smallTree(good)); err != nil {
		t.Errorf("a link with a published mailbox: %v", err)
	}
}
