package world

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"amelie/internal/db"
)

var sum = db.Statement(`SELECT COUNT(*) FROM referral_referral`)

func TestTheWorldSendsAndTheOtherSideReads(t *testing.T) {
	ctx := context.Background()
	w, err := Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer w.DB.Close()
	draft, rev, err := w.Draft(ctx, "lighthouse")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(ctx, draft, rev); err != nil {
		t.Fatal(err)
	}
	shown, err := w.Referrals.Look(ctx, w.Mira, draft)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := shown.Packet.Bytes(); err != nil || strings.Count(string(text), "lighthouse") != 2 {
		t.Errorf("%s %v", text, err)
	}
	var n int
	if err := w.DB.Read(ctx, func(tx *db.Tx) error { return tx.Row(sum).Scan(&n) }); err != nil || n != 1 {
		t.Errorf("%d referrals, %v", n, err)
	}
}

// BenchmarkSend sends drafts that were written before, with as many senders
// as -cpu says times 8.
func BenchmarkSend(b *testing.B) {
	ctx := context.Background()
	w, err := Open(ctx, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer w.DB.Close()
	type ready struct {
		id  string
		rev int64
	}
	drafts := make(chan ready, b.N)
	for i := range b.N {
		id, rev, err := w.Draft(ctx, fmt.Sprint(i))
		if err != nil {
			b.Fatal(err)
		}
		drafts <- ready{id, rev}
	}
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d := <-drafts
			if err := w.Send(ctx, d.id, d.rev); err != nil {
				b.Error(err)
			}
		}
	})
}
