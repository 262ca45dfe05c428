package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"amelie/internal/app"
	"amelie/internal/clock"
	"amelie/internal/db"
	"amelie/internal/house"
	"amelie/internal/referral"
	"amelie/internal/web"
)

var quiet = slog.New(slog.DiscardHandler)

func opened(t *testing.T, cfg app.Config) *app.App {
	t.Helper()
	if cfg.Data == "" {
		cfg.Data = filepath.Join(t.TempDir(), "data")
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	a, err := app.Open(context.Background(), cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func demo(t *testing.T) *app.App { return opened(t, app.Config{Demo: true, Country: "GR"}) }

// person is an invented person of the demo, with an unlocked key.
func person(t *testing.T, a *app.App, key string) *web.Viewer {
	t.Helper()
	id, err := a.Accounts.ByLogin(context.Background(), key+"@demo.invalid")
	if err != nil {
		t.Fatal(err)
	}
	v, err := a.Accounts.DemoViewer(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// req: DEMO-1
func TestADemosFolderIsNeverServedAsARealOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	opened(t, app.Config{Demo: true, Data: dir}).Close()
	if _, err := app.Open(context.Background(), app.Config{Data: dir, Addr: "127.0.0.1:0"}, quiet); err == nil {
		t.Error("a demo's folder was opened as a real one")
	}
	// Nor when somebody takes the mark away: the accounts themselves tell.
	if err := os.Remove(filepath.Join(dir, "DEMO")); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Open(context.Background(), app.Config{Data: dir, Addr: "127.0.0.1:0"}, quiet); err == nil {
		t.Error("a database with demo accounts was opened as a real one")
	}
	real := filepath.Join(t.TempDir(), "real")
	opened(t, app.Config{Data: real}).Close()
	if _, err := app.Open(context.Background(), app.Config{Demo: true, Data: real, Addr: "127.0.0.1:0"}, quiet); err == nil {
		t.Error("the demo wrote into a real folder")
	}
}

func TestAnAddressThatOthersCanReachIsNotServedWithoutTLS(t *testing.T) {
	for _, addr := range []string{":8080", "0.0.0.0:8080", "192.0.2.1:80", "[::]:80"} {
		if _, err := app.Open(context.Background(), app.Config{Data: t.TempDir() + "/d", Addr: addr}, quiet); err == nil {
			t.Errorf("%s was served without TLS", addr)
		}
	}
	opened(t, app.Config{Addr: "0.0.0.0:8080", BehindProxy: true, BaseURL: "https://help.example.org"})
}

func TestTheDemoHasReferralsInEveryState(t *testing.T) {
	a := demo(t)
	seen := map[referral.State]bool{}
	for _, who := range []string{"midwife", "doctor", "nurse", "hospital-lead"} {
		rows, err := a.Referrals.List(context.Background(), person(t, a, who), 1, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			seen[r.State] = true
		}
		drafts, err := a.Referrals.Drafts(context.Background(), person(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		if len(drafts) > 0 {
			seen[referral.Draft] = true
		}
	}
	for _, s := range []referral.State{referral.Draft, referral.Sent, referral.Received, referral.Accepted, referral.Declined, referral.Redirected,
		referral.Appointment, referral.HandedOver, referral.Closed, referral.Withdrawn, referral.Expired} {
		if !seen[s] {
			t.Errorf("no referral is %s", s)
		}
	}
}

func TestARealBodyNeverSeemsToAnswerInTheDemo(t *testing.T) {
	a := demo(t)
	err := a.DB.Read(context.Background(), func(tx *db.Tx) error {
		id, err := a.Agencies.ByDirectory(tx, "gr-a21")
		if err != nil {
			return err
		}
		name, err := a.Agencies.Name(tx, id)
		if !strings.Contains(name, "invented") {
			t.Errorf("the agency is called %q", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Referrals.TargetOf(context.Background(), person(t, a, "midwife"), "gr-a21-support", "en")
	if err != nil {
		t.Fatal(err)
	}
}

// get asks the running handlers and reads the answer.
func get(t *testing.T, a *app.App, path string) (int, http.Header, string) {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = "127.0.0.1:1234"
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

func TestMachinesAreAnsweredAndFiguresStayOnThisMachine(t *testing.T) {
	a := demo(t)
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready", "/metrics": "amelie_audit_waiting"} {
		if code, _, body := get(t, a, path); code != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %.80s", path, code, body)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"foreign":   func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234" },
		"forwarded": func(r *http.Request) { r.RemoteAddr = "127.0.0.1:1"; r.Header.Set("X-Forwarded-For", "192.0.2.7") },
	} {
		r := httptest.NewRequest("GET", "/metrics", nil)
		change(r)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: figures were shown, %d", name, w.Code)
		}
	}
}

func TestPublicPagesSetNoCookieAndStayInNoCache(t *testing.T) {
	a := demo(t)
	for _, path := range []string{"/en/", "/el/find", "/de/entry/gr-a21-1109", "/ro/info", "/ar/info/gr", "/fr/now", "/nl/country/be", "/it/sheet", "/en/sign-in", "/en/browse/DE"} {
		code, h, _ := get(t, a, path)
		if code != 200 || h.Get("Set-Cookie") != "" || !strings.Contains(h.Get("Cache-Control"), "no-store") || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", path, code, h)
		}
	}
}

// TestABackupBringsEverythingBackButNotWhatEnded is the restore drill: taken
// while the demo runs, restored into an empty folder, with what was withdrawn
// in between ended again.
//
// req: RESTORE-1
func TestABackupBringsEverythingBackButNotWhatEnded(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "data")}
	a := opened(t, cfg)
	midwife, mira := person(t, a, "midwife"), person(t, a, "mira")
	var open string
	rows, err := a.Referrals.List(ctx, midwife, 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.State == referral.Sent && r.Kind == referral.Referral {
			open = r.ID
		}
	}
	if open == "" {
		t.Fatal("the demo has nothing that was just sent")
	}
	if _, err := a.AuditLog.Append(ctx); err != nil { // in a running site it does so by itself
		t.Fatal(err)
	}
	who, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "copy.age")
	if _, err := app.Backup(ctx, cfg, file, []age.Recipient{who.Recipient()}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := app.CheckBackup(file, []age.Identity{who}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Referrals.Withdraw(ctx, midwife, open, true); err != nil { // after the backup
		t.Fatal(err)
	}
	if err := a.Jobs.RunDue(ctx); err != nil { // the ledger is written by a job
		t.Fatal(err)
	}
	if report, err := app.VerifyLog(ctx, cfg, nil); err != nil || !report.OK() {
		t.Fatalf("log before: %v %v", report, err)
	}

	again := app.Config{Demo: true, Country: "GR", Data: filepath.Join(dir, "again")}
	r, err := app.Restore(ctx, again, file, []age.Identity{who}, filepath.Join(cfg.Data, "ended.ledger"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Replayed != 1 {
		t.Errorf("%d referrals ended again, want 1", r.Replayed)
	}
	b := opened(t, again)
	if _, err := b.Referrals.Look(ctx, mira, open); err == nil {
		t.Error("the withdrawn referral can be opened again")
	}
	if _, err := b.AuditLog.Append(ctx); err != nil {
		t.Fatal(err)
	}
	report, err := app.VerifyLog(ctx, again, nil)
	if err != nil || !report.OK() {
		t.Fatalf("log after: %v %v", report, err)
	}
	if report.Logs != 2 {
		t.Errorf("%d logs, want the old one and its successor", report.Logs)
	}
	if _, err := app.Restore(ctx, again, file, []age.Identity{who}, "", nil); err == nil {
		t.Error("restored over a used installation")
	}
}

// TestNothingThatWasSaidIsReadableOnTheDisk looks for the invented words of
// the demo in the database, its log and a backup.
func TestNothingThatWasSaidIsReadableOnTheDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	a := opened(t, app.Config{Demo: true, Country: "GR", Data: dir})
	midwife := person(t, a, "midwife")
	rows, err := a.Referrals.List(context.Background(), midwife, 1, 100)
	if err != nil || len(rows) == 0 {
		t.Fatal(err)
	}
	words := []string{"Ana (invented)", "One child of three", "entrance of the day centre", "first talk by telephone"}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		read += len(b)
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				t.Errorf("%s holds %q", n.Name(), w)
			}
		}
		if n.Name() == "amelie.db" && !bytes.Contains(b, []byte("gr-a21-1109")) && !bytes.Contains(read1(t, dir+"/amelie.db-wal"), []byte("gr-a21-1109")) {
			t.Error("the search finds nothing at all: it cannot fail")
		}
	}
	if read < 100_000 {
		t.Errorf("only %d bytes were searched", read)
	}
}

func read1(t *testing.T, path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Log(err)
	}
	return b
}

func TestDoctorFindsAReadableSecretMendsItAndMissesAMissingFolder(t *testing.T) {
	ctx := context.Background()
	cfg := app.Config{Data: filepath.Join(t.TempDir(), "data")}
	opened(t, cfg).Close()
	found, err := app.Doctor(ctx, cfg, "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found.Checks {
		if c.Level == house.Now && c.Name != "disk" {
			t.Errorf("a fresh installation: %s", c.Say())
		}
	}
	secret := filepath.Join(cfg.Data, "server.secret")
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(cfg.Data, ".backup-left")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	says := func(lang string) string {
		found, err := app.Doctor(ctx, cfg, lang)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		found.Print(&b)
		return b.String()
	}
	if text := says("en"); !strings.Contains(text, "Others can read: server.secret") || !strings.Contains(text, "--mend would delete the temporary files") {
		t.Errorf("the doctor says\n%s", text)
	}
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("looking changed the file: %v %v", info, err)
	}
	var lines []string
	note := func(line string) { lines = append(lines, line) }
	if err := app.Mend(ctx, cfg, "en", note, note); err != nil {
		t.Fatal(err)
	}
	if text := says("en"); strings.Contains(text, "Others can read") || strings.Contains(text, "temporary file") || len(lines) != 4 {
		t.Errorf("after mending (%q):\n%s", lines, text)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("the left-over file is still there")
	}
	if text := says("el"); strings.Contains(text, "house.") || strings.Contains(text, "Database") {
		t.Errorf("in Greek:\n%s", text)
	}
	if _, err := app.Doctor(ctx, app.Config{Data: filepath.Join(t.TempDir(), "nowhere")}, "en"); err == nil {
		t.Error("a folder that is not there was found healthy")
	}
}

func TestLogsHoldNoQueryAndNoAddress(t *testing.T) {
	var log bytes.Buffer
	cfg := app.Config{Demo: true, Country: "GR", Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0", Now: clock.System}
	a, err := app.Open(context.Background(), cfg, app.Logger(io.Writer(&log), true))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, path := range []string{"/en/find?q=secretword", "/en/entry/gr-a21-1109?from=secretword", "/en/entry/secretword", "/hsds/services?search=secretword", "/api/v1/directory/search?q=secretword"} {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = "198.51.100.77:4242"
		a.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	if !strings.Contains(log.String(), "/{lang}/find") {
		t.Fatalf("requests are not logged: %s", log.String())
	}
	for _, bad := range []string{"secretword", "198.51.100.77", "4242"} {
		if strings.Contains(log.String(), bad) {
			t.Errorf("the log holds %q: %s", bad, log.String())
		}
	}
}

func TestAStartedSiteAnswersAndEndsWhenTold(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready := make(chan string, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, app.Config{Data: filepath.Join(t.TempDir(), "data"), Addr: "127.0.0.1:0"}, quiet, func(a *app.App, address string) {
			link, err := a.SetupLink(ctx)
			if err != nil || !strings.HasPrefix(link, address) {
				t.Errorf("set-up link %q %v", link, err)
			}
			ready <- address
		})
	}()
	select {
	case address := <-ready:
		r, err := http.Get(address + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 200 {
			t.Errorf("status %d", r.StatusCode)
		}
	case err := <-ended:
		t.Fatal(err)
	case <-time.After(30 * time.Second):
		t.Fatal("not ready in 30 s")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheDemosWorkListHasADeadAndAMovedLink(t *testing.T) {
	a := demo(t)
	r := httptest.NewRequest("POST", "/en/demo", strings.NewReader("person=editor"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	signed := httptest.NewRecorder()
	a.Handler().ServeHTTP(signed, r)
	for kind, says := range map[string]string{"link-dead": "https://lychnari.invalid/", "link-moved": "https://beratung-am-fluss.invalid/kontakt"} {
		r := httptest.NewRequest("GET", "/en/desk/work?kind="+kind, nil)
		for _, c := range signed.Result().Cookies() {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if page := w.Body.String(); w.Code != 200 || strings.Count(page, "desk-finding") != 1 || !strings.Contains(page, says) || !strings.Contains(page, "(invented)") {
			t.Errorf("%s: %d, %d findings", kind, w.Code, strings.Count(page, "desk-finding"))
		}
	}
}
