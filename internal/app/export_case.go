package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"amelie/internal/account"
)

// CaseExport asks for a copy of one person's whole file on the command line.
type CaseExport struct {
	Login, Password, Code string // who asks; in a demo the password is not looked at
	Case                  string // identifier of the case
	Why                   string // to-person or at-wish
	Lang                  string // of the paper
}

// reply is an answer of the pages. An archive is passed on to a writer while it is
// made, a page goes nowhere.
type reply struct {
	head    http.Header
	status  int
	archive io.Writer
}

func (r *reply) Header() http.Header    { return r.head }
func (r *reply) WriteHeader(status int) { r.status = status }
func (r *reply) Write(b []byte) (int, error) {
	if !r.isArchive() || r.archive == nil {
		return len(b), nil
	}
	return r.archive.Write(b)
}
func (r *reply) isArchive() bool { return r.head.Get("Content-Type") == "application/zip" }

// answer answers a request of the command line. Errors: when an archive broke off.
func (a *App) answer(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch trouble := recover(); {
		case trouble == http.ErrAbortHandler: //nolint:errorlint // the documented sentinel
			err = errors.New("the copy broke off and is not whole")
		case trouble != nil:
			panic(trouble)
		}
	}()
	a.Handler().ServeHTTP(w, r)
	return nil
}

// ExportCase writes the archive that the page of the case hands out. It signs in
// as somebody with an unlocked key and asks the page itself, so that the same
// rules hold and the same lines are written; then the sign-in ends.
//
// req: KEEP-4
func ExportCase(ctx context.Context, cfg Config, x CaseExport, to io.Writer) error {
	if err := cfg.existing(); err != nil {
		return err
	}
	cfg.Addr = cmp.Or(cfg.Addr, "127.0.0.1:0") // nothing is served
	_, err := os.Stat(filepath.Join(cfg.Data, demoMark))
	cfg.Demo = err == nil
	a, err := Open(ctx, cfg, Logger(io.Discard, false))
	if err != nil {
		return err
	}
	defer a.Close()
	started, err := a.enters(ctx, x)
	if err != nil {
		return errors.New("nobody signs in with this name, password and code")
	}
	signedIn := &reply{head: http.Header{}}
	a.Accounts.SetCookie(signedIn, started.Cookie)
	form := url.Values{"handing": {x.Why}, "given": {"1"}}
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Config.BaseURL+"/"+cmp.Or(x.Lang, "en")+"/cases/"+url.PathEscape(x.Case)+"/keep/copy", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Cookie", strings.SplitN(signedIn.head.Get("Set-Cookie"), ";", 2)[0])
	got := &reply{head: http.Header{}, status: http.StatusOK, archive: to}
	err = a.answer(got, ask)
	a.signOut(&reply{head: http.Header{}}, ask)
	if err == nil && !got.isArchive() {
		err = fmt.Errorf("no copy: the case %s is not there for %s, or the key is locked (%d)", x.Case, x.Login, got.status)
	}
	return err
}

// enters signs in, in a demo as an invented person.
func (a *App) enters(ctx context.Context, x CaseExport) (*account.Started, error) {
	if !a.Config.Demo {
		return a.Accounts.SignIn(ctx, account.Attempt{Login: x.Login, Password: x.Password, Code: x.Code, Address: "127.0.0.1", Agent: "amelie export case"})
	}
	userID, err := a.Accounts.ByLogin(ctx, demoLogin(x.Login))
	if err != nil {
		return nil, err
	}
	return a.Accounts.DemoSignIn(ctx, userID, "amelie export case")
}
