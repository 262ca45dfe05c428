// Package chrome starts a real browser for tests: Debian's chromium, headless,
// asking nobody but the pages under test. A start that hangs is tried again,
// and an end that hangs is not waited for: a busy machine must not turn into a
// failed test.
package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	startTime = 45 * time.Second
	endTime   = 10 * time.Second
	tries     = 3
)

// Path is where the browser is. Errors: none is installed.
func Path() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no chromium: make test installs it")
}

// Open starts a browser with one empty tab, whose context it gives; stop ends
// the browser and takes its folder away.
func Open() (tab context.Context, stop func(), err error) {
	path, err := Path()
	if err != nil {
		return nil, nil, err
	}
	for range tries {
		if tab, stop, err = open(path); err == nil {
			return tab, stop, nil
		}
	}
	return nil, nil, fmt.Errorf("start %s: %w", path, err)
}

func open(path string) (context.Context, func(), error) {
	dir, err := os.MkdirTemp("", "amelie-chrome-")
	if err != nil {
		return nil, nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(dir))
	alloc, kill := chromedp.NewExecAllocator(context.Background(), opts...)
	tab, closeTab := chromedp.NewContext(alloc)
	stop := func() {
		within(endTime, closeTab)
		within(endTime, kill)
		os.RemoveAll(dir)
	}
	started := make(chan error, 1)
	go func() { started <- chromedp.Do(tab, chromedp.Navigate("about:blank")) }()
	select {
	case err = <-started:
	case <-time.After(startTime):
		err = errors.New("it did not start in time")
	}
	if err != nil {
		stop()
		return nil, nil, err
	}
	return tab, stop, nil
}

// within runs what may hang, for a time.
func within(d time.Duration, do func()) {
	done := make(chan struct{})
	go func() { do(); close(done) }()
	select {
	case <-done:
	case <-time.After(d):
	}
}

// Tab is a fresh browser's tab for one test, with a limit on the whole test's
// use of it. The quick loop leaves it out.
func Tab(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("the browser is left out of the quick loop")
	}
	tab, stop, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(tab, limit)
	t.Cleanup(cancel)
	return ctx
}

// Close closes a tab of a shared browser, and gives up on one that hangs.
func Close(closeTab func()) { within(endTime, closeTab) }
