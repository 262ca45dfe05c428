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
