package fence

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyNamedHostsAreAskedAndLongAnswersEnd(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		io.WriteString(w, strings.Repeat("x", 100))
	}))
	t.Cleanup(server.Close)
	named, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: Fence{May: func(u *url.URL) bool { return u.Host == named.Host }, Most: 99, Next: http.DefaultTransport}}
	var foreign Foreign
	if _, err := client.Get("http://elsewhere.invalid/x"); !errors.As(err, &foreign) || foreign.Host != "elsewhere.invalid" || asked != 0 {
		t.Errorf("%v, asked %d", err, asked)
	}
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a long answer: %v", err)
	}
	whole := Fence{May: func(*url.URL) bool { return true }, Next: http.DefaultTransport}
	resp, err = (&http.Client{Transport: whole}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || len(b) != 100 {
		t.Errorf("without a limit: %d, %v", len(b), err)
	}
}
