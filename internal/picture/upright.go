package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

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
