package flow

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// TaskLayout gives what the form of an open task of the actor, or of one he may do for somebody else, is made from: the catalog its run is pinned to, and the
// field rights of its node (not nil). record.ErrNotFound if the task is not his, or not open any more.
func (s *Service) TaskLayout(ctx context.Context, actor access.Actor, task string) (*def.Catalog, map[string]string, error) {
	doc, err := s.taskFor(ctx, actor, task)
	if err != nil {
		return nil, nil, err
	}
	at, ok := splitTaskID(task)
	if !ok || textOf(doc.Values, "tab") != TabOpen {
		return nil, nil, record.ErrNotFound
	}
	full, err := s.config.Records.Load(ctx, actor.Tenant, at.entity, at.id)
	if err != nil {
		return nil, nil, err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return nil, nil, err
	}
	plan, err := s.pinnedPlan(ctx, actor.Tenant, &st)
	if err != nil {
		return nil, nil, err
	}
	cat, err := s.config.Catalogs.Version(ctx, actor.Tenant, st.Catalog)
	if err != nil {
		return nil, nil, fmt.Errorf("catalog of task %s: %w", task, err)
	}
	rights := map[string]string{}
	for path, right := range plan.NodeRights(textOf(doc.Values, "node")) {
		rights[path] = right
	}
	return cat, rights, nil
}
