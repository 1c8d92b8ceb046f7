package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// watched is a backend that counts the queries of calls whose context says so; what runs beside them is not counted.
type watched struct{ store.Backend }

func (b watched) Open(ctx context.Context, tenant string) (store.Store, error) {
	st, err := b.Backend.Open(ctx, tenant)
	return watchedStore{st}, err
}

type watchedStore struct{ store.Store }

// tally counts queries by collection, until the sheet is stored: to be shown its own write a reader may have to wait for
// the follower of the log, who reads as well.
type tally struct {
	mu      sync.Mutex
	queries map[string]int
	stored  bool
}

type tallyKey struct{}

func note(ctx context.Context, collection string) {
	if t, ok := ctx.Value(tallyKey{}).(*tally); ok {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.stored {
			t.queries[collection]++
		}
	}
}

func (s watchedStore) Get(ctx context.Context, collection string, ids ...string) ([]store.Doc, error) {
	note(ctx, collection)
	return s.Store.Get(ctx, collection, ids...)
}

func (s watchedStore) Put(ctx context.Context, writes ...store.Write) []error {
	errs := s.Store.Put(ctx, writes...)
	if t, ok := ctx.Value(tallyKey{}).(*tally); ok {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.stored = t.stored || writes[0].Collection == "day_labor_sheet"
	}
	return errs
}

func (s watchedStore) Find(ctx context.Context, q query.Query) (store.Page, error) {
	note(ctx, q.Collection)
	return s.Store.Find(ctx, q)
}

func (s watchedStore) Count(ctx context.Context, q query.Query, limit int) (int, bool, error) {
	note(ctx, q.Collection)
	return s.Store.Count(ctx, q, limit)
}

func (s watchedStore) Aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error) {
	note(ctx, a.Collection)
	return s.Store.Aggregate(ctx, a)
}

// counted runs work and gives the queries it made, by collection.
func counted(ctx context.Context, work func(ctx context.Context)) map[string]int {
	t := &tally{queries: map[string]int{}}
	work(context.WithValue(ctx, tallyKey{}, t))
	return t.queries
}

// A sheet of twenty lines with everything the shipped labor template looks up is saved, and submitted, with at most one
// query of each entity. With an Idempotency-Key there is one more of sheets: whether it is a repetition. Who has to
// approve is another question, asked of people, of the team and, once, of the company's calendar.
func TestASheetOfTwentyLinesReadsEachEntityOnce(t *testing.T) {
	office := kept.sqlite(t)
	w := office.company(t, watched{office.open(t)})
	clerk := w.signIn("clerk")
	actor, err := w.engine.Identity.Actor(t.Context(), "demo", w.people["clerk"].User)
	w.must(err)
	var lines []object
	tests := []struct {
		name, day, key string
		save           func(context.Context, access.Actor, string, record.CreateInput) (record.Created, error)
		further        map[string]int
	}{
		{"saved", "2026-05-30", "", w.engine.CreateRecord, nil},
		{"saved under a key", "2026-05-31", "k1", w.engine.CreateRecord, map[string]int{"day_labor_sheet": 1}},
		{"submitted", "2026-06-01", "", w.engine.Flows.Create, map[string]int{"labor_team": 1, "user": 1, "work_calendar": 1}},
		{"submitted under a key", "2026-06-02", "k2", w.engine.Flows.Create, map[string]int{"labor_team": 1, "user": 1, "day_labor_sheet": 1}},
	}
	for _, tt := range tests {
		values := clerk.sheet(tt.day)
		if lines == nil {
			lines = w.twentyLines(fmt.Sprint(values["team"]))
		}
		values["lines"] = lines
		var made record.Created
		queries := counted(t.Context(), func(ctx context.Context) {
			made, err = tt.save(ctx, actor, "day_labor_sheet", record.CreateInput{
				Values: w.wire(values), Key: tt.key, Acknowledged: map[string]string{"trained": "新进场，培训在后"},
			})
		})
		if err != nil {
			t.Fatalf("%s: %s", tt.name, refusal(err))
		}
		rows, _ := made.Record.Values["lines"].([]any)
		if len(rows) != 20 || queries["worker_rate"] != 1 || queries["work_calendar"] == 0 {
			t.Fatalf("%s: %d lines, queries %v", tt.name, len(rows), queries)
		}
		for entity, n := range queries {
			if n > 1+tt.further[entity] {
				t.Errorf("%s with %d queries of %s: %v", tt.name, n, entity, queries)
			}
		}
		t.Logf("%s: %v", tt.name, queries)
	}
}

// refusal writes an error with what is wrong.
func refusal(err error) string {
	var invalid *record.InvalidError
	if errors.As(err, &invalid) {
		return fmt.Sprintf("%+v", invalid.Problems)
	}
	return err.Error()
}

// twentyLines are lines of twenty workers of a team, each with a rate of his own.
func (w *world) twentyLines(team string) []object {
	w.t.Helper()
	system := access.Actor{Tenant: "demo", System: true}
	lines := make([]object, 20)
	for i := range lines {
		made, err := w.engine.Records.Create(w.t.Context(), system, "worker", record.CreateInput{Imported: true, Values: w.wire(object{
			"code": fmt.Sprintf("Z%02d", i), "name": fmt.Sprint("工人", i), "id_no": idNumber(i), "phone": fmt.Sprintf("139000001%02d", i),
			"home_team": team, "trade": "general", "entry_date": "2026-01-01", "status": "active",
		})})
		w.must(err)
		_, err = w.engine.Records.Create(w.t.Context(), system, "worker_rate", record.CreateInput{Imported: true, Values: w.wire(object{
			"worker": made.Record.ID, "effective_from": "2026-01-01", "day_rate": fmt.Sprint(200 + i),
		})})
		w.must(err)
		lines[i] = object{"worker": made.Record.ID, "normal_hours": "8", "ot_hours": "1"}
	}
	return lines
}

// idNumber makes a valid number of an identity card.
func idNumber(i int) string {
	digits := fmt.Sprintf("11010119900307%03d", i)
	sum := 0
	for at, weight := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(digits[at]-'0') * weight
	}
	return digits + string("10X98765432"[sum%11])
}

// wire is a body as values of a record.
func (w *world) wire(body object) form.Values {
	w.t.Helper()
	raw, err := json.Marshal(body)
	w.must(err)
	var values form.Values
	w.must(json.Unmarshal(raw, &values))
	return values
}
