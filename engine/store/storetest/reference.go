package storetest

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/store"
)

// matching is what a store must find: the documents of a filter and search in their order.
func matching(docs []store.Doc, q query.Query, shape *store.Shape) []string {
	named := store.NamesDeleted(q.Where)
	var found []*store.Doc
	for i := range docs {
		doc := &docs[i]
		texts := shape.SearchTexts(doc.Values)
		if (named || !doc.Deleted) && query.Match(q.Where, doc.Record()) && query.MatchSearch(q.Search, texts) && holdsGram(q.AnyGram, texts) {
			found = append(found, doc)
		}
	}
	slices.SortFunc(found, func(a, b *store.Doc) int { return query.CompareRecords(q.Sort, a.Record(), b.Record()) })
	ids := []string{}
	for _, doc := range found {
		ids = append(ids, doc.ID)
	}
	return ids
}

// holdsGram tells whether one of the texts has one of the grams; nil asks for nothing.
func holdsGram(grams, texts []string) bool {
	held := map[string]bool{}
	for _, text := range texts {
		for _, gram := range query.Grams(text) {
			held[gram] = true
		}
	}
	return grams == nil || slices.ContainsFunc(grams, func(gram string) bool {
		one, other, both := strings.Cut(gram, " ")
		return held[one] && (!both || held[other])
	})
}

// item is one thing an aggregation counts: a document, or one row of it.
type item struct {
	doc *store.Doc
	row map[string]any
}

func (i item) get(path []string) any {
	if len(path) == 2 {
		return i.row[path[1]]
	}
	return i.doc.Record().Get(path[0])
}

// matches evaluates a filter: columns of the unwound sub-table are those of the row, the rest is about the document.
func (i item) matches(f *query.Filter, unwind string) bool {
	switch {
	case f == nil:
		return true
	case f.Not != nil:
		return !i.matches(f.Not, unwind)
	case f.Or != nil:
		return slices.ContainsFunc(f.Or, func(member *query.Filter) bool { return i.matches(member, unwind) })
	case f.Cond == nil:
		return !slices.ContainsFunc(f.And, func(member *query.Filter) bool { return !i.matches(member, unwind) })
	case f.Cond.Rows && f.Cond.Path[0] == unwind:
		return query.Match(f, query.Values{unwind: []any{i.row}})
	}
	return query.Match(f, i.doc.Record())
}

// aggregated is what a store must answer, by the text of its keys.
func aggregated(docs []store.Doc, a query.Aggregation, shape *store.Shape) map[string]map[string]any {
	groups := map[string][]item{}
	keys := map[string]map[string]any{}
	named := store.NamesDeleted(a.Where)
	add := func(i item) {
		if !i.matches(a.Where, a.Unwind) {
			return
		}
		key := map[string]any{}
		for _, by := range a.By {
			if value := bucket(by, i.get(by.Path), a.Zone); value != nil {
				key[by.Name] = value
			}
		}
		text := asJSON(key)
		groups[text], keys[text] = append(groups[text], i), key
	}
	for n := range docs {
		if named || !docs[n].Deleted {
			for _, i := range items(&docs[n], a.Unwind) {
				add(i)
			}
		}
	}
	if len(a.By) == 0 && len(groups) == 0 {
		groups["{}"], keys["{}"] = nil, map[string]any{}
	}
	for text, members := range groups {
		measureAll(a, members, shape, keys[text])
	}
	return keys
}

// measureAll adds the measures of one group to it.
func measureAll(a query.Aggregation, members []item, shape *store.Shape, group map[string]any) {
	for _, m := range a.Measures {
		if value := measure(m, members, a.Unwind, shape); value != nil {
			group[m.Name] = value
		}
	}
}

// items gives what an aggregation counts of a document.
func items(doc *store.Doc, unwind string) []item {
	if unwind == "" {
		return []item{{doc, nil}}
	}
	var list []item
	rows, _ := doc.Values[unwind].([]any)
	for _, row := range rows {
		if row, ok := row.(map[string]any); ok {
			list = append(list, item{doc, row})
		}
	}
	return list
}

