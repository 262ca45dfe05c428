package account

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"pgregory.net/rapid"

	"amelie/internal/audit"
	"amelie/internal/db"
	"amelie/internal/db/dbtest"
	"amelie/internal/fault"
	"amelie/internal/i18n"
	"amelie/internal/jobs"
	"amelie/internal/mail"
	"amelie/internal/policy"
	"amelie/internal/vault"
	"amelie/internal/web"
)

var schemas = []db.Schema{jobs.Schema, audit.Schema, Schema}

// house is one installation under test with a clock that tests turn.
type house struct {
	*Service
	t   *testing.T
	now time.Time
	in  *agencies
}

// agencies stands in for the real ones.
type agencies struct {
	member   map[string]string // user -> agency
	roles    map[string][]string
	changed  []string
	unlocked []string
}

func (a *agencies) Membership(_ *db.Tx, userID string) (string, string, []string, error) {
	return a.member[userID], a.member[userID], a.roles[userID], nil
}
func (a *agencies) KeyChanged(_ *db.Tx, userID, by string) error {
	a.changed = append(a.changed, userID+" by "+by)
	return nil
}
func (a *agencies) Departure(_ context.Context, userID string) (func(*db.Tx, string) error, error) {
	if slices.Contains(a.roles[userID], "lead") {
		return nil, fault.New(fault.Conflict, "agency.error.last-lead")
	}
	return func(*db.Tx, string) error { delete(a.member, userID); return nil }, nil
}
func (a *agencies) Unlocked(_ context.Context, v *web.Viewer) error {
	a.unlocked = append(a.unlocked, v.UserID)
	return nil
}

func newHouse(t *testing.T, d *db.DB, change ...func(*Config)) *house {
	vault.CheapForTests(t)
	texts, err := i18n.Load(os.DirFS("../../locale"), i18n.Languages)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), in: &agencies{member: map[string]string{}, roles: map[string][]string{}}}
	cfg := Config{Name: "Amelie", BaseURL: "http://localhost:8080", Languages: i18n.Languages, Texts: texts, Now: func() time.Time { return h.now }}
	for _, c := range change {
		c(&cfg)
	}
	h.Service = New(d, vault.NewServerSecret(), policy.Must(Policy), cfg)
	h.Plug(h.in)
	return h
}

const password = "harbour violet 19 lanterns"

// makes an account with one-time codes and gives its identifier and secret.
func (h *house) makes(login string) (userID, secret string) {
	h.t.Helper()
	p, err := h.Prepare(NewUser{Name: "Someone " + login, Login: login, Lang: "el", Password: password})
	h.must(err)
	h.must(h.db.Write(context.Background(), p.Insert))
	return p.User.ID, h.takesCodes(p.User.ID)
}

func (h *house) takesCodes(userID string) (secret string) {
	h.t.Helper()
	offer, err := h.OfferTOTP(userID, "x")
	h.must(err)
	secret = strings.ReplaceAll(offer.Secret, " ", "")
	_, err = h.TakeTOTP(context.Background(), userID, "", offer.Token, h.code(secret))
	h.must(err)
	h.passes(31 * time.Second)
	return secret
}

func (h *house) code(secret string) string {
	h.t.Helper()
	c, err := totp.GenerateCode(secret, h.now)
	h.must(err)
	return c
}

func (h *house) passes(d time.Duration) { h.now = h.now.Add(d) }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) signsIn(login, pw, code string) (*Started, error) {
	return h.SignIn(context.Background(), Attempt{Login: login, Password: pw, Code: code, Address: "192.0.2.7", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
}

func (h *house) request(cookie string) *http.Request {
	r := httptest.NewRequest("GET", "/en/today", nil)
	r.AddCookie(&http.Cookie{Name: h.cookieName(), Value: cookie})
	return r
}

// sees is the viewer of a cookie, nil for nobody.
func (h *house) sees(cookie string) *web.Viewer {
	h.t.Helper()
	v, err := h.Authenticate(h.request(cookie))
	h.must(err)
	return v
}

func each(t *testing.T, story func(h *house)) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { story(newHouse(t, d)) })
}

