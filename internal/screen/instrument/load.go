package instrument

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"amelie/internal/fault"
	"amelie/internal/i18n"
)

const (
	folder      = "instrument"
	wordsFolder = folder + "/words"
	maxPack     = 1 << 20 // bytes of a pack that somebody brings
)

// Problem is one reason why a pack cannot be used.
type Problem struct {
	Pack   string
	Where  string // item, dimension, study or field
	Reason fault.Reason
}

// String is the problem in one line.
func (p Problem) String() string {
	return strings.TrimPrefix(strings.TrimSpace(p.Pack+" "+p.Where)+": ", ": ") + p.Reason.English
}

// Problems are all of them, as one error.
type Problems []Problem

// Error lists the problems, one in a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads the shipped packs, instrument/*.toml below the root of the content
// tree, with the wording that they share. The error is Problems with every
// reason, or that of a file that cannot be read.
func Load(fsys fs.FS) (Packs, error) {
	files, err := fs.Glob(fsys, folder+"/*.toml")
	if err != nil {
		return nil, fmt.Errorf("list instruments: %w", err)
	}
	shared, err := loadWords(fsys)
	if err != nil {
		return nil, err
	}
	var packs Packs
	var problems Problems
	for _, file := range files {
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		pack, err := decode([]byte(i18n.Unbroken(b)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if pack.Words != "" {
			pack.shared = shared
		}
		if want := pack.ID + ".toml"; path.Base(file) != want {
			problems = append(problems, Problem{pack.ID, "id", fileName.Broken(want)})
		}
		if !slices.Equal(pack.Languages, i18n.Languages) {
			problems = append(problems, Problem{pack.ID, "languages", shippedLanguages.Broken(strings.Join(i18n.Languages, " "))})
		}
		problems = append(problems, Check(pack)...)
		packs = append(packs, pack)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("instruments: %w", problems)
	}
	for _, p := range packs {
		p.prepare()
	}
	slices.SortFunc(packs, func(a, b *Pack) int { return cmp.Compare(a.ID, b.ID) })
	return packs, nil
}

// loadWords reads the wording that packs share, a file for each language.
func loadWords(fsys fs.FS) (map[string]map[string]ItemText, error) {
	out := map[string]map[string]ItemText{}
	for _, lang := range i18n.Languages {
		file := wordsFolder + "/" + lang + ".toml"
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		words := map[string]ItemText{}
		meta, err := toml.Decode(i18n.Unbroken(b), &words)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", file, err)
		}
		if extra := meta.Undecoded(); len(extra) > 0 {
			return nil, fmt.Errorf("parse %s: unknown key %s", file, extra[0])
		}
		out[lang] = words
	}
	return out, nil
}

// unreadable says why a text is no pack at all.
func unreadable(broken fault.Rule, args ...any) error {
	return Problems{{Reason: broken.Broken(args...)}}
}

// Parse reads a pack that somebody brings, as TOML or as JSON, and checks it.
// The error is Problems with every reason; the only one where the text makes no
// sense.
func Parse(text []byte) (*Pack, error) {
	if len(text) > maxPack {
		return nil, unreadable(tooLong)
	}
	pack, err := decode(text)
	if err != nil {
		return nil, err
	}
	problems := Check(pack)
	if pack.Words != "" {
		problems = append(problems, Problem{pack.ID, "words", sharedWords.Broken()})
	}
	if len(problems) > 0 {
		return nil, Problems(problems)
	}
	pack.prepare()
	return pack, nil
}

// decode reads the text and refuses names that it does not know.
func decode(text []byte) (*Pack, error) {
	pack := &Pack{}
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '{' {
		d := json.NewDecoder(bytes.NewReader(trimmed))
		d.DisallowUnknownFields()
		if err := d.Decode(pack); err != nil {
			return nil, unreadable(notJSON, err)
		}
		if d.More() {
			return nil, unreadable(afterJSON)
		}
	} else {
		meta, err := toml.Decode(string(text), pack)
		if err != nil {
			return nil, unreadable(notTOML, err)
		}
		if extra := meta.Undecoded(); len(extra) > 0 {
			return nil, unreadable(nameUnknown, extra[0])
		}
	}
	for i := range pack.Items {
		if pack.Items[i].Type == "" {
			pack.Items[i].Type = YesNo
		}
	}
	return pack, nil
}
