package record

import (
	"context"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
)

// Changes gives the changes of an event as an actor who may see the record may see them: hidden fields are left out,
// masked texts show their ends, salts are never shown. His row filters do not keep him out: the caller has let him in, as
// a reader or participant; without any grant he sees what every reader sees.
func (s *Service) Changes(ctx context.Context, actor access.Actor, entity, id string, changes []event.Change) ([]event.Change, error) {
	r, doc, err := s.find(ctx, actor, entity, id)
	if err != nil {
		return nil, err
	}
	rights, err := r.reads(ctx, entity)
	if err != nil {
		return nil, err
	}
	fields := rights.On(doc.Record())
	if !fields.Admitted() {
		fields = rights.Anywhere()
	}
	if !fields.Admitted() && doc.Deleted {
		return nil, ErrNotFound
	}
	if !fields.Admitted() {
		right, err := r.participant(ctx, entity)
		if err != nil {
			return nil, err
		}
		fields = access.Rights{Grants: []access.Right{right}}.Anywhere()
	}
	shown := make([]event.Change, 0, len(changes))
	for _, change := range changes {
		if change, ok := showChange(fields, r.entity, change); ok {
			shown = append(shown, change)
		}
	}
	return shown, nil
}

// showChange is one change as a reader may see it; false if it is hidden from him.
func showChange(fields access.Fields, entity *def.Entity, change event.Change) (event.Change, bool) {
	change.Salt, change.Digest = "", ""
	name, rest, inRow := strings.Cut(change.Field, "[")
	field := entity.Properties[name]
	if field == nil {
		return event.Change{}, false
	}
	_, column, isCell := strings.Cut(rest, "].")
	switch {
	case isCell:
		cell, ok := field.Column(column)
		if !ok || !fields.Shows(field.Path) {
			return event.Change{}, false
		}
		return maskChange(fields, cell, change)
	case inRow: // a row that came or went
		if !fields.Shows(field.Path) {
			return event.Change{}, false
		}
		change.From, change.To = maskRow(fields, entity, field, change.From), maskRow(fields, entity, field, change.To)
		return change, true
	}
	return maskChange(fields, field, change)
}

func maskChange(fields access.Fields, field *def.Field, change event.Change) (event.Change, bool) {
	switch fields.Right(field.Path) {
	case def.FieldRead, def.FieldWrite:
		return change, true
	case def.FieldMasked:
		change.From, change.To = maskValue(field, change.From), maskValue(field, change.To)
		return change, true
	default:
		return event.Change{}, false
	}
}

// maskValue is a masked text, or nothing for values of other types.
func maskValue(field *def.Field, value any) any {
	text, ok := value.(string)
	if !ok || !field.IsText() {
		return nil
	}
	return access.MaskText(text, field.Mask)
}

func maskRow(fields access.Fields, entity *def.Entity, table *def.Field, row any) any {
	if row == nil {
		return nil
	}
	shown, _ := fields.Mask(entity, map[string]any{table.Name: []any{row}})
	rows := RowsOf(shown[table.Name])
	if len(rows) == 0 {
		return nil
	}
	return rows[0]
}
