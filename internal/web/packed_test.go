package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func TestAPackedFileIsServedInTheFormThatTheReaderTakesAndOnlyOnce(t *testing.T) {
	content := []byte(strings.Repeat(`{"service":"ξενώνας"}`, 400))
	p := NewPacked("application/json", content)
	for _, c := range []struct {
		accept string
		open   func(io.Reader) io.Reader
	}{
		{"", func(r io.Reader) io.Reader { return r }},
		{"br, gzip", func(r io.Reader) io.Reader { return brotli.NewReader(r) }},
		{"gzip", func(r io.Reader) io.Reader { z, _ := gzip.NewReader(r); return z }},
	} {
		r := httptest.NewRequest("GET", "/pack/gr", nil)
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		got, err := io.ReadAll(c.open(w.Body))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%q: %d bytes, %v", c.accept, len(got), err)
		}
		tag := w.Header().Get("ETag")
		if tag == "" || !strings.HasPrefix(w.Header().Get("Repr-Digest"), "sha-256=:") || strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
			t.Errorf("%q: headers %v", c.accept, w.Header())
		}
		for _, other := range []string{"", "br", "gzip"} { // the same content in whatever form
			again := httptest.NewRequest("GET", "/pack/gr", nil)
			again.Header.Set("If-None-Match", `"other", W/`+tag)
			again.Header.Set("Accept-Encoding", other)
			w = httptest.NewRecorder()
			p.ServeHTTP(w, again)
			if w.Code != 304 || w.Body.Len() != 0 {
				t.Errorf("who has it gets %d and %d bytes", w.Code, w.Body.Len())
			}
		}
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest("HEAD", "/pack/gr", nil))
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD answers %d bytes", w.Body.Len())
	}
}
