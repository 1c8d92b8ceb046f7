package record

import (
	"context"
	"errors"
	"maps"
	"strings"

	"formwork/engine/access"
	"formwork/engine/form"
)

// discreet takes values the actor may not read out of problems: the params of a rule's problem hold what its message
// names, and a rule may look at more than its reader.
func (r *request) discreet(ctx context.Context, err error) error {
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	rights, readErr := r.reads(ctx, r.entity.Name)
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	fields := rights.Anywhere()
	shown := &InvalidError{Problems: make([]form.Problem, len(invalid.Problems)), NeedsReason: invalid.NeedsReason}
	for i, p := range invalid.Problems {
		if p.Rule != "" && len(p.Params) > 0 {
			p.Params = r.readableParams(fields, p)
		}
		shown.Problems[i] = p
	}
	return shown
}

// readableParams drops the params named like a field or column the reader does not see.
func (r *request) readableParams(fields access.Fields, p form.Problem) map[string]any {
	table, _, inRow := strings.Cut(p.Field, "[")
	params := maps.Clone(p.Params)
	maps.DeleteFunc(params, func(name string, _ any) bool {
		if inRow {
			if column, ok := r.entity.Field(table + "." + name); ok {
				return !fields.Shows(column.Path)
			}
		}
		field, ok := r.entity.Properties[name]
		return ok && !fields.Shows(field.Path)
	})
	return params
}
