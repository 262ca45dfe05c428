package app

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"amelie/internal/i18n"
	"amelie/internal/learn"
)

func shippedCourse(t testing.TB) *learn.Course {
	t.Helper()
	c, err := ShippedCourse()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheShippedCourseIsWholeInEveryLanguage(t *testing.T) {
	c := shippedCourse(t)
	if !slices.Equal(sorted(c.Languages), sorted(i18n.Languages)) {
		t.Errorf("languages %v", c.Languages)
	}
	if len(c.Topics) != 9 || len(c.Cases) < 8 {
		t.Errorf("%d topics, %d cases", len(c.Topics), len(c.Cases))
	}
	for _, topic := range c.Topics {
		kinds := map[learn.Kind]bool{}
		for _, q := range topic.Bank() {
			kinds[q.Kind] = true
		}
		practice := 0
		for _, u := range topic.Units {
			for _, b := range u.Blocks {
				if b.Form == "case" {
					practice++
				}
			}
			recognise := slices.Contains(u.Use, "guide") || slices.Contains(u.Use, "signs")
			if len(u.Questions) == 0 || !recognise || !slices.Contains(u.Use, "directory") {
				t.Errorf("%s.%s has no question, or does not lead to recognising and to the directory", topic.ID, u.ID)
			}
		}
		if len(topic.Units) < 3 || len(topic.Units) > 6 || practice == 0 || len(topic.Bank()) < 8 || len(kinds) < 4 {
			t.Errorf("%s: %d units, %d cases from practice, %d questions of %d kinds", topic.ID, len(topic.Units), practice, len(topic.Bank()), len(kinds))
		}
	}
	if n := c.Minutes(c.Essentials); n < 8 || n > 12 {
		t.Errorf("the essentials take %d minutes", n)
	}
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return out
}

func TestEveryLanguageOfTheCourseUsesTheTermsOfTheGlossary(t *testing.T) {
	for _, hint := range SayProblems(shippedCourse(t).Glossed(), learn.Source) {
		t.Error(hint)
	}
}

// A unit is read in five minutes: 200 words a minute, Greek and German with
// more letters to a word, beside its questions.
func TestEveryUnitIsReadInAPause(t *testing.T) {
	c := shippedCourse(t)
	for _, topic := range c.Topics {
		for _, lang := range c.Languages {
			for _, u := range topic.Units {
				n := 0
				for _, b := range u.Blocks {
					text, _ := c.Words(topic.ID, lang).Text(u.ID + "." + b.ID)
					n += len(strings.Fields(text.Body))
				}
				if n > 200*u.Minutes || n < 200 {
					t.Errorf("%s.%s in %s: %d words for %d minutes", topic.ID, u.ID, lang, n, u.Minutes)
				}
			}
		}
	}
}

func TestEveryPathOfEveryCaseEndsDebriefed(t *testing.T) {
	c := shippedCourse(t)
	for _, s := range c.Cases {
		paths, ends, good := 0, map[string]bool{}, 0
		all := s.EachPath(func(taken []learn.Taken, end learn.Ending) {
			paths++
			if len(taken) < 3 && end.Outcome == "safer" {
				t.Errorf("%s: a good end after %d decisions", s.ID, len(taken))
			}
			if !ends[end.ID] && end.Outcome != "closed" {
				good++
			}
			ends[end.ID] = true
		})
		if !all || paths < 8 || len(ends) != len(s.Endings) || good < 2 {
			t.Errorf("%s: %d paths to %d ends of which %d leave a door open", s.ID, paths, len(ends), good)
		}
		for _, lang := range c.Languages {
			w := c.Words("case/"+s.ID, lang)
			for _, e := range s.Endings {
				for _, id := range e.Debrief {
					if text, ok := w.Text(e.ID + "." + id); !ok || len(text.Body) < 40 {
						t.Errorf("%s %s: %s.%s says nearly nothing", s.ID, lang, e.ID, id)
					}
				}
			}
		}
	}
}

// hurtful are words that blame, pity or rescue, and such as call a person by
// what was done to them.
var hurtful = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`(?i)\b(rescue|saviou?r|modern slavery|sex slave|illegals?\b|illegal (im)?migrant|prostitutes?\b|junkie)`),
	"de": regexp.MustCompile(`(?i)(\bretten\b|rettung der|moderne sklaverei|\billegale[nr]? (migrant|mensch|person|einwander)|prostituierte)`),
	"fr": regexp.MustCompile(`(?i)(\bsauver\b|sauvetage|esclavage moderne|clandestin|prostituées?\b)`),
	"it": regexp.MustCompile(`(?i)(\bsalvare\b|salvataggio|schiavitù moderna|clandestin|prostitut[ae]\b)`),
	"nl": regexp.MustCompile(`(?i)(\bredden\b|redding|moderne slavernij|illegalen?\b|prostituees?\b)`),
	"el": regexp.MustCompile(`(?i)(διασώζ|διάσωση|σύγχρονη δουλεία|λαθρομετανάστ|πόρνη|ιερόδουλ)`),
}

func TestNoWordOfTheCourseBlamesOrRescues(t *testing.T) {
	c := shippedCourse(t)
	for _, file := range append([]string{"course"}, append(slices.Clone(c.TopicIDs), casesOf(c)...)...) {
		for _, lang := range c.Languages {
			w := c.Words(file, lang)
			for _, id := range w.Order {
				text, _ := w.Text(id)
				if found := hurtful[lang].FindString(text.Body); found != "" {
					t.Errorf("%s/%s %s: %q", file, lang, id, found)
				}
			}
		}
	}
}

func casesOf(c *learn.Course) (out []string) {
	for _, id := range c.CaseIDs {
		out = append(out, "case/"+id)
	}
	return out
}
