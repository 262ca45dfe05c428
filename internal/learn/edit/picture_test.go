package edit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"html"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"amelie/internal/db/dbtest"
	"amelie/internal/learn"
)

// sketch is a picture that nobody has drawn before, of a size.
func sketch(side int, shade uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, side, side))
	img.Set(side/2, side/2, color.Gray{shade})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// uploads sends a form with a picture; raw may be nil.
func (s *site) uploads(status int, path string, raw []byte, pairs ...string) string {
	s.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "holiday.png")
	if err == nil {
		_, err = part.Write(raw)
	}
	for i := 0; i < len(pairs); i += 2 {
		err = errors.Join(err, form.WriteField(pairs[i], pairs[i+1]))
	}
	if err = errors.Join(err, form.Close()); err != nil {
		s.Fatal(err)
	}
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != status {
		s.Fatalf("%s: %d", path, w.Code)
	}
	return html.UnescapeString(w.Body.String())
}

const newPicture = "/en/desk/course/picture?topic=talk&unit=u2&behind=p1"

func TestAPictureIsSentDescribedShownReplacedAndTakenOut(t *testing.T) {
	s := newSite(t)
	s.says(s.uploads(422, newPicture, nil, "says.en", "A door.", "says.de", "Eine Tür."), "Choose a picture.", "A door.", "Eine Tür.")
	s.says(s.uploads(422, newPicture, []byte("<script>alert(1)</script>"), "says.en", "A door.", "says.de", "Eine Tür."), "not a picture", "A door.")
	page := s.uploads(422, newPicture, sketch(40, 200), "says.en", "A door.", "caption.en", "It stands open.")
	s.says(page, "Say what it shows.", "needs them too", "It stands open.", `alt="A door."`, "<figcaption")
	kept := s.hidden(page, "kept")
	s.get("/en/desk/course/" + kept)
	words := []string{"kept", kept, "says.en", "A door.", "caption.en", "It stands open.", "says.de", "Eine Tür.", "caption.de", "Sie steht offen."}
	s.says(s.uploads(200, newPicture, nil, append(words, "do", "look")...), "<figcaption")
	if s.draft(t).Revision != 0 {
		t.Error("a look saved something")
	}
	s.uploads(303, newPicture, nil, words...)
	if page := s.get("/en/desk/course/topic/talk/u2"); !strings.Contains(page, `alt="A door."`) || !strings.Contains(page, `src="/en/desk/course/`+kept) {
		t.Error("the unit does not show it to its editors")
	}
	s.get("/en/desk/course/view/talk/u2")
	s.post(303, "/en/desk/course/publish", "revision", "1")
	s.says(s.get("/de/learn/talk/u2"), `alt="Eine Tür."`, "Sie steht offen.", `src="/course/`+kept)

	path := "/en/desk/course/picture?topic=talk&unit=u2&block=i1"
	seen := s.hidden(s.get(path), "seen")
	s.uploads(303, path, sketch(40, 90), append(words, "seen", seen)...)
	topic, _ := s.draft(t).Course.Topic("talk")
	if now := topic.Units[1].Blocks[1]; now.File == kept || now.Form != "picture" {
		t.Errorf("%+v", now)
	}
	s.says(s.uploads(409, path, nil, append(words, "seen", seen)...), "Somebody changed this picture meanwhile", "Sie steht offen.")
	s.says(s.uploads(409, path, nil, "kept", kept, "says.en", "A gate.", "says.de", "Eine Tür.", "seen", seen), "A gate.", "door.")
	s.post(303, "/en/desk/course/topic/talk/u2", "do", "remove i1")
	if page := s.get("/en/desk/course/topic/talk/u2"); strings.Contains(page, "A door.") {
		t.Error("it is still there")
	}
	s.viewer = insider
	s.send(404, "GET", "/en/desk/course/"+kept, nil)
}

// req: EDIT-5
func TestATranslationThatIsLeftAsItIsStaysOneOfTheDescriptionBefore(t *testing.T) {
	x := newOffice(t, dbtest.Open(t, schemas...))
	course := x.draft(t).Course
	topic, _ := course.Topic("talk")
	p := pictured(course, "talk", "u1", topic.Units[0].Blocks[4])
	p.Seen = p.Stamp()
	english, err := learn.PictureText("Two chairs by an open door.", "")
	if err != nil {
		t.Fatal(err)
	}
	p.Words["en"] = english
	x.acts(t, Set, func(b *Bench) error { return b.SetPicture("talk", "u1", "i1", p) })
	if d := x.draft(t); !d.Course.Stale("talk", "de", "u1.i1") {
		t.Error("a description that nobody looked at counts as one of the new English")
	}
}

func TestAPictureThatNobodySavedGoesAfterADayAndWhatTheHistoryNamesStays(t *testing.T) {
	s := newSite(t)
	sent := func(shade uint8) string { // with a form that is refused
		return s.hidden(s.uploads(422, newPicture, sketch(40, shade), "says.en", "A door."), "kept")
	}
	left, again, taken := sent(10), sent(20), sent(30)
	s.uploads(303, newPicture, nil, "kept", taken, "says.en", "A door.", "says.de", "Eine Tür.")
	s.post(303, "/en/desk/course/topic/talk/u2", "do", "remove i1")
	sweep := func(later time.Duration) {
		s.now = s.now.Add(later)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	sweep(0)
	sweep(straying - time.Hour)
	s.get("/en/desk/course/" + left)
	sent(20)
	sweep(time.Hour)
	s.send(404, "GET", "/en/desk/course/"+left, nil)
	s.get("/en/desk/course/" + again)
	s.get("/en/desk/course/" + taken)
	sweep(straying)
	s.send(404, "GET", "/en/desk/course/"+again, nil)
	s.get("/en/desk/course/" + taken)
}

func TestAPictureThatIsTooLargeIsRefusedWithItsReason(t *testing.T) {
	s := newSite(t)
	huge := sketch(8, 1)
	huge[18], huge[19], huge[22], huge[23] = 0xff, 0xff, 0xff, 0xff // its header promises 65,535 by 65,535 points
	page := s.uploads(422, newPicture, repaired(huge), "says.en", "A door.", "says.de", "Eine Tür.")
	s.says(page, "too large", "A door.")
}

// repaired gives a PNG's header the sum that belongs to it.
func repaired(b []byte) []byte {
	sum := crc32.ChecksumIEEE(b[12:29])
	binary.BigEndian.PutUint32(b[29:33], sum)
	return b
}
