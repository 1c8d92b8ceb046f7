package engine

import (
	"context"

	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/flow"
)

// Prove holds a record against its history, the signatures on it included, for whoever may see it; it fails with
// record.ErrNotFound for others.
func (e *Engine) Prove(ctx context.Context, actor access.Actor, entity, id string) (flow.Proof, error) {
	p, err := e.Flows.Prove(ctx, actor, entity, id)
	if err != nil {
		return flow.Proof{}, err
	}
	return p, e.proveSignatures(ctx, actor.Tenant, &p)
}

// ProveAll holds all records of a tenant against their histories; tell is told of each one.
func (e *Engine) ProveAll(ctx context.Context, tenant string, tell func(entity, id string, p flow.Proof)) error {
	return e.Flows.ProveAll(ctx, tenant, func(entity, id string, p flow.Proof) error {
		err := e.proveSignatures(ctx, tenant, &p)
		tell(entity, id, p)
		return err
	})
}

// proveSignatures looks at what was drawn: whether it is there, unchanged, and drawn for what it decided.
func (e *Engine) proveSignatures(ctx context.Context, tenant string, p *flow.Proof) error {
	for _, d := range p.Signed {
		genuine, err := e.Files.Genuine(ctx, tenant, file.Drawn{
			ID: d.File, Task: d.Task, By: d.By, Image: d.Signed.Image, DataHash: d.Signed.Seen,
		})
		if err != nil {
			return err
		}
		if !genuine {
			at := d.At
			p.Mismatches = append(p.Mismatches, flow.Mismatch{Code: flow.MismatchSignature, Rev: d.Rev, At: &at})
		}
	}
	return nil
}
