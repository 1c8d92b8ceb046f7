package engine

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// PatchRecord edits a record. The record of a user is a member's: identity's rules hold for it whatever way it comes.
func (e *Engine) PatchRecord(ctx context.Context, actor access.Actor, entity, id string, in record.PatchInput) (record.Record, error) {
	if entity == def.EntityUser {
		return e.Identity.ChangeMember(ctx, actor, id, in)
	}
	return e.Records.Patch(ctx, actor, entity, id, in)
}

// CreateRecord makes a record. A user is made by identity together with his account: record.ErrForbidden here.
func (e *Engine) CreateRecord(ctx context.Context, actor access.Actor, entity string, in record.CreateInput) (record.Created, error) {
	if entity == def.EntityUser {
		return record.Created{}, fmt.Errorf("users are added as members: %w", record.ErrForbidden)
	}
	return e.Records.Create(ctx, actor, entity, in)
}

// DeleteRecord moves a record to the recycle bin. A user is disabled, never deleted: his name stands in approvals.
func (e *Engine) DeleteRecord(ctx context.Context, actor access.Actor, entity, id string, ifRev int64) error {
	if entity == def.EntityUser {
		return fmt.Errorf("users are disabled, not deleted: %w", &record.InUseError{})
	}
	return e.Records.Delete(ctx, actor, entity, id, ifRev)
}