// bucket is the day, month or year of a value.
func bucket(by query.By, value any, zone string) any {
	text, ok := value.(string)
	if by.Unit == "" || !ok || text == "" {
		if query.Missing(value) {
			return nil
		}
		return value
	}
	if by.Type == def.TypeDateTime {
		location, err := time.LoadLocation(zone)
		at, failed := expr.ParseTime(text)
		if err != nil || failed != nil {
			return nil
		}
		text = expr.DateString(expr.DateOf(expr.StdTime(at), location))
	}
	switch by.Unit {
	case query.Month:
		return text[:7]
	case query.Year:
		year := int64(0)
		for _, digit := range text[:4] {
			year = year*10 + int64(digit-'0')
		}
		return year
	}
	return text
}

func measure(m query.Measure, items []item, unwind string, shape *store.Shape) any {
	var values []any
	for _, i := range items {
		if !i.matches(m.Where, unwind) {
			continue
		}
		if m.Agg == query.Count {
			values = append(values, true)
		} else if value := i.get(m.Path); !query.Missing(value) {
			values = append(values, value)
		}
	}
	slices.SortFunc(values, func(a, b any) int { return query.Compare(m.Type, a, b) })
	switch m.Agg {
	case query.Count:
		return int64(len(values))
	case query.CountDistinct:
		return int64(len(slices.CompactFunc(values, func(a, b any) bool { return query.Compare(m.Type, a, b) == 0 })))
	case query.Sum, query.Avg:
		return total(m, values, shape)
	}
	if len(values) == 0 {
		return nil
	}
	if m.Agg == query.Min {
		return values[0]
	}
	return values[len(values)-1]
}

// total sums with rationals, so nothing is rounded before the end.
func total(m query.Measure, values []any, shape *store.Shape) any {
	sum := new(big.Rat)
	for _, value := range values {
		term, ok := new(big.Rat).SetString(fmt.Sprint(value))
		if !ok {
			return "no number: " + fmt.Sprint(value)
		}
		sum.Add(sum, term)
	}
	if m.Agg == query.Sum {
		field, _ := shape.Field(strings.Join(m.Path, "."))
		text := sum.FloatString(field.Scale)
		if !field.Fixed && strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	}
	if len(values) == 0 {
		return nil
	}
	return halfUp34(sum.Quo(sum, new(big.Rat).SetInt64(int64(len(values)))))
}

// halfUp34 writes a rational with 34 significant digits, half away from zero, shortest.
func halfUp34(r *big.Rat) string {
	if r.Sign() == 0 {
		return "0"
	}
	places := 80
	for scale := -40; scale <= 80; scale++ { // the first scale that needs 34 digits
		if digits := len(new(big.Int).Abs(scaled(r, scale)).String()); digits >= 34 {
			places = scale
			break
		}
	}
	n := scaled(r, places)
	if digits := new(big.Int).Abs(n).String(); len(digits) > 34 { // rounded up to a power of ten
		places--
		n = scaled(r, places)
	}
	text := new(big.Rat).SetFrac(n, pow10(max(places, 0))).FloatString(max(places, 0))
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// scaled is r × 10^places, rounded half away from zero.
func scaled(r *big.Rat, places int) *big.Int {
	product := new(big.Rat).Set(r)
	if places >= 0 {
		product.Mul(product, new(big.Rat).SetInt(pow10(places)))
	} else {
		product.Quo(product, new(big.Rat).SetInt(pow10(-places)))
	}
	twice := new(big.Int).Lsh(new(big.Int).Abs(product.Num()), 1)
	twice.Add(twice, product.Denom())
	twice.Quo(twice, new(big.Int).Lsh(product.Denom(), 1))
	if product.Sign() < 0 {
		twice.Neg(twice)
	}
	return twice
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