func TestAPasswordAndACodeSignInAndUnlock(t *testing.T) {
	each(t, func(h *house) {
		userID, secret := h.makes("Anna@Example.org")
		st, err := h.signsIn(" anna@example.ORG ", password, h.code(secret))
		h.must(err)
		v := h.sees(st.Cookie)
		if v == nil || v.UserID != userID || v.Key == nil || v.Lang != "el" {
			h.t.Fatalf("viewer is %+v", v)
		}
		if string(v.Key.Public()) != string(h.user(userID).Public) {
			h.t.Error("the unlocked key is not the account's")
		}
		if st.Agent != "Firefox · Linux" {
			h.t.Errorf("agent is %q", st.Agent)
		}
		if len(h.in.unlocked) != 1 {
			h.t.Errorf("agencies were told %d times", len(h.in.unlocked))
		}
	})
}

func (h *house) user(userID string) (u User) {
	h.t.Helper()
	h.must(h.db.Read(context.Background(), func(tx *db.Tx) (err error) { u, _, err = loadUser(tx, userID); return err }))
	return u
}

// req: SIGNIN-1
func TestEveryWrongSignInGetsTheSameAnswer(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.makes("anna")
		disabled, secret2 := h.makes("former")
		h.must(h.db.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(updateStateStmt, Disabled, int64(1), disabled); return err }))
		for _, try := range [][3]string{
			{"nobody", password, "123456"},
			{"anna", "another password 12", h.code(secret)},
			{"anna", password, "000000"},
			{"anna", password, ""},
			{"former", password, h.code(secret2)},
			{"", "", ""},
		} {
			_, err := h.signsIn(try[0], try[1], try[2])
			f := fault.Find(err)
			if f == nil || f.Kind != fault.Invalid || f.Key != errSignIn.Key || len(f.Args)+len(f.Fields) != 0 {
				h.t.Errorf("%v answers %v", try, err)
			}
		}
	})
}

// req: SIGNIN-2
func TestGuessingSlowsDownForNamesThatExistAndThatDoNot(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.makes("anna")
		for _, login := range []string{"anna", "nobody"} {
			for range NameLimit.Free {
				if _, err := h.signsIn(login, "wrong wrong wrong", ""); fault.KindOf(err) != fault.Invalid {
					h.t.Fatalf("%s: a free try answers %v", login, err)
				}
			}
			_, err := h.signsIn(login, password, h.code(secret))
			if fault.KindOf(err) != fault.TooMany {
				h.t.Fatalf("%s: the next try, though right, answers %v", login, err)
			}
		}
		h.passes(firstWait)
		if _, err := h.signsIn("anna", password, h.code(secret)); err != nil {
			h.t.Fatalf("after the wait: %v", err)
		}
		if _, err := h.signsIn("anna", "wrong wrong wrong", ""); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a success did not clear the counter: %v", err)
		}
	})
}

// req: SIGNIN-2
func TestAnAddressIsSlowedOverManyNames(t *testing.T) {
	each(t, func(h *house) {
		for i := range AddressLimit.Free {
			if _, err := h.signsIn("name"+string(rune('a'+i%26))+string(rune('a'+i/26)), "x", ""); fault.KindOf(err) != fault.Invalid {
				h.t.Fatalf("try %d answers %v", i, err)
			}
		}
		if _, err := h.signsIn("freshname", "x", ""); fault.KindOf(err) != fault.TooMany {
			h.t.Errorf("the address is not slowed: %v", err)
		}
	})
}

// req: SIGNIN-3
func TestACodeWorksOnce(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.makes("anna")
		code := h.code(secret)
		if _, err := h.signsIn("anna", password, code); err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.signsIn("anna", password, code); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("the same code again answers %v", err)
		}
		h.passes(30 * time.Second)
		if _, err := h.signsIn("anna", password, h.code(secret)); err != nil {
			h.t.Errorf("the next code: %v", err)
		}
	})
}

// req: SIGNIN-3
func TestARecoveryCodeWorksOnceInPlaceOfACode(t *testing.T) {
	each(t, func(h *house) {
		userID, _ := h.makes("anna")
		codes, err := h.RenewCodes(context.Background(), &web.Viewer{UserID: userID})
		h.must(err)
		if len(codes) != codesGiven {
			h.t.Fatalf("%d codes", len(codes))
		}
		if _, err := h.signsIn("anna", password, strings.ToUpper(strings.ReplaceAll(codes[3], "-", " "))); err != nil {
			h.t.Fatalf("a recovery code as people type it: %v", err)
		}
		if _, err := h.signsIn("anna", password, codes[3]); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("the same recovery code again answers %v", err)
		}
	})
}

