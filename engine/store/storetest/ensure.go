package storetest

import (
	"reflect"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

var ensureCases = []Case{
	{"fields and indexes are added over data", addFields},
	{"more places keep the values", changeScale},
	{"a field may change its type", changeType},
}

var tenantCases = []Case{
	{"tenants do not see each other", tenants},
	{"a dropped database is empty", dropped},
}

func text(path string, value string) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{path}, Op: query.Eq, Value: value, Type: def.TypeText}}
}

func addFields(t T, s *suite) {
	db := &database{Store: s.database(s.tenant), t: t}
	small := store.Collection{Name: "thing", Fields: []store.Field{{Path: "name", Type: def.TypeText}}}
	ensure := func(c store.Collection) {
		if err := db.Ensure(t.Context(), c); err != nil {
			t.Fatalf("ensure %v: %v", c, err)
		}
	}
	ensure(small)
	values := map[string]any{
		"name": "a", "colour": "red", "price": "5", "tags": []any{"x"},
		"parts": []any{map[string]any{"_id": "p", "size": "2"}},
	}
	db.put(create("thing", "a", values))
	ensure(small)
	large := store.Collection{
		Name: "thing",
		Fields: []store.Field{
			{Path: "name", Type: def.TypeText, Search: true},
			{Path: "colour", Type: def.TypeText, Index: true},
			{Path: "price", Type: def.TypeMoney, Scale: 2, Fixed: true},
			{Path: "tags", Type: def.TypeMultiSelect, List: true, Index: true},
			{Path: "parts", Type: def.TypeTable},
			{Path: "parts.size", Type: def.TypeDecimal, Scale: 3},
		},
		Indexes: [][]string{{"colour", "-name"}, {"name"}, {"parts.size"}},
	}
	ensure(large)
	db.put(create("thing", "b", map[string]any{"name": "b", "colour": "blue", "price": "4"}))
	want := map[string]any{
		"name": "a", "colour": "red", "price": "5.00", "tags": []any{"x"}, "parts": []any{map[string]any{"_id": "p", "size": "2"}},
	}
	if got := db.get("thing", "a").Values; !reflect.DeepEqual(got, want) {
		t.Errorf("values %s, want %s", asJSON(got), asJSON(want))
	}
	db.expect(query.Query{Collection: "thing", Where: text("colour", "red")}, "a")
	db.expect(query.Query{Collection: "thing", Sort: []query.Sort{{Field: "price", Type: def.TypeMoney}}}, "b", "a")
	db.expect(query.Query{Collection: "thing", Search: "A"}, "a")
	tag := &query.Filter{Cond: &query.Cond{Path: []string{"tags"}, Op: query.Contains, Value: "x", Type: def.TypeMultiSelect, List: true}}
	db.expect(query.Query{Collection: "thing", Where: tag}, "a")
	size := &query.Filter{Cond: &query.Cond{Path: []string{"parts", "size"}, Op: query.Eq, Value: "2", Type: def.TypeDecimal, Rows: true}}
	db.expect(query.Query{Collection: "thing", Where: size}, "a")

	ensure(small) // a field that is gone from the definition keeps its values
	if got := db.get("thing", "a").Values; got["colour"] != "red" || got["name"] != "a" {
		t.Errorf("values after fields went: %s", asJSON(got))
	}
	ensure(large)
	db.expect(query.Query{Collection: "thing", Where: text("colour", "blue")}, "b")
}

