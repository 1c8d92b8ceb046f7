package storetest

import (
	"encoding/json"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// The collections of the suite. A sheet has a field of every kind the store keeps.
const (
	sheet  = "sheet"
	worker = "worker"
)

var (
	catalog = testCatalog()
	sheets  = store.CollectionOf(catalog, sheet)
	workers = store.CollectionOf(catalog, worker)
)

func testCatalog() *def.Catalog {
	four, one, six := 4, 1, 6
	yes := true
	of := func(t def.FieldType) *def.Field { return &def.Field{XType: t} }
	to := func(entity string) *def.Field { return &def.Field{XType: def.TypeReference, Entity: entity} }
	columns := map[string]*def.Field{
		"worker": to(worker), "hours": {XType: def.TypeDecimal, Scale: &one}, "pay": of(def.TypeMoney), "day": of(def.TypeDate),
		"kind": of(def.TypeSelect), "pieces": of(def.TypeInteger), "done": of(def.TypeBoolean), "remark": of(def.TypeText),
		"start": of(def.TypeDateTime),
	}
	properties := map[string]*def.Field{
		"no": {XType: def.TypeText, Search: true}, "content": {XType: def.TypeText, Search: true}, "note": of(def.TypeLongText),
		"code": of(def.TypeAutoNumber), "phone": of(def.TypePhone),
		"project": to("project"), "team": to("team"), "owner": of(def.TypeUser), "dept": of(def.TypeDepartment),
		"work_date": {XType: def.TypeDate, Index: true}, "at": of(def.TypeDateTime), "period": of(def.TypeMonth),
		"total": of(def.TypeMoney), "rate": {XType: def.TypeDecimal, Scale: &four, Fixed: &yes},
		"qty": {XType: def.TypeDecimal, Scale: &six}, "share": of(def.TypePercent), "heads": of(def.TypeInteger),
		"night": of(def.TypeBoolean), "reason": of(def.TypeSelect), "tags": of(def.TypeMultiSelect), "members": of(def.TypeUsers),
		"links": {XType: def.TypeReferences, Entity: worker}, "photos": of(def.TypeImage), "sign": of(def.TypeSignature),
		"lines": {XType: def.TypeTable, Items: &def.Items{Properties: columns}},
	}
	cat := &def.Catalog{
		Entities: map[string]*def.Entity{
			sheet:  {Properties: properties, Approval: true},
			worker: {Properties: map[string]*def.Field{"name": {XType: def.TypeText, Search: true}, "rate": of(def.TypeMoney), "joined": of(def.TypeDate)}},
		},
		Views: map[string]*def.View{"sheets": {
			Entity: sheet, Filters: []string{"project", "reason"},
			Sort: []def.Sort{{Field: "work_date", Dir: "desc"}, {Field: "no"}},
		}},
	}
	for _, entity := range cat.Entities {
		for name, field := range entity.Properties {
			field.Name, field.Path = name, name
			if field.Items == nil {
				continue
			}
			for column, cell := range field.Items.Properties {
				cell.Name, cell.Path, cell.Parent = column, name+"."+column, field
			}
		}
	}
	return cat
}

type noEntities struct{}

func (noEntities) Entity(string) (*def.Entity, bool) { return nil, false }

// filter parses and checks a filter over sheets; "" is no filter.
func filter(t T, text string) *query.Filter {
	t.Helper()
	if text == "" {
		return nil
	}
	f, err := query.Parse([]byte(text))
	if err != nil {
		t.Fatalf("filter %s: %v", text, err)
	}
	if err := query.Check(f, catalog.Entities[sheet], noEntities{}, nil); err != nil {
		t.Fatalf("filter %s: %v", text, err)
	}
	return f
}

// order makes sort keys of sheets of field names, "-" before the descending ones.
func order(t T, fields ...string) []query.Sort {
	t.Helper()
	var sort []query.Sort
	for _, field := range fields {
		key := query.Sort{Field: field}
		if field[0] == '-' {
			key = query.Sort{Field: field[1:], Desc: true}
		}
		sort = append(sort, key)
	}
	if err := query.CheckSort(sort, catalog.Entities[sheet]); err != nil {
		t.Fatalf("sort %v: %v", fields, err)
	}
	return sort
}

// asJSON shows values in failures, with sorted keys.
func asJSON(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