// req: SIGNIN-4
func TestASignInEndsWhenIdleAfterItsTimeAndWhenEnded(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.makes("anna")
		in := func() *Started {
			st, err := h.signsIn("anna", password, h.code(secret))
			h.must(err)
			return st
		}
		idle := in()
		if h.sees(idle.Cookie) == nil {
			h.t.Fatal("a fresh sign-in is nobody")
		}
		h.passes(IdleLimit + time.Minute)
		if h.sees(idle.Cookie) != nil {
			h.t.Error("an idle sign-in is still open")
		}
		long := in()
		for range int(AbsoluteLimit / (20 * time.Minute)) {
			if h.sees(long.Cookie) == nil {
				h.t.Fatal("a used sign-in ended early")
			}
			h.passes(20 * time.Minute)
		}
		if h.sees(long.Cookie) != nil {
			h.t.Error("a sign-in outlives its time")
		}
		a, b := in(), (*Started)(nil)
		h.passes(31 * time.Second)
		b = in()
		va, vb := h.sees(a.Cookie), h.sees(b.Cookie)
		h.must(h.EndSignIn(context.Background(), va, vb.SessionID))
		if h.sees(b.Cookie) != nil || h.sees(a.Cookie) == nil {
			h.t.Error("ending one sign-in did not end just that one")
		}
		h.must(h.EndSignIn(context.Background(), &web.Viewer{UserID: "stranger"}, va.SessionID))
		if h.sees(a.Cookie) == nil {
			h.t.Error("a stranger ended a sign-in")
		}
		w := httptest.NewRecorder()
		h.SignOut(w, h.request(a.Cookie))
		if h.sees(a.Cookie) != nil || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			h.t.Error("signing out did not end the sign-in")
		}
	})
}

// req: SIGNIN-6
func TestTheDatabaseAloneOpensNoKey(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		half, _, _ := strings.Cut(st.Cookie, ".")
		v := h.sees(half + ".")
		if v == nil || v.Key != nil {
			h.t.Errorf("without the cookie's half the viewer is %+v", v)
		}
		if string(st.Half) == "" || strings.Contains(string(st.Half), string(h.sees(st.Cookie).Key.Bytes())) {
			h.t.Error("the server's half is empty or holds the key")
		}
		h.passes(IdleLimit + time.Minute)
		h.must(h.Sweep(context.Background()))
		h.must(h.db.Read(context.Background(), func(tx *db.Tx) error {
			s, found, err := loadSession(tx, h.secretHash("session", string(must2(splitCookie(st.Cookie)))))
			if !found || len(s.Half) != 0 {
				h.t.Error("the server's half of an idle sign-in is still there")
			}
			return err
		}))
	})
}

func must2(secret, _ []byte, _ bool) []byte { return secret }

func TestAnUnfinishedAccountReachesNothingButTheSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		path, err := h.SetupLink(context.Background())
		h.must(err)
		secret := strings.TrimPrefix(path, "/setup/")
		st, err := h.AcceptLink(context.Background(), linkSetup, secret, NewUser{Name: "Admin", Login: "admin", Password: password}, "")
		h.must(err)
		if st.Stage != StageEnrol || h.sees(st.Cookie) != nil {
			h.t.Fatal("a sign-in without a second factor is open")
		}
		offer, err := h.OfferTOTP(st.UserID, "admin")
		h.must(err)
		if _, err := h.TakeTOTP(context.Background(), st.UserID, st.ID, offer.Token, "000000"); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a wrong code answers %v", err)
		}
		totpSecret := strings.ReplaceAll(offer.Secret, " ", "")
		codes, err := h.TakeTOTP(context.Background(), st.UserID, st.ID, offer.Token, h.code(totpSecret))
		h.must(err)
		v := h.sees(st.Cookie)
		if v == nil || !v.Is("administrator") || v.Key == nil || len(codes) != codesGiven {
			h.t.Errorf("afterwards the viewer is %+v", v)
		}
	})
}

