package def

import (
	"maps"
	"slices"
)

// generatedColumns is how many columns a generated view shows.
const generatedColumns = 8

// generate gives every entity without a form or a view one of its own, from x-order.
func (c *compiler) generate() {
	for _, name := range slices.Sorted(maps.Keys(c.cat.Entities)) {
		if IsEngines(name) {
			continue
		}
		entity := c.cat.Entities[name]
		if len(c.cat.FormsOf(name)) == 0 {
			form := GenerateForm(entity)
			form.Name = freeName(c.cat.Forms, name, "_form")
			c.cat.Forms[form.Name] = form
		}
		if len(c.cat.ViewsOf(name)) == 0 {
			view := GenerateView(entity)
			view.Name = freeName(c.cat.Views, name, "_view")
			if form, ok := c.cat.FormFor(name, DeviceAny); ok {
				view.Form = form.Name
			}
			c.cat.Views[view.Name] = view
		}
	}
}

// freeName is the entity's name, with a suffix if another entity's definition has taken it.
func freeName[T any](taken map[string]T, name, suffix string) string {
	for {
		if _, ok := taken[name]; !ok {
			return name
		}
		name += suffix
	}
}

// GenerateForm makes a form from an entity: one section with the fields, one for each sub-table.
func GenerateForm(entity *Entity) *Form {
	form := &Form{Head: Head{Name: entity.Name, Title: entity.Title, I18n: entity.I18n}, Entity: entity.Name}
	basic := &Section{Name: "basic", Title: entity.Title, I18n: entity.I18n}
	form.Sections = []*Section{basic}
	for _, field := range entity.Fields() {
		item := &FormItem{Field: field.Name}
		if field.XType == TypeLongText {
			item.Width = 2
		}
		if !field.IsTable() {
			basic.Items = append(basic.Items, item)
			continue
		}
		for _, column := range field.Columns() {
			item.Columns = append(item.Columns, &FormColumn{Field: column.Name})
		}
		form.Sections = append(form.Sections, &Section{
			Name: freeSection(form.Sections, field.Name), Title: field.Title, I18n: field.I18n, Columns: 1, Items: []*FormItem{item},
		})
	}
	return form
}

func freeSection(sections []*Section, name string) string {
	taken := map[string]bool{}
	for _, section := range sections {
		taken[section.Name] = true
	}
	return freeName(taken, name, "_rows")
}

// GenerateView makes a list from an entity: its first fields that fit a column, newest change first.
func GenerateView(entity *Entity) *View {
	view := &View{
		Head: Head{Name: entity.Name, Title: entity.Title, I18n: entity.I18n}, Entity: entity.Name,
		Sort:    []Sort{{Field: FieldUpdatedAt, Dir: "desc"}},
		Actions: []string{"create", "import", "export"},
	}
	for _, field := range entity.Fields() {
		if len(view.Columns) == generatedColumns {
			break
		}
		if !field.IsTable() && field.XType != TypeLongText {
			view.Columns = append(view.Columns, &ViewColumn{Field: field.Name})
			if field.IsOption() || field.Target() != "" {
				view.Filters = append(view.Filters, field.Name)
			}
		}
	}
	if entity.Approval {
		view.Columns = append(view.Columns, &ViewColumn{Field: FieldState})
		view.Filters = append(view.Filters, FieldState)
	}
	return view
}
