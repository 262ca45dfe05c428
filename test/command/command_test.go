// Package command types what docs/operations.md tells an administrator to
// type, into the real program, and looks at what it answers and how it ends.
// It stores nothing outside the test's own folders.
package command

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"

	"amelie/internal/db"
	"amelie/internal/db/dbtest"
)

// folder is where TestMain's end finds what was built.
var folder string

// program builds the binary once, when the first test asks for it.
var program = sync.OnceValues(func() (string, error) {
	var err error
	if folder, err = os.MkdirTemp("", "amelie-command-"); err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "amelie")
	if out, err := exec.Command("go", "build", "-o", binary, "amelie/cmd/amelie").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// binary is the path of the program; the quick loop leaves these tests out.
func binary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the real program is left out of the quick loop")
	}
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// typed runs the program and gives what it printed and how it ended.
func typed(t *testing.T, words ...string) (out string, code int) {
	t.Helper()
	path := binary(t) // built before the clock runs
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := exec.CommandContext(ctx, path, words...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("amelie %s: %v", strings.Join(words, " "), err)
	}
	if ended != nil {
		code = ended.ExitCode()
	}
	return string(b), code
}

// works runs the program and wants it to succeed and to say something.
func works(t *testing.T, says string, words ...string) string {
	t.Helper()
	out, code := typed(t, words...)
	if code != 0 || !strings.Contains(out, says) {
		t.Fatalf("amelie %s ended with %d and said\n%s", strings.Join(words, " "), code, out)
	}
	return out
}

// refuses runs the program and wants it to end with code and a reason.
func refuses(t *testing.T, code int, says string, words ...string) {
	t.Helper()
	out, got := typed(t, words...)
	if got != code || !strings.Contains(out, says) {
		t.Errorf("amelie %s ended with %d and said\n%s\nwanted %d and %q", strings.Join(words, " "), got, out, code, says)
	}
}

// served is a running `amelie serve` or `amelie demo`.
type served struct {
	cmd     *exec.Cmd
	address string
	lines   *bufio.Reader
	errors  bytes.Buffer
}

// start runs the program until it has printed its address.
func start(t *testing.T, words ...string) *served {
	t.Helper()
	s := &served{cmd: exec.Command(binary(t), words...)}
	pipe, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = &s.errors
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill() }) // no-op when it has ended
	s.lines = bufio.NewReader(pipe)
	s.address = s.line(t)
	return s
}

func (s *served) line(t *testing.T) string {
	t.Helper()
	l, err := s.lines.ReadString('\n')
	if err != nil {
		s.cmd.Wait()
		t.Fatalf("the program printed no line: %v\n%s", err, s.errors.String())
	}
	return strings.TrimSpace(l)
}

// stop asks the program to end, as systemd does.
func (s *served) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, s.lines); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("asked to end, the program ended with %v\n%s", err, s.errors.String())
	}
}

