// Package pack makes a course into files for elsewhere: a package for a
// hospital's own learning platform, or the folder that it is.
//
// The idea: the whole course is one HTML document with its style and scripts
// beside it, made by the templates of the reading room. A platform opens it as
// one thing to be learnt (one SCO, one assignable unit): one status, one score,
// one place to come back to, which every platform can show, whereas several of
// them are added up by each in its own way. All languages may be in one
// document, so that a reader changes between them without leaving it. Once
// loaded it asks for nothing more, but where the platform itself is told by
// requests.
//
// Stored: nothing; files are made when they are first asked for and stay in
// memory until the course changes. A package must never name a host, never run what is text of
// the course or typed by a learner, and never read what is written in answer to
// an open question.
package pack

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"

	"amelie/internal/fault"
	"amelie/internal/learn"
	"amelie/internal/learn/reading"
	"amelie/internal/web"
)

// The formats.
const (
	SCORM12 = "scorm12"
	CMI5    = "cmi5"
	Folder  = "folder"
)

// All stands for every language of the course.
const All = "all"

// Formats are all of them.
var Formats = []string{SCORM12, CMI5, Folder}

//go:embed script/*.js
var scripts embed.FS

//go:embed page/document.html
var documentFile string

var document = template.Must(template.New("document").Parse(documentFile))

// Maker makes packages of a course.
type Maker struct {
	Course *learn.Course
	Texts  reading.Texts
}

// Files are a package's files by name. A folder has every language whatever
// lang is. Error: fault.NotFound for a format or a language that there is not.
func (m Maker) Files(format, lang string) (map[string][]byte, error) {
	languages := []string{lang}
	if lang == All {
		languages = m.Course.Languages
	}
	if !slices.Contains(Formats, format) || lang != All && !slices.Contains(m.Course.Languages, lang) {
		return nil, fault.New(fault.NotFound, "web.error.not-found")
	}
	if format == Folder {
		return m.Course.Files(), nil
	}
	files := map[string][]byte{"course.css": web.StyleAlone("learn", "whole")}
	for file, name := range map[string]string{"mark.js": "mark.js", "course.js": "course.js", "lms.js": format + ".js"} {
		b, err := scripts.ReadFile("script/" + name)
		if err != nil {
			return nil, err
		}
		files[file] = web.ScriptAlone(b)
	}
	var err error
	if files["data.js"], err = m.data(languages); err != nil {
		return nil, err
	}
	if files["index.html"], err = m.document(languages, format == CMI5); err != nil {
		return nil, err
	}
	if format == CMI5 {
		files["cmi5.xml"], err = m.structure(languages)
		return files, err
	}
	files["imsmanifest.xml"], err = m.manifest(languages, slices.Sorted(maps.Keys(files)))
	return files, err
}

// Zip is a package as one file, the same bytes for the same course.
func (m Maker) Zip(format, lang string) ([]byte, error) {
	files, err := m.Files(format, lang)
	if err != nil {
		return nil, err
	}
	return learn.Zip(files)
}

// Name is what a package's file is called: neutral, for it stays in a folder of
// downloads.
func (m Maker) Name(format, lang string) string {
	return fmt.Sprintf("course-%s-%s-%s.zip", m.Course.ID, lang, format)
}

func (m Maker) data(languages []string) ([]byte, error) {
	x := reading.Outlined(m.Course, languages)
	b, err := json.Marshal(x) // escapes what a document could take for markup
	return fmt.Appendf(nil, "const course = %s;\n", b), err
}

// version is a language of the document.
type version struct {
	Lang, Name string
	Body       template.HTML
}

// document is the course in the first language, ready to be read, and in the
// others put by. One that tells its platform by requests may make them.
func (m Maker) document(languages []string, tells bool) ([]byte, error) {
	var v struct {
		version
		Title    string
		Label    string
		Versions []version
		Tells    bool
	}
	v.Tells = tells
	for _, lang := range languages {
		body, err := reading.Whole(m.Course, m.Texts, lang)
		if err != nil {
			return nil, err
		}
		v.Versions = append(v.Versions, version{lang, web.LanguageName(lang), body})
	}
	v.version, v.Title, v.Label = v.Versions[0], m.Texts.T(languages[0], "learn.title"), m.Texts.T(languages[0], "web.bar.language")
	var b bytes.Buffer
	err := document.Execute(&b, v)
	return b.Bytes(), err
}
