package referral

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"

	"amelie/internal/fault"
)

// Limits of attachments.
const (
	MaxFiles     = 5
	MaxFileBytes = 5 << 20
	maxPixels    = 40 << 20 // a small file can unpack to a very large picture
)

// pictures holds back more than two pictures being unpacked at a time.
var pictures = make(chan struct{}, 2)

// CleanFile takes a file as uploaded. What it is, is decided by its content,
// not by its name. Pictures are drawn anew, so that place, device and time
// that a camera writes into them are gone; a turned picture stays turned. A
// PDF is taken as it is: what its author wrote into it goes along, and the
// page says so.
// Errors: fault.Invalid naming the field "file".
//
// req: FILE-1
func CleanFile(name string, raw []byte) (Attachment, error) {
	wrong := func(key string, args ...any) (Attachment, error) {
		return Attachment{}, fault.Fields(fault.Field{Name: "file", Key: key, Args: args})
	}
	if len(raw) == 0 {
		return wrong("referral.error.file-empty")
	}
	if len(raw) > MaxFileBytes {
		return wrong("referral.error.file-large", "megabytes", MaxFileBytes>>20)
	}
	a := Attachment{Name: name, Type: http.DetectContentType(raw)}
	switch a.Type {
	case "application/pdf":
		a.Body = bytes.Clone(raw)
		return a, nil
	case "image/jpeg", "image/png":
		body, ok := redraw(a.Type, raw)
		if !ok {
			return wrong("referral.error.file-broken")
		}
		a.Body = body
		return a, nil
	}
	return wrong("referral.error.file-type")
}

// redraw decodes and encodes a picture; nothing but its pixels survives.
func redraw(kind string, raw []byte) ([]byte, bool) {
	pictures <- struct{}{}
	defer func() { <-pictures }()
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return nil, false
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, false
	}
	var out bytes.Buffer
	if kind == "image/png" {
		err = png.Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, upright(img, orientation(raw)), &jpeg.Options{Quality: 88})
	}
	return out.Bytes(), err == nil
}

// orientation reads the Exif orientation (1 to 8) of a JPEG; 1 when there is
// none. Source: Exif 2.3, tag 0x0112 in IFD0.
func orientation(raw []byte) int {
	for p := 2; p+4 <= len(raw) && raw[p] == 0xFF; {
		marker, n := raw[p+1], int(binary.BigEndian.Uint16(raw[p+2:]))
		if n < 2 || p+2+n > len(raw) || marker == 0xDA {
			return 1
		}
		if seg := raw[p+4 : p+2+n]; marker == 0xE1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")) {
			return tiffOrientation(seg[6:])
		}
		p += 2 + n
	}
	return 1
}

func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if t[0] == 'I' {
		order = binary.LittleEndian
	}
	p := int(order.Uint32(t[4:]))
	if p < 8 || p+2 > len(t) {
		return 1
	}
	for i, n := 0, int(order.Uint16(t[p:])); i < n; i++ {
		e := p + 2 + 12*i
		if e+12 > len(t) {
			return 1
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if v := int(order.Uint16(t[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

// upright turns and mirrors a picture as its orientation says.
func upright(img image.Image, o int) image.Image {
	if o == 1 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if o >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			switch o {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			out.Set(x, y, img.At(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}
