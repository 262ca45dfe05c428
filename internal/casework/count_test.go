package casework

import (
	"testing"

	"pgregory.net/rapid"
)

// req: TALLY-1
func TestWhoLooksEachMonthAtReleasedNumbersNeverSeesASmallOneAndNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.Int64Range(2, 5).Draw(t, "few")
		months := rapid.SliceOfN(rapid.Int64Range(0, 7), 1, 24).Draw(t, "months")
		var before []int64
		for seen := range months {
			now := Released(few, months[:seen+1])
			sum, told := int64(0), int64(0)
			for i, n := range now {
				if n != 0 && n < few {
					t.Fatalf("month %d tells %d", i, n)
				}
				if i < len(before) && before[i] != n {
					t.Fatalf("month %d told %d and then %d", i, before[i], n)
				}
				sum, told = sum+months[i], told+n
			}
			if told > sum || sum-told >= few {
				t.Fatalf("told %d of %d", told, sum)
			}
			before = now
		}
	})
}

// req: STAGE-4
func TestANumberThatIsToldMovesOnlyWhenFewOrMoreCameOrWent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few, now, told := int64(Few), int64(0), int64(0)
		for _, step := range rapid.SliceOf(rapid.Int64Range(-2, 2)).Draw(t, "steps") {
			now = max(0, now+step)
			next := Settled(few, told, now)
			if moved := next - told; moved != 0 && -few < moved && moved < few || next != 0 && next < few {
				t.Fatalf("told %d, then %d", told, next)
			}
			if d := next - now; d >= 2*few || -d >= 2*few {
				t.Fatalf("told %d where there are %d", next, now)
			}
			told = next
		}
	})
}
