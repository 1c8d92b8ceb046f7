package access_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
)

// What a reader may not see must not make a difference to what he is answered: over random grants, records and queries,
// other hidden values give the same rows in the same order with the same masked values.
func TestHiddenValuesMakeNoDifference(t *testing.T) {
	catalog := newCompany(t).catalog
	rng := rand.New(rand.NewPCG(1, 2))
	asked, narrowed, denied := 0, 0, 0
	for range 3000 {
		rights := randomRights(rng)
		paths, filter, sort := randomQuery(rng)
		extra, byRow, err := rights.Narrow(paths)
		if err != nil {
			denied++
			continue
		}
		asked++
		if len(byRow) > 0 {
			narrowed++
		}
		where := access.Join(access.Filter(rights), extra, filter)
		records := randomRecords(rng)
		before := answer(catalog.Entities["order"], rights, where, sort, records)
		for i := range records {
			disturb(rng, rights, records[i])
		}
		if after := answer(catalog.Entities["order"], rights, where, sort, records); !slices.Equal(before, after) {
			t.Fatalf("rights %+v\nquery over %v\nbefore %v\nafter  %v", rights, paths, before, after)
		}
	}
	if asked < 500 || narrowed < 100 || denied < 100 {
		t.Errorf("%d asked, %d narrowed, %d denied: the generator misses a case", asked, narrowed, denied)
	}
}

var columns = []string{"amount", "note", "buyer_id", "lines.item", "lines.price"}

func randomRights(rng *rand.Rand) access.Rights {
	var rights access.Rights
	for range 1 + rng.IntN(3) {
		grant := access.Right{Fields: map[string]def.FieldRight{"project": def.FieldRead, "lines": def.FieldRead}}
		if rng.IntN(3) > 0 {
			grant.Where = equals("project", fmt.Sprintf("p%d", rng.IntN(3)))
		}
		for _, path := range columns {
			grant.Fields[path] = []def.FieldRight{def.FieldHidden, def.FieldMasked, def.FieldRead, def.FieldWrite, def.FieldRead}[rng.IntN(5)]
		}
		rights.Grants = append(rights.Grants, grant)
	}
	return rights
}

func equals(field, value string) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.Eq, Value: value, Type: def.TypeText}}
}

// randomQuery makes a filter and a sort, and lists the paths they use.
func randomQuery(rng *rand.Rand) (paths []string, filter *query.Filter, sort []query.Sort) {
	filter = randomFilter(rng, 0)
	paths = access.Paths(filter)
	if rng.IntN(2) == 0 {
		field := columns[rng.IntN(3)]
		sort = []query.Sort{{Field: field, Type: def.TypeText, Desc: rng.IntN(2) == 0}}
		paths = append(paths, field)
	}
	return paths, filter, sort
}

func randomFilter(rng *rand.Rand, depth int) *query.Filter {
	if depth < 2 && rng.IntN(2) == 0 {
		a, b := randomFilter(rng, depth+1), randomFilter(rng, depth+1)
		switch rng.IntN(3) {
		case 0:
			return &query.Filter{And: []*query.Filter{a, b}}
		case 1:
			return &query.Filter{Or: []*query.Filter{a, b}}
		}
		return &query.Filter{Not: a}
	}
	op := []query.Op{query.Eq, query.Ne, query.Lt, query.Ge, query.Contains}[rng.IntN(5)]
	value := fmt.Sprint(rng.IntN(3))
	switch rng.IntN(7) {
	case 5:
		return &query.Filter{Cond: &query.Cond{Path: []string{"lines", "price"}, Op: op, Value: value, Type: def.TypeText, Rows: true}}
	case 6:
		inner := &query.Filter{Cond: &query.Cond{Path: []string{"item"}, Op: op, Value: value, Type: def.TypeText}}
		return &query.Filter{Cond: &query.Cond{Path: []string{"lines"}, Op: query.Any, Where: inner, Type: def.TypeTable}}
	case 4:
		return &query.Filter{Cond: &query.Cond{Path: []string{columns[rng.IntN(3)]}, Op: query.Empty, Value: rng.IntN(2) == 0, Type: def.TypeText}}
	}
	return &query.Filter{Cond: &query.Cond{Path: []string{columns[rng.IntN(3)]}, Op: op, Value: value, Type: def.TypeText}}
}

func randomRecords(rng *rand.Rand) []query.Values {
	records := make([]query.Values, 8)
	for i := range records {
		records[i] = query.Values{"id": fmt.Sprintf("r%d", i), "project": fmt.Sprintf("p%d", rng.IntN(3))}
		rows := []any{}
		for range rng.IntN(3) {
			rows = append(rows, map[string]any{"_id": "x", "item": fmt.Sprint(rng.IntN(3)), "price": fmt.Sprint(rng.IntN(3))})
		}
		records[i]["lines"] = rows
		for _, field := range columns[:3] {
			if rng.IntN(4) > 0 {
				records[i][field] = fmt.Sprint(rng.IntN(3))
			}
		}
	}
	return records
}

// disturb changes the values of a record its reader does not see in full.
func disturb(rng *rand.Rand, rights access.Rights, record query.Values) {
	fields := rights.On(record)
	for _, field := range columns[:3] {
		switch fields.Right(field) {
		case def.FieldHidden:
			record[field] = fmt.Sprint(rng.IntN(3)) // even whether there is a value
		case def.FieldMasked:
			if record[field] != nil {
				record[field] = fmt.Sprint(rng.IntN(3))
			}
		default:
		}
	}
	rows, _ := record["lines"].([]any)
	for i, item := range rows {
		row, _ := item.(map[string]any)
		next := map[string]any{"_id": row["_id"], "item": row["item"], "price": row["price"]}
		for _, column := range []string{"item", "price"} {
			if !fields.Shows("lines." + column) {
				next[column] = fmt.Sprint(rng.IntN(3))
			}
		}
		rows[i] = next
	}
}

// answer is what the reader is told: ids and shown values, in order.
func answer(entity *def.Entity, rights access.Rights, where *query.Filter, sort []query.Sort, records []query.Values) []string {
	var found []query.Values
	for _, record := range records {
		if query.Match(where, record) {
			found = append(found, record)
		}
	}
	slices.SortFunc(found, func(a, b query.Values) int { return query.CompareRecords(sort, a, b) })
	lines := make([]string, len(found))
	for i, record := range found {
		shown, _ := rights.On(record).Mask(entity, record)
		lines[i] = fmt.Sprint(record["id"], shown)
	}
	return lines
}
