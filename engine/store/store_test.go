package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

func of(t def.FieldType) *def.Field { return &def.Field{XType: t} }

func to(entity string) *def.Field { return &def.Field{XType: def.TypeReference, Entity: entity} }

// labor is a catalog of sheets, looked up by rates and shown by a view.
func labor() *def.Catalog {
	four := 4
	cat := &def.Catalog{
		Entities: map[string]*def.Entity{
			"sheet": {Approval: true, Properties: map[string]*def.Field{
				"no": {XType: def.TypeAutoNumber, Search: true}, "project": to("project"), "team": to("team"), "work_date": of(def.TypeDate),
				"state_of_site": of(def.TypeSelect), "total": of(def.TypeMoney), "rate": {XType: def.TypeDecimal, Scale: &four, Index: true},
				"members": of(def.TypeUsers), "note": of(def.TypeLongText),
				"lines": {XType: def.TypeTable, Items: &def.Items{Properties: map[string]*def.Field{
					"worker": to("worker"), "hours": of(def.TypeDecimal),
					"day_rate": {XType: def.TypeMoney, Lookup: []*def.Lookup{{
						Name: "rate", Entity: "worker_rate", Take: def.Take{Path: "day_rate"},
						Where: []byte(`{"and":[{"field":"worker","op":"eq","value":{"var":"row.worker"}},{"field":"effective_from","op":"le","value":{"var":"record.work_date"}}]}`),
					}}},
				}}},
			}},
			"note": {Properties: map[string]*def.Field{"first": {XType: def.TypeText, Lookup: []*def.Lookup{{ // stores index state anyway
				Name: "sheet", Entity: "sheet", Take: def.Take{Path: "no"}, Where: []byte(`{"field":"state","op":"eq","value":"approved"}`),
			}}}}},
			"worker_rate": {Properties: map[string]*def.Field{"worker": to("worker"), "effective_from": of(def.TypeDate), "day_rate": of(def.TypeMoney)}},
		},
		Views: map[string]*def.View{
			"sheets": {
				Entity: "sheet", Filters: []string{"project", "work_date", "state_of_site", "lines.worker", "no"},
				Sort: []def.Sort{{Field: "work_date", Dir: "desc"}, {Field: "no"}}, Columns: []*def.ViewColumn{{Field: "no"}, {Field: "total", Total: "sum"}},
			},
			"by_note": {Entity: "sheet", Sort: []def.Sort{{Field: "note"}}},
		},
	}
	for _, entity := range cat.Entities {
		for name, field := range entity.Properties {
			field.Name, field.Path = name, name
			if field.Items != nil {
				for column, cell := range field.Items.Properties {
					cell.Name, cell.Path, cell.Parent = column, name+"."+column, field
				}
			}
		}
	}
	return cat
}

func TestCollectionOf(t *testing.T) {
	c := store.CollectionOf(labor(), "sheet")
	shape := store.NewShape(c)
	for path, want := range map[string]store.Field{
		"no":           {Path: "no", Type: def.TypeAutoNumber, Search: true},
		"total":        {Path: "total", Type: def.TypeMoney, Scale: 2, Fixed: true},
		"rate":         {Path: "rate", Type: def.TypeDecimal, Scale: 4, Index: true},
		"members":      {Path: "members", Type: def.TypeUsers, List: true, Index: true},
		"lines":        {Path: "lines", Type: def.TypeTable},
		"lines.worker": {Path: "lines.worker", Type: def.TypeReference, Index: true},
		"lines.hours":  {Path: "lines.hours", Type: def.TypeDecimal, Scale: 6},
	} {
		if got, _ := shape.Field(path); got != want {
			t.Errorf("field %s\n got %+v\nwant %+v", path, got, want)
		}
	}
	for _, want := range [][]string{
		{"-work_date", "no", "+state", "+project", "+state_of_site", "+total"}, // the order of the view
		{"project", "-work_date", "no", "+state", "+state_of_site", "+total"},  // a filtered reference, in that order
		{"lines.worker"}, {"members"}, {"rate"}, {"team"}, // references and x-index
	} {
		if !contains(c.Indexes, want) {
			t.Errorf("no index %q in %q", want, c.Indexes)
		}
	}
	if len(c.Indexes) != 6 {
		t.Errorf("indexes %q, want six: none over long texts, none another begins with", c.Indexes)
	}
	rates := store.CollectionOf(labor(), "worker_rate")
	if !contains(rates.Indexes, []string{"worker", "-effective_from"}) {
		t.Errorf("no index for the lookup of rates in %q", rates.Indexes)
	}
	if again := store.CollectionOf(labor(), "sheet"); !reflect.DeepEqual(again, c) {
		t.Errorf("another description of the same entity: %v", again)
	}
}