func changeScale(t T, s *suite) {
	db := &database{Store: s.database(s.tenant), t: t}
	with := func(scale int) store.Collection {
		return store.Collection{Name: "thing", Fields: []store.Field{
			{Path: "price", Type: def.TypeMoney, Scale: scale, Fixed: true, Index: true},
			{Path: "rows", Type: def.TypeTable},
			{Path: "rows.price", Type: def.TypeMoney, Scale: scale, Fixed: true},
		}}
	}
	ensure := func(c store.Collection) {
		if err := db.Ensure(t.Context(), c); err != nil {
			t.Fatalf("ensure: %v", err)
		}
	}
	ensure(with(2))
	db.put(create("thing", "a", map[string]any{"price": "1.25", "rows": []any{map[string]any{"_id": "r", "price": "0.05"}}}))
	ensure(with(4))
	db.put(create("thing", "b", map[string]any{"price": "1.2501"}))
	want := map[string]any{"price": "1.2500", "rows": []any{map[string]any{"_id": "r", "price": "0.0500"}}}
	if got := db.get("thing", "a").Values; !reflect.DeepEqual(got, want) {
		t.Errorf("values %s, want %s", asJSON(got), asJSON(want))
	}
	cond := func(path []string, op query.Op, value string) *query.Filter {
		return &query.Filter{Cond: &query.Cond{Path: path, Op: op, Value: value, Type: def.TypeMoney, Rows: len(path) > 1}}
	}
	db.expect(query.Query{Collection: "thing", Where: cond([]string{"price"}, query.Lt, "1.2501")}, "a")
	db.expect(query.Query{Collection: "thing", Where: cond([]string{"rows", "price"}, query.Eq, "0.05")}, "a")
}

func changeType(t T, s *suite) {
	db := &database{Store: s.database(s.tenant), t: t}
	ensure := func(field store.Field) {
		if err := db.Ensure(t.Context(), store.Collection{Name: "thing", Fields: []store.Field{field}}); err != nil {
			t.Fatalf("ensure: %v", err)
		}
	}
	ensure(store.Field{Path: "size", Type: def.TypeText, Index: true})
	db.put(create("thing", "a", map[string]any{"size": "10"}), create("thing", "b", map[string]any{"size": "9"}), create("thing", "c", map[string]any{"size": "large"}))
	ensure(store.Field{Path: "size", Type: def.TypeDecimal, Scale: 2, Index: true})
	for id, size := range map[string]string{"a": "10", "b": "9", "c": "large"} {
		if got := db.get("thing", id).Values["size"]; got != size {
			t.Errorf("size of %s is %v, want %s: a value that does not fit is kept", id, got, size)
		}
	}
	greater := &query.Filter{Cond: &query.Cond{Path: []string{"size"}, Op: query.Gt, Value: "9.5", Type: def.TypeDecimal}}
	db.expect(query.Query{Collection: "thing", Where: greater}, "a")
}

func tenants(t T, s *suite) {
	one := s.store()
	other := &database{Store: s.database(s.tenant + "_b"), t: t}
	if err := other.Ensure(t.Context(), sheets); err != nil {
		t.Fatalf("ensure: %v", err)
	}
	w := create(sheet, "s1", map[string]any{"no": "1"})
	w.Doc.Keys = []string{"natural|1"}
	w.Events = []store.Event{eventOf(w, 0, "created")}
	one.put(w)
	other.absent("s1")
	other.put(w)
	if got := other.log(1); len(got) != 1 {
		t.Errorf("events of the other tenant: %s", asJSON(got))
	}
	if _, err := other.Lease(t.Context(), "relay", "a", patience); err != nil {
		t.Fatalf("lease: %v", err)
	}
	if _, err := one.Lease(t.Context(), "relay", "b", patience); err != nil {
		t.Errorf("lease of the same name in the other tenant: %v", err)
	}
	again, err := s.backend.Open(t.Context(), s.tenant)
	if err != nil || again != one.Store {
		t.Errorf("the same name gives another store: %v", err)
	}
}

func dropped(t T, s *suite) {
	db := s.store()
	w := create(sheet, "s1", map[string]any{"no": "1"})
	w.Events = []store.Event{eventOf(w, 0, "created")}
	db.put(w)
	if err := db.Drop(t.Context()); err != nil {
		t.Fatalf("drop: %v", err)
	}
	fresh := s.store()
	fresh.absent("s1")
	if got := fresh.log(0); len(got) != 0 {
		t.Errorf("events after drop: %s", asJSON(got))
	}
	fresh.put(w)
}
