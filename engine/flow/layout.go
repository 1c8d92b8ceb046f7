package flow

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// TaskLayout gives what the form of an entry of the actor's task list, or of an open task he may do for somebody else, is
// made from: the catalog its run is pinned to, and the field rights of its node (not nil), of which only those of an open
// task let him write. record.ErrNotFound if the entry is not his, or not about a record of the entity.
func (s *Service) TaskLayout(ctx context.Context, actor access.Actor, entity, task string) (*def.Catalog, map[string]string, error) {
	doc, err := s.taskFor(ctx, actor, task)
	if err != nil {
		return nil, nil, err
	}
	at, ok := splitTaskID(task)
	if !ok || at.entity != entity {
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
	cat, err := s.layoutCatalog(ctx, actor.Tenant, &st)
	if err != nil {
		return nil, nil, fmt.Errorf("catalog of task %s: %w", task, err)
	}
	open := textOf(doc.Values, "tab") == TabOpen
	rights := map[string]string{}
	for path, right := range plan.NodeRights(textOf(doc.Values, "node")) {
		if !open && right == "w" {
			right = "r"
		}
		rights[path] = right
	}
	return cat, rights, nil
}

// layoutCatalog is the catalog a run is pinned to; the one in force once it has ended, as for every record.
func (s *Service) layoutCatalog(ctx context.Context, tenant string, st *State) (*def.Catalog, error) {
	if st.Status.Ended() {
		return s.config.Catalogs.Active(ctx, tenant)
	}
	return s.config.Catalogs.Version(ctx, tenant, st.Catalog)
}
