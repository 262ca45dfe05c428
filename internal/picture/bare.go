package picture

import (
	"bytes"
	"encoding/binary"
)

// Bare says whether a file holds a picture and nothing besides, as Redraw
// writes it: no comment, no place, no profile, nothing after its end.
// Sources: ITU-T T.81, annex B; PNG (W3C 2003), 5 and 11.
func Bare(kind string, body []byte) bool {
	switch kind {
	case JPEG:
		return bareJPEG(body)
	case PNG:
		return barePNG(body)
	}
	return false
}

// bareJPEG walks the segments: tables, one frame, one scan, the end.
func bareJPEG(b []byte) bool {
	if !bytes.HasPrefix(b, []byte{0xFF, 0xD8}) {
		return false
	}
	for p := 2; p+4 <= len(b) && b[p] == 0xFF; {
		switch b[p+1] {
		case 0xDB, 0xC4, 0xC0: // tables, the frame
			p += 2 + int(binary.BigEndian.Uint16(b[p+2:]))
		case 0xDA:
			return endsWithScan(b[p+2:])
		default:
			return false
		}
	}
	return false
}

// endsWithScan: in a scan 0xFF is followed by a zero, and the end mark is last.
func endsWithScan(b []byte) bool {
	for i := 0; i+1 < len(b); i++ {
		if b[i] != 0xFF || b[i+1] == 0 {
			continue
		}
		return b[i+1] == 0xD9 && i+2 == len(b)
	}
	return false
}

func barePNG(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("\x89PNG\r\n\x1a\n"))
	for ok && len(rest) >= 12 {
		n, kind := binary.BigEndian.Uint32(rest), string(rest[4:8])
		if uint64(n)+12 > uint64(len(rest)) {
			return false
		}
		rest = rest[12+n:]
		switch kind {
		case "IHDR", "PLTE", "tRNS", "IDAT":
		case "IEND":
			return n == 0 && len(rest) == 0
		default:
			return false
		}
	}
	return false
}

// Blank writes over what is no picture in a JPEG, in its place: what a camera or a
// program noted (APP1 and the others but JFIF, colour profile and Adobe's colours),
// comments, and what follows the end. It says how many such places there were, and
// whether the segments could be read to the end.
func Blank(b []byte) (n int, ok bool) {
	empty := func(from, to int) {
		if len(bytes.Trim(b[from:to], "\x00")) > 0 {
			clear(b[from:to])
			n++
		}
	}
	if !bytes.HasPrefix(b, []byte{0xFF, 0xD8}) {
		return 0, false
	}
	for p := 2; p+1 < len(b); {
		switch kind := b[p+1]; {
		case b[p] != 0xFF:
			return n, false
		case kind == 0xFF: // a filler
			p++
		case kind == 0xD9:
			empty(p+2, len(b))
			return n, true
		default:
			if p+4 > len(b) {
				return n, false
			}
			end := p + 2 + int(binary.BigEndian.Uint16(b[p+2:]))
			if end < p+4 || end > len(b) {
				return n, false
			}
			colours := kind == 0xE0 || kind == 0xEE || kind == 0xE2 && bytes.HasPrefix(b[p+4:end], []byte("ICC_PROFILE\x00"))
			if kind == 0xFE || kind >= 0xE0 && kind <= 0xEF && !colours {
				empty(p+4, end)
			}
			if p = end; kind == 0xDA { // past the scan
				for p+1 < len(b) && (b[p] != 0xFF || b[p+1] == 0 || b[p+1] >= 0xD0 && b[p+1] <= 0xD7) {
					p++
				}
			}
		}
	}
	return n, false
}