// req: SIGNIN-7
func TestALinkIsLookedAtFreelyAndUsedOnce(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		path, err := h.SetupLink(ctx)
		h.must(err)
		secret := strings.TrimPrefix(path, "/setup/")
		for range 3 {
			if _, roles, err := h.Link(ctx, linkSetup, secret); err != nil || len(roles) != 1 {
				h.t.Fatalf("looking: %v %v", roles, err)
			}
		}
		if _, _, err := h.Link(ctx, linkRecover, secret); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("a set-up link used as a recovery link answers %v", err)
		}
		_, err = h.AcceptLink(ctx, linkSetup, secret, NewUser{Name: "A", Login: "admin", Password: "short"}, "")
		if f := fault.Find(err); f == nil || len(f.Fields) != 2 {
			h.t.Errorf("wrong fields answer %v", err)
		}
		_, err = h.AcceptLink(ctx, linkSetup, secret, NewUser{Name: "Admin", Login: "admin", Password: password}, "")
		h.must(err)
		_, err = h.AcceptLink(ctx, linkSetup, secret, NewUser{Name: "Second", Login: "second", Password: password}, "")
		if fault.KindOf(err) != fault.Expired {
			h.t.Errorf("the second use answers %v", err)
		}
		if id, err := h.ByLogin(ctx, "second"); err != nil || id != "" {
			h.t.Error("a refused use left an account behind")
		}
		if again, err := h.SetupLink(ctx); err != nil || again != "" {
			h.t.Errorf("with an administrator there is another set-up link %q %v", again, err)
		}
	})
}

// req: SIGNIN-7
func TestANewSetUpLinkReplacesTheOldOneAndBothGrowOld(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		first, err := h.SetupLink(ctx)
		h.must(err)
		second, err := h.SetupLink(ctx)
		h.must(err)
		if _, _, err := h.Link(ctx, linkSetup, strings.TrimPrefix(first, "/setup/")); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("the replaced link answers %v", err)
		}
		h.passes(linkLife[linkSetup])
		if _, _, err := h.Link(ctx, linkSetup, strings.TrimPrefix(second, "/setup/")); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("the old link answers %v", err)
		}
	})
}

// req: SIGNIN-8
func TestRecoveryGivesANewKeyAndClosesEveryOldWay(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		v := h.sees(st.Cookie)
		token, err := h.MakeToken(ctx, v, "reader", []string{"directory:read"}, 30)
		h.must(err)
		old := h.user(userID).Public
		h.in.member = map[string]string{userID: "shelter", "lead": "shelter"}
		lead := &web.Viewer{UserID: "lead", AgencyID: "shelter", Roles: []string{"lead"}}
		var path string
		h.must(h.db.Write(ctx, func(tx *db.Tx) (err error) { path, err = h.RecoveryLink(tx, lead, userID); return err }))
		again, err := h.Recover(ctx, strings.TrimPrefix(path, "/recover/"), "meadow copper 44 bells", "")
		h.must(err)
		if string(h.user(userID).Public) == string(old) {
			h.t.Error("the key is the old one")
		}
		if h.sees(st.Cookie) != nil {
			h.t.Error("an old sign-in is open")
		}
		if again.Stage != StageEnrol {
			h.t.Error("no second factor is asked for")
		}
		if _, err := h.signsIn("anna", password, h.code(secret)); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("the old password answers %v", err)
		}
		if _, err := h.byToken(ctx, token); fault.KindOf(err) != fault.SignIn {
			h.t.Errorf("an old token answers %v", err)
		}
		if len(h.in.changed) != 1 || h.in.changed[0] != userID+" by lead" {
			h.t.Errorf("agencies were told %v", h.in.changed)
		}
		_, err = h.Recover(ctx, strings.TrimPrefix(path, "/recover/"), "meadow copper 44 bells", "")
		if fault.KindOf(err) != fault.Expired {
			h.t.Errorf("the link used again answers %v", err)
		}
	})
}

func TestWhoeverRunsTheMachineCanMendTheOnlyAdministrator(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, _ := h.makes("admin")
		path, err := h.RecoveryLinkByCommand(ctx, "Admin")
		h.must(err)
		_, err = h.Recover(ctx, strings.TrimPrefix(path, "/recover/"), "meadow copper 44 bells", "")
		h.must(err)
		if len(h.in.changed) != 1 || h.in.changed[0] != userID+" by command" {
			h.t.Errorf("agencies were told %v", h.in.changed)
		}
		if _, err := h.RecoveryLinkByCommand(ctx, "nobody"); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("for nobody: %v", err)
		}
	})
}

