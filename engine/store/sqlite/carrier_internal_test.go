package sqlite

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"formwork/engine/query"
	"formwork/engine/store"
)

// The log beside the file begins anew once it was carried over: it does not grow with what is written.
func TestLogIsCarriedOver(t *testing.T) {
	db := openGoods(t)
	note := strings.Repeat("x", 4000)
	size := func() int64 {
		info, err := os.Stat(db.file + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	const rounds, each = 6, 500
	var after [rounds]int64
	for round := range rounds {
		var writes []store.Write
		for i := range each {
			writes = append(writes, item(fmt.Sprintf("r%d-%04d", round, i), map[string]any{"note": note}))
		}
		put(t, db, writes...)
		db.carrier.carry()
		put(t, db, item(fmt.Sprintf("last%d", round), nil)) // the writer does the rest before it
		after[round] = size()
	}
	if after[0] < each*4000 {
		t.Fatalf("a log of %d bytes does not hold what was written", after[0])
	}
	if after[rounds-1] > 2*after[0] {
		t.Errorf("the log grows: %v bytes", after)
	}
	n, _, err := db.Count(t.Context(), query.Query{Collection: "goods"}, 10_000)
	if err != nil || n != rounds*(each+1) {
		t.Errorf("%d records, %v; want %d", n, err, rounds*(each+1))
	}
}

// Whoever reads an older state keeps the log from being carried over, and nobody from writing.
func TestOldReaderAndTheCarrier(t *testing.T) {
	db := openGoods(t)
	put(t, db, item("before", nil))
	err := db.read(t.Context(), func(*reader, *schema) error {
		put(t, db, item("meanwhile", nil))
		db.carrier.carry()
		if db.carrier.nearly.Load() != 0 {
			t.Error("carried over under somebody who reads an older state")
		}
		put(t, db, item("after", nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	db.carrier.carry()
	if db.carrier.nearly.Load() != tries {
		t.Error("not carried over when nobody reads any more")
	}
	put(t, db, item("last", nil))
	if n := db.carrier.nearly.Load(); n != 0 {
		t.Errorf("the writer tries %d times more", n)
	}
}
