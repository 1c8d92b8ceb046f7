package storetest

import (
	"fmt"
	"reflect"

	"formwork/engine/query"
	"formwork/engine/store"
)

var aggregateCases = []Case{
	{"sums and averages are exact", exactSums},
	{"groups by month, option and missing", groups},
	{"rows of a sub-table are grouped", unwound},
	{"instants fall into the days of a zone", zones},
	{"an aggregation over nothing", aggregateNothing},
}

// aggregate types the aggregation, asks the store and gives the groups by the text of their keys.
func (d *database) aggregate(a query.Aggregation) map[string]map[string]any {
	d.t.Helper()
	if err := query.CheckAggregation(&a, catalog.Entities[a.Collection], noEntities{}, nil); err != nil {
		d.t.Fatalf("aggregation: %v", err)
	}
	answer, err := d.Aggregate(d.t.Context(), a)
	if err != nil {
		d.t.Fatalf("aggregate: %v", err)
	}
	found := map[string]map[string]any{}
	for _, group := range answer {
		key := map[string]any{}
		for _, by := range a.By {
			if value, ok := group[by.Name]; ok {
				key[by.Name] = value
			}
		}
		if found[asJSON(key)] != nil {
			d.t.Errorf("group %s is given twice", asJSON(key))
		}
		found[asJSON(key)] = group
	}
	return found
}

func (d *database) expectGroups(a query.Aggregation, want ...map[string]any) {
	d.t.Helper()
	wanted := map[string]map[string]any{}
	for _, group := range want {
		key := map[string]any{}
		for _, by := range a.By {
			if value, ok := group[by.Name]; ok {
				key[by.Name] = value
			}
		}
		wanted[asJSON(key)] = group
	}
	if got := d.aggregate(a); !reflect.DeepEqual(got, wanted) {
		d.t.Errorf("aggregate by %v\n got %s\nwant %s", a.By, asJSON(got), asJSON(wanted))
	}
}

func measures(names ...[3]string) []query.Measure {
	var list []query.Measure
	for _, n := range names {
		m := query.Measure{Name: n[0], Agg: n[1]}
		if n[2] != "" {
			m.Path = splitPath(n[2])
		}
		list = append(list, m)
	}
	return list
}

func exactSums(t T, s *suite) {
	db := s.store()
	for i, v := range []map[string]any{
		{"qty": "0.1", "total": "0.10", "rate": "0.0001", "heads": int64(query.MaxInteger)},
		{"qty": "0.2", "total": "0.20", "rate": "-0.0001", "heads": int64(query.MaxInteger)},
		{"qty": "1234567890123456789012345678.000001", "total": "9999999999999.99", "heads": int64(1)},
		{"qty": "-1234567890123456789012345678", "total": "9999999999999.99"},
		{},
	} {
		db.put(create(sheet, fmt.Sprint("s", i), v))
	}
	db.expectGroups(query.Aggregation{
		Collection: sheet,
		Measures: measures([3]string{"qty", query.Sum, "qty"}, [3]string{"total", query.Sum, "total"}, [3]string{"rate", query.Sum, "rate"},
			[3]string{"heads", query.Sum, "heads"}, [3]string{"least", query.Min, "qty"}, [3]string{"most", query.Max, "qty"},
			[3]string{"mean", query.Avg, "heads"}, [3]string{"n", query.Count, ""}, [3]string{"rates", query.CountDistinct, "rate"}),
	}, map[string]any{
		"qty": "0.300001", "total": "20000000000000.28", "rate": "0.0000", "heads": "18014398509481983",
		"least": "-1234567890123456789012345678", "most": "1234567890123456789012345678.000001",
		"mean": "6004799503160661", "n": int64(5), "rates": int64(2),
	})
	var many []store.Write
	for i := range 300 { // together beyond 2^63 hundredths
		many = append(many, create(sheet, fmt.Sprint("m", i), map[string]any{"total": "9999999999999.99", "share": "33.33", "work_date": "2026-01-01"}))
	}
	for start := 0; start < len(many); start += 100 {
		db.put(many[start : start+100]...)
	}
	db.expectGroups(query.Aggregation{
		Collection: sheet, Where: filter(t, `{"field":"work_date","op":"empty","value":false}`),
		Measures: measures([3]string{"total", query.Sum, "total"}, [3]string{"mean", query.Avg, "total"}, [3]string{"share", query.Avg, "share"}),
	}, map[string]any{"total": "2999999999999997.00", "mean": "9999999999999.99", "share": "33.33"})
	var wide []store.Write
	for i := range 12 { // together beyond the 34 digits of a decimal
		wide = append(wide, create(sheet, fmt.Sprint("w", i), map[string]any{"qty": "9234567890123456789012345678.123456", "period": "2026-01"}))
	}
	db.put(wide...)
	db.expectGroups(query.Aggregation{
		Collection: sheet, Where: filter(t, `{"field":"period","op":"eq","value":"2026-01"}`),
		Measures: measures([3]string{"qty", query.Sum, "qty"}, [3]string{"mean", query.Avg, "qty"}),
	}, map[string]any{"qty": "110814814681481481468148148137.481472", "mean": "9234567890123456789012345678.123456"})
}

