// Package picture draws uploaded pictures anew.
//
// The idea: a camera writes place, time and device into a photograph, and a file
// can be a picture to one program and a page or a script to another. What is
// decoded to pixels and encoded again has none of that: nothing but the pixels
// survives. A turned photograph stays turned.
//
// Nothing is stored. It must never trust a file's name or its header's promise:
// what a picture is, is decided by its content, and one that would unpack to
// more than a phone's photograph is refused before it is unpacked.
package picture

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif" // the first frame of one is taken
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// The types that come out.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

// MaxPixels is the largest picture that is unpacked: a phone's photograph.
const MaxPixels = 40 << 20

// Picture is a picture drawn anew.
type Picture struct {
	Type          string // JPEG or PNG
	Body          []byte
	Width, Height int // pixels
}

// Limits say how large a picture may come out; zero: as large as it is.
type Limits struct {
	Side  int // pixels of the longer side; larger ones are drawn smaller
	Bytes int // a JPEG is made coarser until it fits
}

// Errors of Redraw.
var (
	ErrUnreadable = errors.New("not a picture that can be read")
	ErrLarge      = errors.New("larger than allowed")
)

// slots holds back more than two pictures being unpacked at a time.
var slots = make(chan struct{}, 2)

// Redraw takes a JPEG, PNG, GIF or WebP. A JPEG stays one; what may be
// transparent comes out as PNG.
// Errors: ErrUnreadable; ErrLarge when it would unpack to more than MaxPixels or
// cannot be brought within the limits.
//
// req: FILE-1
func Redraw(raw []byte, limits Limits) (Picture, error) {
	slots <- struct{}{}
	defer func() { <-slots }()
	size, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return Picture{}, ErrUnreadable
	}
	if size.Width > MaxPixels/size.Height {
		return Picture{}, ErrLarge
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return Picture{}, ErrUnreadable
	}
	if kind == "jpeg" {
		img = upright(img, orientation(raw))
	}
	return encode(shrunk(img, limits.Side), kind, limits.Bytes)
}

// shrunk brings the longer side to at most side pixels.
func shrunk(img image.Image, side int) image.Image {
	b := img.Bounds()
	longer := max(b.Dx(), b.Dy())
	if side <= 0 || longer <= side {
		return img
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*side/longer), max(1, b.Dy()*side/longer)))
	draw.CatmullRom.Scale(small, small.Bounds(), img, b, draw.Src, nil)
	return small
}

// coarser are the qualities that are tried until a JPEG fits.
var coarser = []int{88, 80, 70, 60, 45}

func encode(img image.Image, kind string, most int) (Picture, error) {
	p := Picture{Type: JPEG, Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	if kind != "jpeg" && !opaque(img) || kind == "png" || kind == "gif" {
		p.Type = PNG
		var out bytes.Buffer
		if err := png.Encode(&out, img); err != nil {
			return Picture{}, ErrUnreadable
		}
		if p.Body = out.Bytes(); most <= 0 || len(p.Body) <= most {
			return p, nil
		}
		if !opaque(img) {
			return Picture{}, ErrLarge
		}
		p.Type = JPEG // a photograph in the wrong wrapping
	}
	for _, quality := range coarser {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
			return Picture{}, ErrUnreadable
		}
		if p.Body = out.Bytes(); most <= 0 || len(p.Body) <= most {
			return p, nil
		}
	}
	return Picture{}, ErrLarge
}

func opaque(img image.Image) bool {
	o, knows := img.(interface{ Opaque() bool })
	return knows && o.Opaque()
}
