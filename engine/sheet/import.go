package sheet

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// Input is a workbook to import.
type Input struct {
	File   []byte
	Sheet  string            // name of the sheet; "" = the first visible one
	Import string            // name of an import definition; "" = by the fields of the entity
	Given  map[string]string // values for every line, by field, as people write them: the project of an attendance sheet
	Mode   string            // insert, update, upsert; "" = insert
	// All stores nothing unless every record can be stored. Without it the good ones are.
	All bool
	Dry bool // only report
	// Reason answers warnings that ask for one; "" leaves such records out.
	Reason string
	// Opening marks opening data (definitions.md §5.1): rules of entry become recorded warnings, records of entities with
	// approval are approved.
	Opening bool
}

// Import reads a workbook and stores its records through record.Service, so every rule holds. It needs the grant import,
// and update for records that change. The report says what became of each line; an error is about the whole: *FileError,
// record.ErrForbidden, record.ErrNotFound.
func (s *Service) Import(ctx context.Context, actor access.Actor, entity string, in Input) (Report, error) {
	if _, err := s.mayImport(ctx, actor, entity); err != nil {
		return Report{}, err
	}
	if in.Opening && !mayOpen(actor) {
		return Report{}, fmt.Errorf("opening data of %s: %w", entity, record.ErrForbidden)
	}
	catalog, definition, err := s.entity(ctx, actor.Tenant, entity)
	if err != nil {
		return Report{}, err
	}
	if in.Mode == "" {
		in.Mode = ModeInsert
	}
	p, err := choose(catalog, definition, in.Import, language(actor, catalog))
	if err != nil {
		return Report{}, err
	}
	g, err := read(in.File, in.Sheet)
	if err != nil {
		return Report{}, err
	}
	b, err := s.builder(ctx, newResolver(s.config.Records, actor, catalog), p, g, in.Given)
	if err != nil {
		return Report{}, err
	}
	drafts, err := b.build(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := s.existing(ctx, actor, p, drafts, in.Mode); err != nil {
		return Report{}, err
	}
	report := Report{Import: in.Import, Sheet: g.name, Rows: len(b.lines), Ignored: b.header.ignored}
	for column := range maxColumns {
		if c := b.header.columns[column]; c != nil && c.field != nil {
			report.Columns = append(report.Columns, TakenFrom{columnName(column), c.title, c.field.Path})
		}
	}
	out := &outlet{service: s, actor: actor, entity: entity, in: in, report: &report}
	err = out.settle(ctx, drafts)
	return report, err
}

// mayOpen tells who may bring opening data. It is stored as approved without an approval, so the grant import is not
// enough: only administrators, and the engine.
func mayOpen(actor access.Actor) bool { return actor.Admin || actor.System }

// choose makes the plan of an import.
func choose(catalog *def.Catalog, entity *def.Entity, name, lang string) (*plan, error) {
	if name == "" {
		return planFor(entity, lang), nil
	}
	i := catalog.Imports[name]
	if i == nil || i.Entity != entity.Name {
		return nil, fileError("unknown_import", "name", name)
	}
	return planOf(entity, i), nil
}

func (s *Service) builder(ctx context.Context, res *resolver, p *plan, g *grid, given map[string]string) (*builder, error) {
	h, err := labels{p.columns, p.matrix != nil}.locate(g)
	if err != nil {
		return nil, err
	}
	b := &builder{
		plan: p, grid: g, header: h, lang: language(res.actor, res.catalog), given: map[string]string{}, resolver: res,
	}
	for path, text := range given {
		if field, ok := p.entity.Field(path); !ok || field.Parent != nil || !bringable(field) {
			return nil, fileError("bad_value", "name", path)
		}
		b.given[path] = text
	}
	if p.matrix != nil {
		b.hours = fullDay(ctx, s, b.resolver, p.entity, p.matrix.Full)
	}
	return b, nil
}

// build makes the drafts, references resolved.
func (b *builder) build(ctx context.Context) ([]*draft, error) {
	if b.matrix != nil {
		return b.matrixDrafts(ctx)
	}
	b.read()
	if len(b.lines) == 0 {
		return nil, fileError("no_rows")
	}
	if err := b.resolver.resolve(ctx); err != nil {
		return nil, err
	}
	b.refer()
	return b.drafts(), nil
}

// settle looks what can be stored, stores it unless the import is dry, and completes the report.
func (o *outlet) settle(ctx context.Context, drafts []*draft) error {
	in, report := o.in, o.report
	report.Records = len(drafts)
	if in.Dry || in.All {
		o.dry = true
		if err := o.put(ctx, drafts); err != nil {
			return err
		}
	}
	failed := 0
	for _, d := range drafts {
		if d.failed() {
			failed++
		}
	}
	if !in.Dry && (!in.All || failed == 0) {
		o.dry = false
		if err := o.put(ctx, drafts); err != nil {
			return err
		}
		report.Stored = true
	}
	var problems []Problem
	for _, d := range drafts {
		problems = append(problems, d.problems...)
		if !d.failed() {
			report.OK++
		}
	}
	report.list(problems)
	return nil
}

// outlet gives drafts to record.Service.
type outlet struct {
	service *Service
	actor   access.Actor
	entity  string
	in      Input
	report  *Report
	dry     bool // only look
}

// put stores what can be stored, or only looks. New records go together, changes one by one.
func (o *outlet) put(ctx context.Context, drafts []*draft) error {
	var fresh []*draft
	for _, d := range drafts {
		switch {
		case d.failed():
		case d.id != "":
			if err := o.change(ctx, d); err != nil {
				return err
			}
		default:
			fresh = append(fresh, d)
		}
		if len(fresh) == batch {
			if err := o.create(ctx, fresh); err != nil {
				return err
			}
			fresh = nil
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return o.create(ctx, fresh)
}

// create stores a batch of new records; those that only ask for a reason are tried again with it.
func (o *outlet) create(ctx context.Context, drafts []*draft) error {
	first := make([]record.CreateInput, len(drafts))
	for i, d := range drafts {
		first[i] = o.input(d, nil)
	}
	answers, err := o.service.config.Records.CreateMany(ctx, o.actor, o.entity, record.ManyInput{Records: first, Dry: o.dry})
	if err != nil {
		return err
	}
	var second []record.CreateInput
	var at []int
	for i, answer := range answers {
		if reasons := o.reasons(answer.Err); reasons != nil {
			second, at = append(second, o.input(drafts[i], reasons)), append(at, i)
		}
	}
	if len(second) > 0 {
		again, err := o.service.config.Records.CreateMany(ctx, o.actor, o.entity, record.ManyInput{Records: second, Dry: o.dry})
		if err != nil {
			return err
		}
		for n, i := range at {
			answers[i] = again[n]
		}
	}
	for i, answer := range answers {
		if answer.Err == nil && !o.dry {
			o.report.Created++
		}
		if err := drafts[i].refused(answer.Err); err != nil {
			return fmt.Errorf("import line %d: %w", drafts[i].row+1, err)
		}
	}
	return nil
}

func (o *outlet) input(d *draft, reasons map[string]string) record.CreateInput {
	in := record.CreateInput{Values: d.values, Import: true, Imported: o.in.Opening, Acknowledged: reasons}
	if o.in.Opening {
		in.State = d.state
		if in.State == "" {
			in.State = "approved"
		}
	}
	return in
}

// change patches a record that is there.
func (o *outlet) change(ctx context.Context, d *draft) error {
	patch := record.PatchInput{Values: d.values, Form: "-", Import: true, Dry: o.dry}
	before, err := o.service.config.Records.Get(ctx, o.actor, o.entity, d.id)
	if err == nil {
		patch.IfRev = before.Rev
		var after record.Record
		after, err = o.service.config.Records.Patch(ctx, o.actor, o.entity, d.id, patch)
		if reasons := o.reasons(err); reasons != nil {
			patch.Acknowledged = reasons
			after, err = o.service.config.Records.Patch(ctx, o.actor, o.entity, d.id, patch)
		}
		if err == nil && !o.dry {
			if after.Rev == before.Rev {
				o.report.Same++
			} else {
				o.report.Updated++
			}
		}
	}
	if err := d.refused(err); err != nil {
		return fmt.Errorf("import line %d: %w", d.row+1, err)
	}
	return nil
}

// openingReason is the reason that stands in the events of opening data: nobody was there to give another.
const openingReason = "opening"

// reasons answers a refusal that only asks for reasons; nil if there is none to give.
func (o *outlet) reasons(err error) map[string]string {
	reason := o.in.Reason
	if reason == "" && o.in.Opening {
		reason = openingReason
	}
	if reason == "" {
		return nil
	}
	rules := map[string]string{}
	for _, p := range asking(err) {
		rules[p.Rule] = reason
	}
	if len(rules) == 0 {
		return nil
	}
	return rules
}

// asking lists the warnings a refusal wants reasons for.
func asking(err error) []form.Problem {
	invalid, ok := asInvalid(err)
	if !ok || !invalid.NeedsReason {
		return nil
	}
	return invalid.Problems
}

// Info is an import a person may choose. Asked are the fields of the record that a matrix has no column for as a rule:
// they stand above it, or are given.
type Info struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Matrix bool    `json:"matrix"`
	Asked  []Asked `json:"asked"`
}

// Asked is a value to be given for every line.
type Asked struct {
	Field string `json:"field"`
	Label string `json:"label"`
}

// Imports lists the import definitions of an entity in the actor's language. It needs the grant import.
func (s *Service) Imports(ctx context.Context, actor access.Actor, entity string) ([]Info, error) {
	if _, err := s.mayImport(ctx, actor, entity); err != nil {
		return nil, err
	}
	catalog, definition, err := s.entity(ctx, actor.Tenant, entity)
	if err != nil {
		return nil, err
	}
	lang := language(actor, catalog)
	all := []Info{}
	for _, i := range catalog.ImportsOf(entity) {
		info := Info{Name: i.Name, Title: i.Label(lang), Matrix: i.IsMatrix(), Asked: []Asked{}}
		for _, c := range i.Columns {
			field, ok := definition.Field(c.Field)
			if i.IsMatrix() && ok && field.Parent == nil {
				info.Asked = append(info.Asked, Asked{field.Path, field.Label(lang)})
			}
		}
		all = append(all, info)
	}
	return all, nil
}