func TestATokenButtonPressedTwiceMakesOneToken(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, _ := h.makes("anna")
		v := &web.Viewer{UserID: userID}
		a, err := h.makeToken(ctx, v, "ward", []string{"directory:read"}, 30, "the-same-press-0001")
		h.must(err)
		b, err := h.makeToken(ctx, v, "ward", []string{"directory:read"}, 30, "the-same-press-0001")
		h.must(err)
		list, err := h.Tokens(ctx, v)
		h.must(err)
		if a != b || len(list) != 1 {
			h.t.Errorf("%d tokens, the same secret: %v", len(list), a == b)
		}
	})
}

func TestOnlyALeadOfTheAgencyOrAnAdministratorMakesARecoveryLink(t *testing.T) {
	each(t, func(h *house) {
		userID, _ := h.makes("anna")
		h.in.member[userID] = "shelter"
		for _, c := range []struct {
			who  *web.Viewer
			want fault.Kind
		}{
			{&web.Viewer{UserID: userID, AgencyID: "shelter", Roles: []string{"lead"}}, fault.Denied},
			{&web.Viewer{UserID: "x", AgencyID: "shelter", Roles: []string{"caseworker"}}, fault.NotFound},
			{&web.Viewer{UserID: "x", AgencyID: "elsewhere", Roles: []string{"lead"}}, fault.NotFound},
		} {
			err := h.db.Write(context.Background(), func(tx *db.Tx) error { _, err := h.RecoveryLink(tx, c.who, userID); return err })
			if fault.KindOf(err) != c.want {
				h.t.Errorf("%+v gets %v", c.who, err)
			}
		}
	})
}

func TestUnlockingGivesTheKeyBackAndCountsGuesses(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, _ := h.makes("anna")
		st, hash, err := h.newSession(h.user(userID), nil, "")
		h.must(err)
		h.must(h.startSession(ctx, st, hash, "passkey"))
		if v := h.sees(st.Cookie); v == nil || v.Key != nil {
			h.t.Fatalf("a locked sign-in sees %+v", v)
		}
		now, err := h.find(ctx, h.request(st.Cookie))
		h.must(err)
		cookie, err := h.Unlock(ctx, now, password, "192.0.2.7")
		h.must(err)
		if v := h.sees(cookie); v == nil || v.Key == nil || v.SessionID != st.ID {
			h.t.Errorf("after unlocking: %+v", v)
		}
		for range NameLimit.Free {
			if _, err := h.Unlock(ctx, now, "wrong wrong wrong", "192.0.2.7"); fault.KindOf(err) != fault.Invalid {
				h.t.Fatal(err)
			}
		}
		if _, err := h.Unlock(ctx, now, password, "192.0.2.7"); fault.KindOf(err) != fault.TooMany {
			h.t.Errorf("guesses at an unlock phrase are not counted: %v", err)
		}
	})
}

// req: SIGNIN-9
func TestADangerousActionAsksAgainAfterAWhile(t *testing.T) {
	each(t, func(h *house) {
		_, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		v := h.sees(st.Cookie)
		if ok, err := h.Confirmed(context.Background(), v); err != nil || !ok {
			h.t.Fatalf("right after signing in: %v %v", ok, err)
		}
		h.passes(ConfirmLimit)
		if ok, err := h.Confirmed(context.Background(), v); err != nil || ok {
			h.t.Fatalf("later: %v %v", ok, err)
		}
		now, err := h.find(context.Background(), h.request(st.Cookie))
		h.must(err)
		if _, err := h.beginPasskey(context.Background(), ceremonyRegister, now); fault.KindOf(err) == fault.Internal || err == nil {
			h.t.Errorf("a passkey can be added without confirming: %v", err)
		}
	})
}

func TestChangingThePasswordKeepsTheKeyAndEndsOtherSignIns(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, secret := h.makes("anna")
		a, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		h.passes(31 * time.Second)
		b, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		public := h.user(userID).Public
		v := h.sees(a.Cookie)
		if err := h.ChangePassword(ctx, v, "not the old one 1", "meadow copper 44 bells", ""); fault.KindOf(err) != fault.Invalid {
			h.t.Errorf("a wrong old password answers %v", err)
		}
		h.must(h.ChangePassword(ctx, v, password, "meadow copper 44 bells", ""))
		if h.sees(a.Cookie) == nil || h.sees(b.Cookie) != nil {
			h.t.Error("not just the other sign-in ended")
		}
		h.passes(31 * time.Second)
		st, err := h.signsIn("anna", "meadow copper 44 bells", h.code(secret))
		h.must(err)
		if k := h.sees(st.Cookie).Key; k == nil || string(k.Public()) != string(public) {
			h.t.Error("the new password does not open the same key")
		}
	})
}