func groups(t T, s *suite) {
	db := s.store()
	for i, v := range []map[string]any{
		{"project": "p1", "work_date": "2026-01-31", "total": "1.00", "reason": "a"},
		{"project": "p1", "work_date": "2026-01-01", "total": "2.00"},
		{"project": "p1", "work_date": "2026-02-01", "total": "4.00", "reason": "a"},
		{"project": "p2", "work_date": "2025-01-31", "reason": "b"},
		{"total": "16.00"},
		{"project": "p1", "work_date": "2026-02-01", "total": "-4.00", "reason": "b"},
	} {
		db.put(create(sheet, fmt.Sprint("s", i), v))
	}
	gone := newDoc("gone", map[string]any{"project": "p1", "work_date": "2026-01-31", "total": "100.00"})
	gone.Deleted = true
	db.put(store.Write{Collection: sheet, Doc: gone})
	month := query.By{Name: "month", Path: []string{"work_date"}, Unit: query.Month}
	project := query.By{Name: "project", Path: []string{"project"}}
	sums := append(measures([3]string{"total", query.Sum, "total"}, [3]string{"n", query.Count, ""}, [3]string{"last", query.Max, "work_date"}),
		query.Measure{Name: "a", Agg: query.Sum, Path: []string{"total"}, Where: filter(t, `{"field":"reason","op":"eq","value":"a"}`)})
	db.expectGroups(
		query.Aggregation{Collection: sheet, By: []query.By{project, month}, Measures: sums},
		map[string]any{"project": "p1", "month": "2026-01", "total": "3.00", "n": int64(2), "last": "2026-01-31", "a": "1.00"},
		map[string]any{"project": "p1", "month": "2026-02", "total": "0.00", "n": int64(2), "last": "2026-02-01", "a": "4.00"},
		map[string]any{"project": "p2", "month": "2025-01", "total": "0.00", "n": int64(1), "last": "2025-01-31", "a": "0.00"},
		map[string]any{"total": "16.00", "n": int64(1), "a": "0.00"},
	)
	db.expectGroups(
		query.Aggregation{
			Collection: sheet, By: []query.By{{Name: "year", Path: []string{"work_date"}, Unit: query.Year}}, Measures: sums[1:2],
			Where: filter(t, `{"field":"project","op":"in","value":["p1","p2"]}`),
		},
		map[string]any{"year": int64(2026), "n": int64(4)}, map[string]any{"year": int64(2025), "n": int64(1)},
	)
}

