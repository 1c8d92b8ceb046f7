package engine

import (
	"context"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// giveReferences names another member in every record whose field names one, record by record.
func (e *Engine) giveReferences(ctx context.Context, actor access.Actor, path, from, to string) ([]HandedOver, error) {
	cat, err := e.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	name, fieldPath, _ := strings.Cut(path, ".")
	entity := cat.Entities[name]
	if entity == nil || def.IsEngines(name) {
		return []HandedOver{{What: "reference", Entity: name, Name: path, Err: record.ErrNotFound}}, nil
	}
	field, ok := entity.Field(fieldPath)
	if !ok || field.Target() != def.EntityUser {
		return []HandedOver{{What: "reference", Entity: name, Name: path, Err: record.ErrNotFound}}, nil
	}
	db, err := e.Tenants.Store(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := db.Find(ctx, query.Query{Collection: name, Where: names(field, from), Limit: maxHandedOver})
	if err != nil {
		return nil, err
	}
	var all []HandedOver
	for _, doc := range page.Docs {
		_, err := e.PatchRecord(ctx, actor, name, doc.ID, record.PatchInput{IfRev: doc.Rev, Values: replacing(&doc, field, from, to)})
		all = append(all, HandedOver{What: "reference", Entity: name, Record: doc.ID, Name: path, Err: err})
	}
	return all, nil
}

// replacing is the patch that names another user wherever a field of a record names one.
func replacing(doc *store.Doc, field *def.Field, from, to string) form.Values {
	if field.Parent == nil {
		return form.Values{field.Name: replaced(doc.Values[field.Name], from, to)}
	}
	rows, _ := doc.Values[field.Parent.Name].([]any)
	var changed []any
	for _, item := range rows {
		row, _ := item.(map[string]any)
		if holds(row[field.Name], from) {
			changed = append(changed, map[string]any{"_id": row["_id"], field.Name: replaced(row[field.Name], from, to)})
		}
	}
	return form.Values{field.Parent.Name: changed}
}

func holds(value any, user string) bool {
	list, isList := value.([]any)
	return value == user || isList && slices.Contains(list, any(user))
}

// replaced gives a value with one user in the place of another, each once.
func replaced(value any, from, to string) any {
	list, isList := value.([]any)
	if !isList {
		return to
	}
	var next []any
	for _, item := range list {
		if item == from {
			item = to
		}
		if !slices.Contains(next, item) {
			next = append(next, item)
		}
	}
	return next
}

func texts(value any) []string {
	list, _ := value.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