// req: SIGNIN-10
func TestDemoSignInWorksForInventedPeopleInDemoModeOnly(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		demo := newHouse(t, d, func(c *Config) { c.Demo = true })
		p, err := demo.PrepareDemo(NewUser{Name: "Invented", Login: "invented", Lang: "en"})
		demo.must(err)
		demo.must(d.Write(ctx, p.Insert))
		st, err := demo.DemoSignIn(ctx, p.User.ID, "")
		demo.must(err)
		if v := demo.sees(st.Cookie); v == nil || v.Key == nil {
			t.Errorf("the invented person is %+v", v)
		}
		real, _ := demo.makes("anna")
		if _, err := demo.DemoSignIn(ctx, real, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("an account with a password: %v", err)
		}
		serve := newHouse(t, d)
		if _, err := serve.DemoSignIn(ctx, p.User.ID, ""); fault.KindOf(err) != fault.NotFound {
			t.Errorf("outside of demo mode: %v", err)
		}
		if _, err := serve.PrepareDemo(NewUser{Login: "x"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("preparing outside of demo mode: %v", err)
		}
		if has, err := serve.HasDemo(ctx); err != nil || !has {
			t.Errorf("the demo folder is not recognised: %v %v", has, err)
		}
	})
}

// req: SIGNIN-11
func TestATokenIdentifiesUnderAPIOnlyAndNeverUnlocks(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		v := h.sees(st.Cookie)
		token, err := h.MakeToken(ctx, v, "ward screen", []string{"referral:read"}, 30)
		h.must(err)
		ask := func(path string) (*web.Viewer, error) {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			return h.Authenticate(r)
		}
		tv, err := ask("/api/v1/referrals")
		if err != nil || tv.UserID != userID || tv.Key != nil || len(tv.Scopes) != 1 || tv.SessionID != "" {
			h.t.Fatalf("a token is %+v %v", tv, err)
		}
		if tv, err := ask("/en/today"); err != nil || tv != nil {
			h.t.Errorf("a token opens a page: %+v %v", tv, err)
		}
		list, err := h.Tokens(ctx, v)
		h.must(err)
		if err := h.RevokeToken(ctx, &web.Viewer{UserID: "stranger"}, list[0].ID); fault.KindOf(err) != fault.NotFound {
			h.t.Errorf("a stranger revokes: %v", err)
		}
		h.must(h.RevokeToken(ctx, v, list[0].ID))
		if _, err := ask("/api/v1/referrals"); fault.KindOf(err) != fault.SignIn {
			h.t.Errorf("a revoked token answers %v", err)
		}
		token, err = h.MakeToken(ctx, v, "another", []string{"referral:read"}, 1)
		h.must(err)
		h.passes(24 * time.Hour)
		if _, err := ask("/api/v1/referrals"); fault.KindOf(err) != fault.SignIn {
			h.t.Errorf("an expired token answers %v", err)
		}
		if _, err := h.MakeToken(ctx, v, "x", []string{"everything"}, 1000); len(fault.Find(err).Fields) != 3 {
			h.t.Errorf("a token with a wrong label, scope and life answers %v", err)
		}
	})
}

// req: SIGNIN-13
func TestARestoreEndsSignInsTokensAndLinks(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		_, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		token, err := h.MakeToken(ctx, h.sees(st.Cookie), "reader", []string{"directory:read"}, 30)
		h.must(err)
		path, err := h.SetupLink(ctx)
		h.must(err)
		h.must(h.db.Write(ctx, func(tx *db.Tx) error { return EndAll(tx, h.now) }))
		if h.sees(st.Cookie) != nil {
			h.t.Error("a sign-in lives on")
		}
		if _, err := h.byToken(ctx, token); fault.KindOf(err) != fault.SignIn {
			h.t.Errorf("a token lives on: %v", err)
		}
		if _, _, err := h.Link(ctx, linkSetup, strings.TrimPrefix(path, "/setup/")); fault.KindOf(err) != fault.Expired {
			h.t.Errorf("a link lives on: %v", err)
		}
	})
}

