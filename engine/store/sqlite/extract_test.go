package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
	"formwork/engine/store/storetest"
)

// TestConformanceOfExtracts runs the suite, its random aggregations too, with extracts of everything, in blocks of so
// few records that most queries cross several.
func TestConformanceOfExtracts(t *testing.T) {
	dir := t.TempDir()
	used := 0
	storetest.Run(t, func(t *testing.T) store.Backend {
		t.Helper()
		backend, err := New(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		backend.extracts.extractLimits = extractLimits{from: 0, block: 16, bytes: extractBytes, records: true}
		t.Cleanup(func() { used += len(backend.extracts.used) })
		return backend
	})
	if used < 5 {
		t.Errorf("only %d tables were summed from extracts", used)
	}
}

// sumsOf is what the tests of extracts ask: the pay of each project's workers.
func sumsOf() query.Aggregation {
	return query.Aggregation{
		Collection: "goods", Unwind: "lines",
		By: []query.By{{Name: "project", Path: []string{"project"}, Type: def.TypeReference}},
		Measures: []query.Measure{
			{Name: "pay", Agg: query.Sum, Path: []string{"lines", "pay"}, Type: def.TypeDecimal},
			{Name: "rows", Agg: query.Count, Type: def.TypeInteger},
		},
	}
}

func workday(id, project, pay, other string) map[string]any {
	return map[string]any{"name": id, "project": project, "lines": []any{
		map[string]any{"_id": "1", "worker": "w1", "pay": pay}, map[string]any{"_id": "2", "worker": "w2", "pay": other},
	}}
}

// TestExtractsAreNeverStale moves pay between the rows of records while others sum: each sum is of one snapshot.
func TestExtractsAreNeverStale(t *testing.T) {
	db := openGoods(t)
	db.backend.extracts.extractLimits = extractLimits{from: 1, block: 4, bytes: extractBytes}
	const records, rounds = 40, 30
	for i := range records {
		put(t, db, item(fmt.Sprint("g", i), workday("x", fmt.Sprint("p", i%2), "10", "20")))
	}
	stop := make(chan struct{})
	var writers, readers sync.WaitGroup
	writers.Go(func() {
		for round := range rounds {
			var batch []store.Write
			for i := range records {
				pay := round % 31
				doc := item(fmt.Sprint("g", i), workday("x", fmt.Sprint("p", i%2), fmt.Sprint(pay), fmt.Sprint(30-pay)))
				doc.IfRev = int64(round + 1)
				doc.Doc.Rev = doc.IfRev + 1
				batch = append(batch, doc)
			}
			for part := range slices.Chunk(batch, 10) {
				if err := errors.Join(db.Put(context.Background(), part...)...); err != nil {
					t.Error(err)
				}
			}
		}
		close(stop)
	})
	for range 3 {
		readers.Go(func() {
			for {
				groups, err := db.Aggregate(context.Background(), sumsOf())
				if err != nil || len(groups) != 2 {
					t.Errorf("groups %v, %v", groups, err)
					return
				}
				for _, group := range groups {
					if group["pay"] != "600" || group["rows"] != int64(records) {
						t.Errorf("a sum of no snapshot: %v", group)
						return
					}
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	readers.Wait()
	put(t, db, store.Write{Collection: "goods", Doc: store.Doc{ID: "g0"}, IfRev: rounds + 1, Remove: true})
	put(t, db, item("new", workday("x", "p0", "1", "1"))) // may take the number of the one removed
	groups, err := db.Aggregate(context.Background(), sumsOf())
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		if group["project"] == "p0" && group["pay"] != "572" {
			t.Errorf("after a removal and a new record: %v", group)
		}
	}
	if len(db.backend.extracts.used) != 1 {
		t.Error("no extract was used")
	}
}

// TestExtractsBeyondMemoryAreReadInPieces: blocks that are not kept come from the file each time.
func TestExtractsBeyondMemoryAreReadInPieces(t *testing.T) {
	s := openSite(t)
	s.db.backend.extracts.bytes = 1200
	for range 3 {
		s.want(map[string]string{"p0": "605", "p1": "605"})
	}
	goods := s.db.schema.Load().tables["goods"].extract
	if n := len(goods.blocks); n == 0 || n == 10 {
		t.Errorf("%d of 10 blocks are kept", n)
	}
	if size := goods.size(); size > 1200 {
		t.Errorf("%d bytes are kept", size)
	}
	if n := s.filed(); n < 9 {
		t.Errorf("%d blocks are on file", n)
	}
}

// TestExtractsKeepWithinTheirLimits: an extract too large for all is let go, and the answer is right all the same.
func TestExtractsKeepWithinTheirLimits(t *testing.T) {
	db := openGoods(t)
	db.backend.extracts.extractLimits = extractLimits{from: 1, block: 4, bytes: 1}
	put(t, db, item("a", workday("a", "p0", "1.25", "2.5")))
	for range 2 {
		groups, err := db.Aggregate(context.Background(), sumsOf())
		if err != nil || len(groups) != 1 || groups[0]["pay"] != "3.75" {
			t.Fatalf("groups %v, %v", groups, err)
		}
		if n := len(db.backend.extracts.used); n != 0 {
			t.Errorf("%d extracts are kept", n)
		}
	}
}
