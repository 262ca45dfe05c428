package instrument

import (
	"testing"

	"amelie/content"
)

func shipped(t testing.TB) Packs {
	t.Helper()
	packs, err := Load(content.FS)
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

func pack(t testing.TB, id string) *Pack {
	t.Helper()
	p, ok := shipped(t).Get(id)
	if !ok {
		t.Fatalf("there is no pack %s", id)
	}
	return p
}

func TestTheShippedPacksLoad(t *testing.T) {
	for _, p := range shipped(t) {
		t.Log(p.ID, p.State, len(p.Items))
	}
}
