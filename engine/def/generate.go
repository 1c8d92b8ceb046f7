package def

import (
	"maps"
	"slices"
	"strconv"
	"strings"
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
		if entity.Approval && !slices.ContainsFunc(c.cat.PrintsOf(name), (*Print).hasTrail) {
			sheet := GenerateApprovalSheet(c.cat, entity)
			sheet.Name = freeName(c.cat.Prints, name+"_approval", "_sheet")
			c.cat.Prints[sheet.Name] = sheet
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

// wideTable is how many columns of a sub-table stand beside each other on an upright page.
const wideTable = 9

// sheetPhotos is how many photos of a field a generated sheet shows.
const sheetPhotos = 8

// GenerateApprovalSheet makes the sheet every entity with an approval has unless a print of its own shows the trail: its
// title, the sections of its form, and what everybody did. The name is the caller's.
func GenerateApprovalSheet(catalog *Catalog, entity *Entity) *Print {
	p := &Print{
		Head:   Head{Title: approvalTitle(entity.Title, catalog.Lang), I18n: I18n{}},
		Entity: entity.Name, Blocks: []*PrintBlock{{Name: "title", Type: BlockTitle}, {Name: "code", Type: BlockQR}},
	}
	for lang, texts := range entity.I18n {
		if texts["title"] != "" {
			p.I18n[lang] = map[string]string{"title": approvalTitle(texts["title"], lang)}
		}
	}
	form, ok := catalog.FormFor(entity.Name, DeviceDesk)
	if !ok {
		form = GenerateForm(entity)
	}
	s := sheetMaker{entity: entity, sheet: p}
	for _, section := range form.Sections {
		s.section(section)
	}
	p.Blocks = append(p.Blocks, &PrintBlock{Name: "trail", Type: BlockTrail})
	return p
}

// approvalTitle names the sheet of what has a title in a language.
func approvalTitle(title, lang string) string {
	if strings.HasPrefix(lang, "zh") {
		return strings.TrimSuffix(title, "审批单") + "审批单"
	}
	return title + ": approval"
}

// hasTrail tells whether a print shows what everybody did in the approval.
func (p *Print) hasTrail() bool {
	return slices.ContainsFunc(p.Blocks, func(b *PrintBlock) bool { return b.Type == BlockTrail })
}

// sheetMaker lays a form out on paper.
type sheetMaker struct {
	entity *Entity
	sheet  *Print
}

// section puts the fields of a section into one grid; tables, photos and signatures stand below it.
func (s *sheetMaker) section(section *Section) {
	facts := &PrintBlock{Type: BlockFields, Title: section.Title, I18n: section.I18n}
	signs := &PrintBlock{Type: BlockSigns}
	var below []*PrintBlock
	for _, item := range section.Items {
		field, ok := s.entity.Field(item.Field)
		switch {
		case !ok:
		case field.IsTable():
			below = append(below, s.table(field, item))
		case field.XType == TypeImage:
			below = append(below, &PrintBlock{Type: BlockPhotos, Title: field.Title, I18n: field.I18n, Field: field.Name, Max: sheetPhotos})
		case field.XType == TypeSignature:
			signs.Boxes = append(signs.Boxes, &PrintBox{Name: field.Name, Title: field.Title, I18n: field.I18n, Field: field.Name})
		default:
			facts.Items = append(facts.Items, &PrintItem{Name: field.Name, Field: field.Name, Span: spanOf(field)})
		}
	}
	if len(facts.Items) > 0 {
		s.add(facts)
	}
	for _, block := range below {
		s.add(block)
	}
	if len(signs.Boxes) > 0 {
		s.add(signs)
	}
}

func (s *sheetMaker) add(block *PrintBlock) {
	block.Name = "part" + strconv.Itoa(len(s.sheet.Blocks))
	s.sheet.Blocks = append(s.sheet.Blocks, block)
}

// spanOf is how many places of a row a field takes: long texts and lists have it to themselves.
func spanOf(field *Field) int {
	if field.XType == TypeLongText || field.IsList() {
		return 3
	}
	return 1
}

// table shows the columns the form shows, and sums what it sums. Many of them need the paper on its side.
func (s *sheetMaker) table(table *Field, item *FormItem) *PrintBlock {
	block := &PrintBlock{Type: BlockTable, Title: table.Title, I18n: table.I18n, Rows: table.Name}
	for _, column := range item.Columns {
		field, ok := table.Items.Properties[column.Field]
		if !ok || field.XType == TypeImage || field.XType == TypeSignature {
			continue
		}
		block.Columns = append(block.Columns, &PrintColumn{
			Name: field.Name, Field: field.Name, Total: column.Total == "sum" && field.IsNumber(),
		})
	}
	if len(item.Columns) == 0 {
		for _, field := range table.Columns() {
			block.Columns = append(block.Columns, &PrintColumn{Name: field.Name, Field: field.Name})
		}
	}
	if len(block.Columns) > wideTable {
		s.sheet.Page = &PrintPage{Landscape: true}
	}
	return block
}
