package directory

import (
	"os"
	"testing"
)

// testVocabulary is the shipped one.
func testVocabulary(t testing.TB) Vocabulary {
	t.Helper()
	_, vocab, err := LoadContent(os.DirFS("../../content"))
	if err != nil {
		t.Fatal(err)
	}
	return vocab
}
