package instrument

import (
	"testing"

	"pgregory.net/rapid"
)

func TestACodedResponseGivesTheClassOfTheWholeOne(t *testing.T) {
	p := pack(t, "delphi-labour-child")
	rapid.Check(t, func(t *rapid.T) {
		a, age := answering(p).Draw(t, "answers"), rapid.SampledFrom(Ages).Draw(t, "age")
		codes := make([]byte, len(p.Items))
		for n, i := range p.Items {
			codes[n] = map[string]byte{Yes: 'y', No: 'n', Unknown: 'u', "": 'u'}[a[i.ID]]
		}
		class, open, err := p.Coded(age, codes)
		if r := score(t, p, age, a); err != nil || class != r.Class || open != r.Inconclusive {
			t.Fatalf("%s %v %v, whole %s %v", class, open, err, r.Class, r.Inconclusive)
		}
	})
	for _, bad := range []string{"", "y", string(make([]byte, 65)), "Y" + string(make([]byte, 64))} {
		if _, _, err := p.Coded(Adult, []byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
