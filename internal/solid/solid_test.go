package solid_test

import (
	"bytes"
	"io/fs"
	"runtime"
	"testing"
	"testing/fstest"

	"amelie/internal/solid"
)

var tree = fstest.MapFS{
	"en/room.toml":  {Data: []byte("title = \"A room\"\n")},
	"el/room.toml":  {Data: []byte("title = \"Ένα δωμάτιο\"\n")},
	"el/empty.toml": {Data: nil},
	"plain.txt":     {Data: bytes.Repeat([]byte("the same line\n"), 5000)},
}

func TestAPackedTreeReadsAsTheTreeItWas(t *testing.T) {
	packed, err := solid.Pack(tree)
	if err != nil {
		t.Fatal(err)
	}
	if len(packed) > 1000 {
		t.Errorf("%d bytes", len(packed))
	}
	if again, _ := solid.Pack(tree); !bytes.Equal(packed, again) {
		t.Error("the same texts give other bytes")
	}
	got := solid.Open(packed)
	for range 2 { // and once more after what was unpacked may be gone
		if err := fstest.TestFS(got, "en/room.toml", "el/room.toml", "el/empty.toml", "plain.txt"); err != nil {
			t.Fatal(err)
		}
		for name, want := range tree {
			if b, err := fs.ReadFile(got, name); err != nil || !bytes.Equal(b, want.Data) {
				t.Errorf("%s: %d bytes, %v", name, len(b), err)
			}
		}
		runtime.GC()
	}
}

func TestAFileThatIsBeingReadOutlivesWhatWasLetGo(t *testing.T) {
	packed, err := solid.Pack(tree)
	if err != nil {
		t.Fatal(err)
	}
	files := solid.Open(packed)
	f, err := files.Open("plain.txt")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.GC()
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil || !bytes.Equal(b.Bytes(), tree["plain.txt"].Data) {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
}

func TestADamagedArchiveIsABrokenBuild(t *testing.T) {
	packed, err := solid.Pack(tree)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("half an archive was taken")
		}
	}()
	_, _ = solid.Open(packed[:len(packed)/2]).Open("plain.txt")
}
