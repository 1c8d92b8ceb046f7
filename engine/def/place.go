package def

import "slices"

// place puts the fields that an extension of an entity requires, and a form of the entity does not show, at the end of the
// form's first section: its author does not know of them, and nobody could fill them in otherwise.
func (c *compiler) place(extension *Entity) {
	entity := c.cat.Entities[extension.Name]
	if entity == nil {
		return
	}
	for _, name := range extension.Required {
		field := entity.Properties[name]
		if field == nil || field.IsReadOnly() || field.IsTable() {
			continue
		}
		for _, f := range c.cat.FormsOf(entity.Name) {
			if len(f.Sections) > 0 && !f.shows(name) {
				c.cat.Forms[f.Name] = f.withItem(name)
			}
		}
	}
}

// shows tells whether a field is in the layout.
func (f *Form) shows(name string) bool {
	return slices.ContainsFunc(f.Sections, func(s *Section) bool {
		return slices.ContainsFunc(s.Items, func(item *FormItem) bool { return item.Field == name })
	})
}

// withItem is the form with one field more in its first section. The form itself stays as it is: others share it.
func (f *Form) withItem(name string) *Form {
	form, section := *f, *f.Sections[0]
	section.Items = append(slices.Clone(section.Items), &FormItem{Field: name})
	form.Sections = slices.Clone(f.Sections)
	form.Sections[0] = &section
	return &form
}