func TestAFormerSignInStillNamesWhomToSealTo(t *testing.T) {
	each(t, func(h *house) {
		userID, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		h.passes(IdleLimit + time.Hour)
		who, public, err := h.Former(h.request(st.Cookie))
		if err != nil || who != userID || string(public) != string(h.user(userID).Public) {
			h.t.Errorf("an idle sign-in is %q %v", who, err)
		}
		h.must(h.EndSignIn(context.Background(), &web.Viewer{UserID: userID}, st.ID))
		if who, _, _ := h.Former(h.request(st.Cookie)); who != "" {
			h.t.Error("an ended sign-in still names somebody")
		}
	})
}

func TestTheLastAdministratorStays(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		userID, _ := h.makes("admin")
		h.must(h.db.Write(ctx, func(tx *db.Tx) error { return h.Grant(tx, userID, "administrator", userID) }))
		admin := &web.Viewer{UserID: userID, Roles: []string{"administrator"}}
		if err := h.SetRoles(ctx, admin, userID, []string{"editor"}); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("taking the last administrator's role: %v", err)
		}
		if err := h.SetState(ctx, admin, userID, Disabled); fault.KindOf(err) != fault.Conflict {
			h.t.Errorf("keeping the last administrator out: %v", err)
		}
		other, _ := h.makes("anna")
		h.must(h.SetRoles(ctx, admin, other, []string{"administrator", "editor"}))
		h.must(h.SetRoles(ctx, admin, userID, nil))
		list, err := h.People(ctx, admin)
		h.must(err)
		if len(list) != 2 || strings.Join(list[0].Roles, " ") != "" && strings.Join(list[1].Roles, " ") != "" {
			h.t.Errorf("people are %+v", list)
		}
		if err := h.SetRoles(ctx, &web.Viewer{UserID: other, Roles: []string{"editor"}}, other, []string{"administrator"}); err == nil {
			h.t.Error("an editor made herself administrator")
		}
	})
}

func TestKeepingSomebodyOutEndsHerSignIns(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		adminID, _ := h.makes("admin")
		h.must(h.db.Write(ctx, func(tx *db.Tx) error { return h.Grant(tx, adminID, "administrator", adminID) }))
		userID, secret := h.makes("anna")
		st, err := h.signsIn("anna", password, h.code(secret))
		h.must(err)
		h.must(h.SetState(ctx, &web.Viewer{UserID: adminID, Roles: []string{"administrator"}}, userID, Disabled))
		if h.sees(st.Cookie) != nil {
			h.t.Error("her sign-in is open")
		}
	})
}

func TestWhatTheDatabaseHoldsTellsNeitherPasswordsNorCodesNorAddresses(t *testing.T) {
	d := dbtest.Open(t, schemas...)
	h := newHouse(t, d)
	_, secret := h.makes("anna")
	st, err := h.signsIn("anna", password, h.code(secret))
	h.must(err)
	token, err := h.MakeToken(context.Background(), h.sees(st.Cookie), "reader", []string{"directory:read"}, 30)
	h.must(err)
	seed := h.sees(st.Cookie).Key.Bytes()
	for _, table := range []string{"account_user", "account_lock", "account_session", "account_token", "account_try", "account_code"} {
		content := dump(t, d, table)
		for what, needle := range map[string]string{"password": password, "code secret": secret, "token": token, "address": "192.0.2.7", "key": string(seed), "cookie": st.Cookie[:43]} {
			if strings.Contains(content, needle) {
				t.Errorf("%s holds the %s", table, what)
			}
		}
	}
}

// req: SIGNIN-5
func TestASignInLeadsOnlyToPagesOfThisSite(t *testing.T) {
	for in, want := range map[string]string{
		"/en/today?x=1#y": "/en/today?x=1#y",
		"/":               "/",
		"":                "no", "today": "no", "https://evil.example/": "no", "//evil.example": "no", `/\evil.example`: "no",
		"/\t/evil.example": "no", "javascript:alert(1)": "no", "/%0d%0aSet-Cookie:x": "/%0d%0aSet-Cookie:x", "///evil.example": "no", "/" + strings.Repeat("a", 3000): "no",
	} {
		if got := SafeTarget(in, "no"); got != want {
			t.Errorf("SafeTarget(%q) = %q, want %q", in, got, want)
		}
	}
}