func contains(indexes [][]string, want []string) bool {
	for _, index := range indexes {
		if reflect.DeepEqual(index, want) {
			return true
		}
	}
	return false
}

func TestWithGrouping(t *testing.T) {
	c := store.CollectionOf(labor(), "sheet")
	a := query.Aggregation{
		Collection: "sheet",
		By:         []query.By{{Name: "p", Path: []string{"project"}}, {Name: "m", Path: []string{"work_date"}, Unit: query.Month, Type: def.TypeDate}},
		Measures:   []query.Measure{{Name: "n", Agg: query.Count}, {Name: "s", Agg: query.Sum, Path: []string{"total"}}},
		Where:      &query.Filter{Cond: &query.Cond{Path: []string{"state"}, Op: query.Eq, Value: "approved"}},
	}
	if got := c.WithGrouping(a); !contains(got.Indexes, []string{"project", "work_date:month", "+total", "+state"}) {
		t.Errorf("no index for the grouping in %q", got.Indexes)
	}
	a.By[0].Path = []string{"lines", "worker"}
	if got := c.WithGrouping(a); !reflect.DeepEqual(got.Indexes, c.Indexes) {
		t.Errorf("a grouping of rows gets an index of the record: %q", got.Indexes)
	}
}

func TestCheckWrites(t *testing.T) {
	write := func(id string) store.Write {
		return store.Write{Collection: "sheet", Doc: store.Doc{ID: id, Rev: 1, Values: map[string]any{"no": "1"}}}
	}
	large := write("b")
	large.Doc.Flow = []byte(strings.Repeat("x", store.MaxDocument))
	errs := store.CheckWrites([]store.Write{write("a"), large, write("a"), {Collection: "other", Doc: store.Doc{ID: "a", Rev: 1}}})
	for i, want := range []error{nil, store.ErrTooLarge, store.ErrInvalid, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("write %d: %v, want %v", i, errs[i], want)
		}
	}
}

func TestNeedsScan(t *testing.T) {
	shape := store.NewShape(store.CollectionOf(labor(), "sheet"))
	substring := `{"field":"state_of_site","op":"empty","value":true}`
	note := `{"field":"note","op":"contains","value":"x"}`
	project := `{"field":"project","op":"eq","value":"p"}`
	for text, want := range map[string]bool{
		substring:                                false,
		note:                                     true,
		`{"not":` + note + `}`:                   true,
		`{"and":[` + note + `,` + project + `]}`: false,
		`{"or":[` + note + `,` + project + `]}`:  true,
		`{"and":[` + note + `,{"not":` + project + `}]}`:             true,
		`{"field":"no","op":"contains","value":"x"}`:                 false, // in the search index
		`{"field":"no","op":"starts","value":"x"}`:                   true,
		`{"field":"lines","op":"any","where":` + lineNote + `}`:      true,
		`{"and":[` + note + `,{"field":"id","op":"in","value":[]}]}`: false,
	} {
		f, err := query.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := shape.NeedsScan(f); got != want {
			t.Errorf("NeedsScan(%s) = %v, want %v", text, got, want)
		}
	}
}

const lineNote = `{"field":"remark","op":"starts","value":"x"}`