func unwound(t T, s *suite) {
	db := s.store()
	row := func(id, worker, hours string, day any) any {
		return map[string]any{"_id": id, "worker": worker, "hours": hours, "day": day}
	}
	db.put(
		create(sheet, "a", map[string]any{"project": "p1", "work_date": "2026-01-01", "lines": []any{row("1", "w1", "8", nil), row("2", "w2", "4.5", "2026-01-03")}}),
		create(sheet, "b", map[string]any{"project": "p1", "work_date": "2026-01-02", "lines": []any{row("1", "w1", "2", nil), row("2", "w1", "1", nil)}}),
		create(sheet, "c", map[string]any{"project": "p2", "work_date": "2026-01-02"}),
	)
	worker := query.By{Name: "worker", Path: []string{"lines", "worker"}}
	a := query.Aggregation{
		Collection: sheet, Unwind: "lines", By: []query.By{worker},
		Measures: measures([3]string{"hours", query.Sum, "lines.hours"}, [3]string{"days", query.CountDistinct, "work_date"}, [3]string{"n", query.Count, ""}),
	}
	db.expectGroups(a,
		map[string]any{"worker": "w1", "hours": "11", "days": int64(2), "n": int64(3)},
		map[string]any{"worker": "w2", "hours": "4.5", "days": int64(1), "n": int64(1)})
	a.Where = filter(t, `{"field":"lines.hours","op":"gt","value":"4"}`) // about the row
	db.expectGroups(a,
		map[string]any{"worker": "w1", "hours": "8", "days": int64(1), "n": int64(1)},
		map[string]any{"worker": "w2", "hours": "4.5", "days": int64(1), "n": int64(1)})
	a.Where = filter(t, `{"field":"lines","op":"any","where":{"field":"worker","op":"eq","value":"w2"}}`) // about the record
	db.expectGroups(a,
		map[string]any{"worker": "w1", "hours": "8", "days": int64(1), "n": int64(1)},
		map[string]any{"worker": "w2", "hours": "4.5", "days": int64(1), "n": int64(1)})
	a.Where = nil
	a.By = []query.By{{Name: "month", Path: []string{"lines", "day"}, Unit: query.Month}, {Name: "project", Path: []string{"project"}}}
	db.expectGroups(a,
		map[string]any{"project": "p1", "hours": "11", "days": int64(2), "n": int64(3)},
		map[string]any{"project": "p1", "month": "2026-01", "hours": "4.5", "days": int64(1), "n": int64(1)})
}

func zones(t T, s *suite) {
	db := s.store()
	db.put(
		create(sheet, "a", map[string]any{"at": "2026-05-31T16:00:00Z"}),
		create(sheet, "b", map[string]any{"at": "2026-05-31T15:59:59.999Z"}),
		create(sheet, "c", map[string]any{"at": "2026-12-31T23:30:00Z"}),
	)
	a := query.Aggregation{
		Collection: sheet, Zone: "Asia/Shanghai", By: []query.By{{Name: "day", Path: []string{"at"}, Unit: query.Day}},
		Measures: measures([3]string{"n", query.Count, ""}),
	}
	db.expectGroups(a, map[string]any{"day": "2026-06-01", "n": int64(1)}, map[string]any{"day": "2026-05-31", "n": int64(1)}, map[string]any{"day": "2027-01-01", "n": int64(1)})
	a.By[0].Unit = query.Month
	db.expectGroups(a, map[string]any{"day": "2026-06", "n": int64(1)}, map[string]any{"day": "2026-05", "n": int64(1)}, map[string]any{"day": "2027-01", "n": int64(1)})
	a.Zone, a.By[0].Unit = "", query.Year
	db.expectGroups(a, map[string]any{"day": int64(2026), "n": int64(3)})
	a.Zone, a.By[0].Unit = "Europe/Berlin", query.Day // winter and summer time
	db.expectGroups(a, map[string]any{"day": "2026-05-31", "n": int64(2)}, map[string]any{"day": "2027-01-01", "n": int64(1)})
}

func aggregateNothing(_ T, s *suite) {
	db := s.store()
	a := query.Aggregation{
		Collection: sheet,
		Measures: measures([3]string{"n", query.Count, ""}, [3]string{"total", query.Sum, "total"}, [3]string{"qty", query.Sum, "qty"},
			[3]string{"mean", query.Avg, "total"}, [3]string{"least", query.Min, "no"}),
	}
	db.expectGroups(a, map[string]any{"n": int64(0), "total": "0.00", "qty": "0"})
	a.By = []query.By{{Name: "project", Path: []string{"project"}}}
	db.expectGroups(a)
}