func (s *served) answers(t *testing.T, path string, status int) string {
	t.Helper()
	r, err := http.Get(s.address + strings.TrimPrefix(path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status {
		t.Errorf("%s answers %d, %v", path, r.StatusCode, err)
	}
	return string(b)
}

// keyPair writes an age secret key to a file and gives its public half.
func keyPair(t *testing.T) (file, public string) {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "backup.key")
	if err := os.WriteFile(file, []byte(k.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, k.Recipient().String()
}

// empty makes a data folder for its owner alone, as the operations page says.
func empty(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spare")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// carry copies files of one data folder into another.
func carry(t *testing.T, from, to string, names ...string) {
	t.Helper()
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(from, n))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, n), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnInstallationIsServedBackedUpAndRestoredAsTheOperationsPageSays(t *testing.T) {
	data, spare := filepath.Join(t.TempDir(), "data"), empty(t)
	identity, recipient := keyPair(t)
	site := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0", "--country", "GR")
	site.line(t) // the sentence before the link
	link := site.line(t)
	if !strings.HasPrefix(link, site.address+"setup/") {
		t.Errorf("the set-up link is %q", link)
	}
	site.answers(t, "/healthz", 200)
	site.answers(t, "/readyz", 200)
	site.answers(t, "/en/find", 200)
	if !strings.Contains(site.answers(t, "/metrics", 200), "amelie_audit_waiting") {
		t.Error("the figures do not say how many entries wait for the log")
	}

	copied := filepath.Join(t.TempDir(), "copy.age")
	works(t, "tables in", "backup", "--data", data, "--to", copied, "--recipient", recipient)
	refuses(t, 1, "exists", "backup", "--data", data, "--to", copied, "--recipient", recipient)
	refuses(t, 1, "--recipient", "backup", "--data", data, "--to", copied+"2")
	works(t, "is whole", "verify", "backup", "--from", copied, "--identity", identity)
	works(t, "Nothing is stuck", "doctor", "--data", data)
	works(t, "the log is whole", "verify", "log", "--data", data)
	site.stop(t)

	carry(t, data, spare, "server.secret", "node.key")
	works(t, "goes on as a new one", "restore", "--data", spare, "--from", copied, "--identity", identity)
	refuses(t, 1, "never writes over", "restore", "--data", spare, "--from", copied, "--identity", identity)
	works(t, "up to date", "migrate", "--data", spare)
	works(t, "Database: It answers", "doctor", "--data", spare)
	works(t, "the log is whole", "verify", "log", "--data", spare)
	again := start(t, "serve", "--data", spare, "--addr", "127.0.0.1:0")
	again.answers(t, "/readyz", 200)
	again.stop(t)
}

func TestABackupOfSQLiteIsServedOnPostgreSQLBySeveralInstances(t *testing.T) {
	cfg := dbtest.Postgres(t)
	d, err := db.Open(t.Context(), cfg) // makes the namespace
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	url := cfg.URL + "&search_path=" + cfg.Namespace
	data, spare := filepath.Join(t.TempDir(), "data"), empty(t)
	identity, recipient := keyPair(t)
	first := start(t, "serve", "--data", data, "--addr", "127.0.0.1:0")
	first.stop(t)
	copied := filepath.Join(t.TempDir(), "copy.age")
	works(t, "tables in", "backup", "--data", data, "--to", copied, "--recipient", recipient)
	carry(t, data, spare, "server.secret", "node.key")
	works(t, "goes on as a new one", "restore", "--data", spare, "--database", url, "--from", copied, "--identity", identity)
	works(t, "Database: It answers", "doctor", "--data", spare, "--database", url)
	site := start(t, "serve", "--data", spare, "--addr", "127.0.0.1:0", "--database", url)
	site.answers(t, "/readyz", 200)

	// A second instance with a copy of the secrets knows the first one's links;
	// one with a secret of its own does not.
	site.line(t)
	link := "/en/" + strings.TrimPrefix(site.line(t), site.address)
	site.answers(t, link, 200)
	other, stranger := empty(t), empty(t)
	carry(t, spare, other, "server.secret", "node.key")
	second := start(t, "serve", "--data", other, "--addr", "127.0.0.1:0", "--database", url)
	second.line(t)
	link = "/en/" + strings.TrimPrefix(second.line(t), second.address) // a new start makes a new link
	second.answers(t, link, 200)
	site.answers(t, link, 200)
	carry(t, spare, stranger, "node.key")
	third := start(t, "serve", "--data", stranger, "--addr", "127.0.0.1:0", "--database", url)
	third.line(t)
	link = "/en/" + strings.TrimPrefix(third.line(t), third.address)
	third.answers(t, link, 200)
	second.answers(t, link, 410)
	third.stop(t)
	second.stop(t)
	site.stop(t)
	if _, err := os.Stat(filepath.Join(spare, "amelie.db")); err == nil {
		t.Error("with PostgreSQL there is a SQLite file all the same")
	}
}

func TestAForeignTableIsBroughtWithItsColumnsNamedInAFile(t *testing.T) {
	data, files := filepath.Join(t.TempDir(), "data"), t.TempDir()
	start(t, "serve", "--data", data, "--addr", "127.0.0.1:0").stop(t)
	list, columns, wrong := filepath.Join(files, "list.csv"), filepath.Join(files, "columns.toml"), filepath.Join(files, "wrong.toml")
	for path, text := range map[string]string{list: "Träger;Telefon;Leistungen;Farbe\nZephyrwind;030 123456;Beratung;blau\n",
		columns: "[columns]\n\"Träger\" = \"organization\"\nTelefon = \"phones\"\nLeistungen = \"helps\"\n\n[constants]\nlanguages = \"de\"\n", wrong: "[columns]\nTelefon = \"telephone\"\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refuses(t, 1, "separator", "import", "--data", data, "--from", list, "--country", "DE")
	refuses(t, 1, "no column of ours", "import", "--data", data, "--from", list, "--country", "DE", "--columns", wrong)
	works(t, "2 new", "import", "--data", data, "--from", list, "--country", "DE", "--role", "day-centre", "--columns", columns)
	works(t, "brought", "import", "--data", data, "--from", list, "--country", "DE", "--role", "day-centre", "--columns", columns, "--apply")
	works(t, "2 as they are", "import", "--data", data, "--from", list, "--country", "DE", "--role", "day-centre", "--columns", columns)
}

func TestADemoPrintsOneAddressAndItsFolderIsRefusedForRealWork(t *testing.T) {
	data := filepath.Join(t.TempDir(), "demo")
	site := start(t, "demo", "--data", data, "--addr", "127.0.0.1:0")
	if !strings.Contains(site.answers(t, "/en/demo", 200), "invented") {
		t.Error("the demo does not say who is invented")
	}
	site.stop(t)
	// req: DEMO-1
	refuses(t, 1, "not served as a real one", "serve", "--data", data, "--addr", "127.0.0.1:0")
}

func TestWordsThatMakeNoSenseAreRefusedWithWhatToDo(t *testing.T) {
	works(t, "amelie serve", "help")
	works(t, "amelie backup")
	works(t, "-tls-cert", "serve", "-h")
	refuses(t, 2, "no command", "sevre")
	refuses(t, 2, "unexpected", "doctor", "--data", t.TempDir(), "now")
	refuses(t, 2, "not defined", "serve", "--port", "80")
	refuses(t, 2, "verify log", "verify")
	refuses(t, 1, "--data is missing", "serve")
	refuses(t, 1, "no data folder", "doctor", "--data", filepath.Join(t.TempDir(), "mistyped"))
	refuses(t, 1, "give --tls-cert", "serve", "--data", t.TempDir(), "--addr", "0.0.0.0:0")
	refuses(t, 1, "belong together", "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--tls-cert", "x")
	refuses(t, 1, "--identity", "restore", "--data", t.TempDir(), "--from", "x")
}

func TestASecretThatOthersCanReadStopsTheStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	start(t, "serve", "--data", data, "--addr", "127.0.0.1:0").stop(t)
	if err := os.Chmod(filepath.Join(data, "server.secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	refuses(t, 1, "server.secret", "serve", "--data", data, "--addr", "127.0.0.1:0")
	refuses(t, 1, "chmod go-rwx", "doctor", "--data", data)
}

func TestTheDoctorMendsWhatItNamesAndAnOlderProgramRefusesNewerTables(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	start(t, "serve", "--data", data, "--addr", "127.0.0.1:0").stop(t)
	tamper := func(text string) {
		t.Helper()
		raw, err := sql.Open("sqlite", filepath.Join(data, "amelie.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if _, err := raw.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	tamper(`DROP INDEX house_run_latest`)
	if err := os.Chmod(filepath.Join(data, "node.key"), 0o640); err != nil {
		t.Fatal(err)
	}
	refuses(t, 1, "Others can read: node.key", "doctor", "--data", data)
	refuses(t, 1, "--mend would make the missing indexes.", "doctor", "--data", data)
	works(t, "One index is made.", "doctor", "--data", data, "--mend")
	if out := works(t, "The data folder and its keys belong to their owner alone.", "doctor", "--data", data); strings.Contains(out, "--mend would") {
		t.Errorf("something is left to mend:\n%s", out)
	}
	works(t, "Ο φάκελος δεδομένων", "doctor", "--data", data, "--lang", "el")

	tamper(`INSERT INTO db_migration (package, file, at) VALUES ('house', 'schema/0999_of_tomorrow.sql', 1)`)
	refuses(t, 1, "newer version of the program", "serve", "--data", data, "--addr", "127.0.0.1:0")
	refuses(t, 1, "newer version of the program", "migrate", "--data", data)
	refuses(t, 1, "Start the newer version again", "doctor", "--data", data)
}
