package account

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/web"
)

// req: SIGNIN-14
func TestADeletedAccountLeavesNothingAndItsNameIsFreeAgain(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		var ledger []string
		h := newHouse(t, d, func(c *Config) {
			c.Deleted = func(_ *db.Tx, userID string, _ time.Time) error { ledger = append(ledger, userID); return nil }
		})
		ctx := context.Background()
		admin := &web.Viewer{UserID: "admin", Roles: []string{"administrator"}}
		h.administrates("admin@example.org")
		userID, secret := h.makes("anna@example.org")
		st, err := h.signsIn("anna@example.org", password, h.code(secret))
		h.must(err)
		_, err = h.MakeToken(ctx, h.sees(st.Cookie), "reader", []string{"directory:read"}, 30)
		h.must(err)
		h.must(h.db.Write(ctx, func(tx *db.Tx) error { return h.Grant(tx, userID, "editor", "admin") }))
		h.in.member[userID] = "shelter"

		if err := h.Delete(ctx, admin, userID); fault.KindOf(err) != fault.Conflict || fault.Find(err).Key != "account.error.delete-active" {
			t.Errorf("somebody who is let in is deleted: %v", err)
		}
		h.must(h.SetState(ctx, admin, userID, Disabled))
		for name, v := range map[string]*web.Viewer{"the person": {UserID: userID, Roles: []string{"administrator"}}, "a lead": {UserID: "lena", AgencyID: "shelter", Roles: []string{"lead"}}, "a stranger": {UserID: "x"}} {
			if err := h.Delete(ctx, v, userID); err == nil {
				t.Errorf("%s deletes the account", name)
			}
		}
		h.in.roles[userID] = []string{"lead"}
		if err := h.Delete(ctx, admin, userID); fault.KindOf(err) != fault.Conflict {
			t.Errorf("the last lead is deleted: %v", err)
		}
		h.in.roles[userID] = []string{"caseworker"}
		h.must(h.Delete(ctx, admin, userID))

		if h.in.member[userID] != "" || !slices.Equal(ledger, []string{userID}) {
			t.Errorf("still a member, or the ledger lacks it: %v %v", h.in.member, ledger)
		}
		for table := range dumpStmts {
			if held := dumped(t, d, table); strings.Contains(held, userID) || strings.Contains(held, "anna@example.org") {
				t.Errorf("%s still holds the person: %s", table, held)
			}
		}
		h.must(h.db.Read(ctx, func(tx *db.Tx) error {
			lines, err := audit.History(tx, "account/"+userID)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(lines, func(e audit.Entry) bool { return e.Action == "account.deleted" })
			if i < 0 {
				t.Fatalf("the log says %v", lines)
			}
			right, err := audit.Confirm(tx, lines[i].ID, "login", "anna@example.org")
			if err != nil || !right {
				t.Errorf("the log cannot confirm the name: %v", err)
			}
			wrong, err := audit.Confirm(tx, lines[i].ID, "login", "otto@example.org")
			if wrong {
				t.Error("the log confirms any name")
			}
			return err
		}))
		if err := h.Delete(ctx, admin, userID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a second time: %v", err)
		}
		if again, _ := h.makes("anna@example.org"); again == userID {
			t.Error("the same account is back")
		}
	})
}

// administrates gives the house somebody who can stay when others go.
func (h *house) administrates(login string) {
	h.t.Helper()
	id, _ := h.makes(login)
	h.must(h.db.Write(context.Background(), func(tx *db.Tx) error { return h.Grant(tx, id, "administrator", id) }))
}
