package learn

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/jpeg"
	"image/png"
	"regexp"

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
	p := Shown{Body: body}
	var size image.Config
	var err error
	if p.Type = picture.PNG; b.File[len(b.File)-3:] == "jpg" {
		p.Type = picture.JPEG
		size, err = jpeg.DecodeConfig(bytes.NewReader(body))
	} else {
		size, err = png.DecodeConfig(bytes.NewReader(body))
	}
	if err != nil || max(size.Width, size.Height) > PictureLimits.Side || len(body) > PictureLimits.Bytes || pictureFile(p.Type, body) != b.File || !picture.Bare(p.Type, body) {
		r.fault(b.File, 0, "picture-file")
		return
	}
	p.Width, p.Height = size.Width, size.Height
	r.course.pictures[b.File] = &p
}
