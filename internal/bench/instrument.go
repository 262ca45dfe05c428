package bench

import (
	"context"
	"math/rand/v2"
	"time"

	"amelie/content"
	"amelie/internal/screen/instrument"
)

// instruments measures the engine: one response with its whole explanation,
// and a million stored ones on one core.
func instruments(_ context.Context, t *table, _ string, _ Options) error {
	packs, err := instrument.Load(content.FS)
	if err != nil {
		return err
	}
	p, _ := packs.Get("delphi-labour-adult")
	random := rand.New(rand.NewPCG(67, 6))
	const many = 2000
	responses, coded := make([]instrument.Response, many), make([][]byte, many)
	for n := range responses {
		responses[n] = instrument.Response{Age: instrument.Adult, Answers: instrument.Answers{}}
		for _, i := range p.Items {
			at := random.IntN(3)
			responses[n].Answers[i.ID] = []string{instrument.Yes, instrument.No, instrument.Unknown}[at]
			coded[n] = append(coded[n], "ynu"[at])
		}
	}
	one, err := calm(5, func() ([]time.Duration, error) {
		took := make([]time.Duration, 0, many)
		for _, r := range responses {
			began := time.Now()
			if _, err := p.Score(r); err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		return took, nil
	})
	if err != nil {
		return err
	}
	t.line("one response scored and explained, p95", 50, float64(one.Nanoseconds())/1000, "µs")
	began := time.Now()
	for n := range 1_000_000 {
		if _, _, err := p.Coded(instrument.Adult, coded[n%many]); err != nil {
			return err
		}
	}
	t.line("10^6 coded responses on one core", 5, time.Since(began).Seconds(), "s")
	return nil
}