// req: SIGNIN-5
func FuzzASignInStaysOnThisSite(f *testing.F) {
	for _, s := range []string{"/en/today", "//x", `/\x`, "/../..//x", "/a?b=//c", "\x00/x", "/%2f%2fx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, to string) {
		got := SafeTarget(to, "/")
		r := httptest.NewRequest("GET", "http://amelie.example/sign-in", nil)
		u, err := r.URL.Parse(got)
		if err != nil || u.Host != "amelie.example" || u.Scheme != "http" {
			t.Fatalf("%q leads to %v %v", to, u, err)
		}
	})
}

// req: SIGNIN-2
func TestWaitingOnlyGrowsAndEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var tries Tries
		last := time.Duration(0)
		for range rapid.IntRange(1, 40).Draw(t, "tries") {
			tries = tries.Next(now)
			w := tries.Wait(now, NameLimit)
			if w < last {
				t.Fatalf("after %d tries the wait fell from %v to %v", tries.Count, last, w)
			}
			if tries.Count >= NameLimit.Free && w == 0 || tries.Count < NameLimit.Free && w > 0 {
				t.Fatalf("after %d tries the wait is %v", tries.Count, w)
			}
			if tries.Wait(now.Add(w), NameLimit) != 0 || w > lockWait {
				t.Fatal("the wait does not end")
			}
			last = w
		}
		if tries.Wait(now.Add(forgetTime), NameLimit) != 0 || tries.Next(now.Add(forgetTime)).Count != 1 {
			t.Fatal("a day later it is not forgotten")
		}
	})
}

// req: SIGNIN-4
func TestNoSignInIsOpenOutsideItsTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		at := func(name string) time.Time {
			return start.Add(time.Duration(rapid.IntRange(0, 20*3600).Draw(t, name)) * time.Second)
		}
		s := Session{Created: start, Seen: at("seen"), Stage: rapid.SampledFrom([]string{StageFull, StageEnrol}).Draw(t, "stage")}
		if rapid.Bool().Draw(t, "ended") {
			s.Ended = at("end")
		}
		now := at("now")
		open := s.State(now) == Open
		want := s.Ended.IsZero() && s.Stage == StageFull && now.Sub(s.Created) < AbsoluteLimit && now.Sub(s.Seen) < IdleLimit
		if open != want {
			t.Fatalf("%+v at %v: open %v, want %v", s, now, open, want)
		}
	})
}

func FuzzCookiesOfStrangersOpenNothing(f *testing.F) {
	f.Add("a.b")
	f.Add(joinCookie(make([]byte, 32), make([]byte, 32)))
	f.Fuzz(func(t *testing.T, value string) {
		if secret, half, ok := splitCookie(value); ok {
			if again, h2, ok := splitCookie(joinCookie(secret, half)); !ok || string(again) != string(secret) || string(h2) != string(half) {
				t.Fatal("a cookie does not survive")
			}
		}
	})
}

func TestMailAboutAnAccountIsNeutral(t *testing.T) {
	each(t, func(h *house) {
		ctx := context.Background()
		adminID, _ := h.makes("admin")
		h.must(h.db.Write(ctx, func(tx *db.Tx) error { return h.Grant(tx, adminID, "administrator", adminID) }))
		_, err := h.JoinLink(ctx, &web.Viewer{UserID: adminID, Roles: []string{"administrator"}}, []string{"coordinator"}, "new@example.org", "de")
		h.must(err)
		clock := func() time.Time { return h.now }
		catcher := mail.NewCatcher(10, clock)
		runner := jobs.NewRunner(h.db, clock, h.cfg.Log)
		runner.Handle(mail.Kind, mail.NewSender(catcher, mail.Telling(h.cfg.Texts, i18n.Languages)).Handle)
		h.must(runner.RunDue(ctx))
		got := catcher.For("new@example.org")
		if len(got) != 1 || !strings.Contains(got[0].Text, "http://localhost:8080/de/join/") || strings.Contains(got[0].Subject+got[0].Text, "coordinator") {
			h.t.Errorf("the mail is %+v", got)
		}
	})
}
