package engine

import (
	"context"
	"slices"
	"sort"

	"formwork/engine/access"
	"formwork/engine/def"
)

// MenuItem is an entry of the navigation: a group, or the way to a view or form of an entity, a dataset or a dashboard.
type MenuItem struct {
	Name      string      `json:"name"`
	Title     string      `json:"title"`
	I18n      def.I18n    `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	Icon      string      `json:"icon,omitempty"`
	Entity    string      `json:"entity,omitempty"`
	View      string      `json:"view,omitempty"`
	Form      string      `json:"form,omitempty"`
	Dashboard string      `json:"dashboard,omitempty"`
	Dataset   string      `json:"dataset,omitempty"`
	Items     []*MenuItem `json:"items,omitempty"`
}

// Menu is the navigation as a reader may use it: every catalog menu in one list, without what his roles and grants do
// not open and without groups that are left empty. Titles keep their translations; the UI picks the language.
func (e *Engine) Menu(ctx context.Context, actor access.Actor) ([]*MenuItem, error) {
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
	items := []*MenuItem{}
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

func (m *menuReader) filter(ctx context.Context, items []*def.MenuItem) ([]*MenuItem, error) {
	var shown []*MenuItem
	for _, item := range items {
		if !offered(item.Roles, m.actor, m.catalog) {
			continue
		}
		kept := &MenuItem{Name: item.Name, Title: item.Title, I18n: item.I18n, Icon: item.Icon}
		var err error
		if kept.Items, err = m.filter(ctx, item.Items); err != nil {
			return nil, err
		}
		opens, err := m.open(ctx, item, kept)
		if err != nil {
			return nil, err
		}
		if opens || len(kept.Items) > 0 {
			shown = append(shown, kept)
		}
	}
	return shown, nil
}

// open says where the item leads, and tells whether the actor may go there.
func (m *menuReader) open(ctx context.Context, item *def.MenuItem, shown *MenuItem) (bool, error) {
	if view, ok := m.catalog.Views[item.View]; ok {
		shown.View, shown.Entity = view.Name, view.Entity
		return m.may(ctx, view.Entity, access.Read)
	}
	if form, ok := m.catalog.Forms[item.Form]; ok {
		shown.Form, shown.Entity = form.Name, form.Entity
		return m.may(ctx, form.Entity, access.Create)
	}
	if item.Dataset != "" {
		shown.Dataset = item.Dataset
		return m.engine.Reports.May(ctx, m.actor, item.Dataset)
	}
	if item.Dashboard != "" {
		shown.Dashboard = item.Dashboard
		return m.engine.Reports.MayDashboard(ctx, m.actor, item.Dashboard)
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
