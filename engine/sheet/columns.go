package sheet

import (
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
)

// plan is what an import does: an import definition, or what follows from the entity alone.
type plan struct {
	entity  *def.Entity
	columns []*column
	match   []string   // fields that find the record to update
	group   []string   // none: each line is a record
	table   *def.Field // the sub-table lines fill, nil for none
	matrix  *def.ImportMatrix
	skip    []string // folded
}

// totals mark a line that is no data, in every import.
var totals = []string{"合计", "小计", "总计", "累计", "本页合计", "total", "subtotal", "grandtotal"}

// planOf makes a plan from an import definition.
func planOf(entity *def.Entity, i *def.Import) *plan {
	p := &plan{entity: entity, match: i.Match, group: i.Group, matrix: i.Matrix, skip: slices.Clone(totals)}
	for _, word := range i.Skip {
		p.skip = append(p.skip, folded(word))
	}
	for _, c := range i.Columns {
		known := &column{name: c.Name, title: c.Labels[0], parse: c.Parse, required: c.Required}
		for _, label := range c.Labels {
			known.labels = append(known.labels, folded(label))
		}
		if c.Field != "" {
			known.field, _ = entity.Field(c.Field)
			known.labels = append(known.labels, labelsOf(known.field)...)
		}
		if known.field != nil && known.field.Parent != nil {
			p.table = known.field.Parent
		}
		p.columns = append(p.columns, known)
	}
	// A label of one column is not also the field title of another.
	for _, c := range p.columns {
		for _, other := range i.Columns {
			if other.Name == c.name {
				continue
			}
			for _, label := range other.Labels {
				c.labels = without(c.labels, folded(label), labelsIn(i, c.name))
			}
		}
	}
	p.settle()
	return p
}

func labelsIn(i *def.Import, name string) []string {
	var labels []string
	for _, c := range i.Columns {
		if c.Name == name {
			for _, label := range c.Labels {
				labels = append(labels, folded(label))
			}
		}
	}
	return labels
}

// without takes a label away unless it is among those to keep.
func without(labels []string, label string, keep []string) []string {
	if slices.Contains(keep, label) {
		return labels
	}
	return slices.DeleteFunc(labels, func(l string) bool { return l == label })
}

// labelsOf are a field's titles in every language and its name.
func labelsOf(field *def.Field) []string {
	labels := []string{folded(field.Title), folded(field.Name)}
	for _, texts := range field.I18n {
		labels = append(labels, folded(texts["title"]))
	}
	return slices.DeleteFunc(labels, func(l string) bool { return l == "" })
}

// planFor makes a plan from an entity: one record a line, the fields of its header that people may give.
func planFor(entity *def.Entity, lang string) *plan {
	p := &plan{entity: entity, skip: slices.Clone(totals)}
	for _, field := range entity.Fields() {
		if !bringable(field) {
			continue
		}
		p.columns = append(p.columns, &column{
			name: field.Name, labels: labelsOf(field), title: field.Label(lang), field: field,
			required: entity.IsRequired(field.Name) && field.Default == nil && field.DefaultExpr == "",
		})
	}
	p.settle()
	return p
}

// bringable tells whether a sheet may bring a field: no files, no sub-table, nothing the engine computes but a number.
func bringable(field *def.Field) bool {
	return !field.IsTable() && !field.IsFile() && (!field.IsReadOnly() || field.Number != nil)
}

// settle gives match its default: the natural key, else the first unique rule over fields of the header that the sheet
// holds.
func (p *plan) settle() {
	if len(p.match) > 0 {
		return
	}
	for _, fields := range keysOf(p.entity) {
		held := func(path string) bool {
			return slices.ContainsFunc(p.columns, func(c *column) bool { return c.field != nil && c.field.Path == path && c.field.Parent == nil })
		}
		if !slices.ContainsFunc(fields, func(path string) bool { return !held(path) }) {
			p.match = fields
			return
		}
	}
}

// keysOf lists what tells records of an entity apart: the natural key first, then unique rules without a filter by name.
func keysOf(entity *def.Entity) [][]string {
	var all [][]string
	if entity.Natural != "" {
		all = append(all, []string{entity.Natural})
	}
	names := make([]string, 0, len(entity.Unique))
	for name := range entity.Unique {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if key := entity.Unique[name]; len(key.Where) == 0 {
			all = append(all, key.Fields)
		}
	}
	return all
}

// rowKey is the column that tells the rows of the sub-table apart: that of the matrix, else of a unique rule.
func (p *plan) rowKey() string {
	if p.matrix != nil {
		if field, ok := p.entity.Field(p.matrix.Name); ok {
			return field.Name
		}
	}
	for _, fields := range keysOf(p.entity) {
		for _, path := range fields {
			if field, ok := p.entity.Field(path); ok && field.Parent == p.table && p.table != nil {
				return field.Name
			}
		}
	}
	return ""
}

// writable leaves out what the actor may not write in any record, so that templates do not offer it.
func (p *plan) writable(rights access.Rights) []*column {
	fields := rights.Anywhere()
	return slices.DeleteFunc(slices.Clone(p.columns), func(c *column) bool { return c.field == nil || !fields.Writes(c.field.Path) })
}
