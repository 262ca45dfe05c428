package learn

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"image/png"
	"regexp"
	"strings"

	"amelie/internal/picture"
)

// Shown is a picture of the course as its folder holds it. What it shows is said
// by the words of the block that it belongs to, in every language.
type Shown struct {
	Type          string // image/jpeg or image/png
	Body          []byte
	Width, Height int // pixels
}

// PictureLimits are what a picture of a course may weigh: a page is read on a
// telephone, and a package holds them all.
var PictureLimits = picture.Limits{Side: 1200, Bytes: 150 << 10}

// pictureName is a picture's file: the first bytes of the SHA-256 of what it
// holds, so that a changed picture is another file.
var pictureName = regexp.MustCompile(`^picture/([0-9a-f]{16})\.(jpg|png)$`)

// NewPicture draws an uploaded picture anew and gives it its name in the folder.
// Errors: those of picture.Redraw.
func NewPicture(raw []byte) (name string, body []byte, err error) {
	drawn, err := picture.Redraw(raw, PictureLimits)
	if err != nil {
		return "", nil, err
	}
	return pictureFile(drawn.Type, drawn.Body), drawn.Body, nil
}

func pictureFile(kind string, body []byte) string {
	sum := sha256.Sum256(body)
	return "picture/" + hex.EncodeToString(sum[:8]) + map[string]string{picture.JPEG: ".jpg", picture.PNG: ".png"}[kind]
}

// Picture is one of the course's; nil when there is none of that name.
func (c *Course) Picture(name string) *Shown { return c.pictures[name] }

// picture reads a picture's file. It must be one that this program drew:
// foreign bytes go through NewPicture.
func (r *reader) picture(topic string, b Block) {
	switch {
	case b.Form != "picture" && b.File != "", b.Form == "picture" && !pictureName.MatchString(b.File):
		r.about(topic, b.ID, "picture")
		return
	case b.Form != "picture" || r.course.pictures[b.File] != nil:
		return
	}
	body, ok := r.file(b.File)
	if !ok {
		return
	}
	p := ReadPicture(b.File, body)
	if p == nil {
		r.fault(b.File, 0, "picture-file")
		return
	}
	r.course.pictures[b.File] = p
}

// ReadPicture is a picture's file; nil when this program did not draw it.
func ReadPicture(name string, body []byte) *Shown {
	if !pictureName.MatchString(name) {
		return nil
	}
	p := Shown{Body: body}
	var size image.Config
	var err error
	if p.Type = picture.PNG; name[len(name)-3:] == "jpg" {
		p.Type = picture.JPEG
		size, err = jpeg.DecodeConfig(bytes.NewReader(body))
	} else {
		size, err = png.DecodeConfig(bytes.NewReader(body))
	}
	if err != nil || max(size.Width, size.Height) > PictureLimits.Side || len(body) > PictureLimits.Bytes || pictureFile(p.Type, body) != name || !picture.Bare(p.Type, body) {
		return nil
	}
	p.Width, p.Height = size.Width, size.Height
	return &p
}

// PictureText are the words of a picture: what it shows, for those who do not
// see it, and what stands below it, "" for nothing. Errors: Problem.
func PictureText(says, caption string) (Text, error) {
	if caption == "" {
		return Compose(Paragraph, []string{says})
	}
	if says == "" {
		return Text{}, Problem{Key: "learn.problem.no-words", Args: []any{"id", ""}}
	}
	return Compose(List, []string{says, caption})
}

// PictureWords takes the words of a picture apart.
func (t Text) PictureWords() (says, caption string) {
	lines := t.Lines()
	return lines[0], strings.Join(lines[1:], " ")
}
