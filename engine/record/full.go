package record

import (
	"context"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
)

// Full is a record with nothing hidden, and what deciding code may ask about it. It is never sent to anybody.
type Full struct {
	Record  Record
	Catalog *def.Catalog // the one the record is evaluated by: that of its running instance, else the active one
	Entity  *def.Entity
	Now     time.Time // of this write
	Actor   access.Actor
}

// Evaluate completes the record's values as the write would, with a patch and on an occasion: related values,
// defaults, computed values. Problems are those the write would be refused for.
func (f *Full) Evaluate(ctx context.Context, patch form.Values, occasion form.Event) (form.Values, []form.Problem, error) {
	return nil, nil, errUnbuilt
}

// May tells whether the actor has a grant of the action that admits this record.
func (f *Full) May(ctx context.Context, action access.Action) (bool, error) {
	return false, errUnbuilt
}

// HasRole tells whether the actor holds the role (or one that inherits it) for this record.
func (f *Full) HasRole(ctx context.Context, role string) (bool, error) {
	return false, errUnbuilt
}
