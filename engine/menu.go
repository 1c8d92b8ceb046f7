package engine

import (
	"context"
	"slices"
	"sort"

	"formwork/engine/access"
	"formwork/engine/def"
)

// Menu is the navigation as a reader may use it: every catalog menu in one list, without what his roles and grants do
// not open and without groups that are left empty. Titles keep their translations; the UI picks the language.
func (e *Engine) Menu(ctx context.Context, actor access.Actor) ([]*def.MenuItem, error) {
	catalog, err := e.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(catalog.Menus))
	for name := range catalog.Menus {
		names = append(names, name)
	}
	sort.Strings(names)
	m := menuReader{engine: e, catalog: catalog, actor: actor, readable: map[string]bool{}}
	items := []*def.MenuItem{}
	for _, name := range names {
		shown, err := m.filter(ctx, catalog.Menus[name].Items)
		if err != nil {
			return nil, err
		}
		items = append(items, shown...)
	}
	return items, nil
}

// menuReader remembers which entities the actor may read.
type menuReader struct {
	engine   *Engine
	catalog  *def.Catalog
	actor    access.Actor
	readable map[string]bool
}

func (m *menuReader) filter(ctx context.Context, items []*def.MenuItem) ([]*def.MenuItem, error) {
	var shown []*def.MenuItem
	for _, item := range items {
		if !offered(item.Roles, m.actor, m.catalog) {
			continue
		}
		kept := *item
		var err error
		if kept.Items, err = m.filter(ctx, item.Items); err != nil {
			return nil, err
		}
		opens, err := m.opens(ctx, item)
		if err != nil {
			return nil, err
		}
		if opens || len(kept.Items) > 0 {
			shown = append(shown, &kept)
		}
	}
	return shown, nil
}

// opens tells whether the item leads somewhere the actor may go.
func (m *menuReader) opens(ctx context.Context, item *def.MenuItem) (bool, error) {
	if view, ok := m.catalog.Views[item.View]; ok {
		return m.may(ctx, view.Entity, access.Read)
	}
	if form, ok := m.catalog.Forms[item.Form]; ok {
		return m.may(ctx, form.Entity, access.Create)
	}
	return false, nil
}

func (m *menuReader) may(ctx context.Context, entity string, action access.Action) (bool, error) {
	key := entity + "|" + string(action)
	if may, ok := m.readable[key]; ok {
		return may, nil
	}
	rights, err := m.engine.Records.Rights(ctx, m.actor, entity)
	if err != nil {
		return false, err
	}
	m.readable[key] = slices.Contains(rights.Actions, string(action))
	return m.readable[key], nil
}
