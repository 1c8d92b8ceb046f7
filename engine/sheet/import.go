package sheet

import (
	"context"
	"fmt"
	"slices"

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

// Import reads a workbook and stores its records through record.Service, so every rule holds; it needs the grant import,
// and update for records that change. Unless it is dry, it is a Run that is done at once: its file is kept, and it can be
// undone. The report says what became of each line; an error is about the whole: *FileError, record.ErrForbidden,
// record.ErrNotFound.
func (s *Service) Import(ctx context.Context, actor access.Actor, entity string, in Input) (Report, error) {
	w, err := s.prepare(ctx, actor, entity, in)
	if err != nil {
		return Report{}, err
	}
	if !in.Dry {
		return s.runNow(ctx, actor, w)
	}
	report := w.blank()
	err = w.pass(ctx, pass{dry: true, settled: func(_ context.Context, some []*draft) error {
		report.note(some)
		return nil
	}})
	report.Rows = w.rows()
	report.list()
	return report, err
}

// importing is a workbook on its way into the store.
type importing struct {
	service *Service
	actor   access.Actor
	entity  string
	in      Input
	builder *builder
	windows [][]int        // rows that are taken together; nil: all at once
	seed    string         // of the ids of new records
	seen    map[string]int // key of a record → its first line
	held    *held          // of a pass that only looks
}

// prepare reads the workbook and finds its table.
func (s *Service) prepare(ctx context.Context, actor access.Actor, entity string, in Input) (*importing, error) {
	if in.Mode == "" {
		in.Mode = ModeInsert
	}
	p, catalog, err := s.planned(ctx, actor, entity, in)
	if err != nil {
		return nil, err
	}
	g, err := read(in.File, in.Sheet)
	if err != nil {
		return nil, err
	}
	b, err := s.builder(ctx, newResolver(s.config.Records, actor, catalog), p, g, in.Given)
	if err != nil {
		return nil, err
	}
	w := &importing{service: s, actor: actor, entity: entity, in: in, builder: b}
	if b.matrix == nil {
		if w.windows = b.windows(); len(w.windows) == 0 {
			return nil, fileError("no_rows")
		}
	}
	return w, nil
}

// planned checks that the actor may do what is asked and makes the plan.
func (s *Service) planned(ctx context.Context, actor access.Actor, entity string, in Input) (*plan, *def.Catalog, error) {
	if _, err := s.mayImport(ctx, actor, entity); err != nil {
		return nil, nil, err
	}
	if in.Opening && !mayOpen(actor) {
		return nil, nil, fmt.Errorf("opening data of %s: %w", entity, record.ErrForbidden)
	}
	catalog, definition, err := s.entity(ctx, actor.Tenant, entity)
	if err != nil {
		return nil, nil, err
	}
	p, err := choose(catalog, definition, in.Import, language(actor, catalog))
	return p, catalog, err
}

// blank is the report before anything was settled.
func (w *importing) blank() Report {
	b := w.builder
	report := Report{Import: w.in.Import, Sheet: b.grid.name, Ignored: b.header.ignored}
	for column := range maxColumns {
		if c := b.header.columns[column]; c != nil && c.field != nil {
			report.Columns = append(report.Columns, TakenFrom{columnName(column), c.title, c.field.Path})
		}
	}
	return report
}

// pass is one way through the workbook.
type pass struct {
	dry  bool
	from int // number of the first record to settle; those before it were
	// ready is told of the records before they are written, settled when it is known what became of them; an error ends
	// the pass. Both see the records in order.
	ready   func(ctx context.Context, some []*draft) error
	settled func(ctx context.Context, some []*draft) error
}

// pass makes the drafts, window by window, and settles them batch by batch.
func (w *importing) pass(ctx context.Context, p pass) error {
	w.seen, w.held = map[string]int{}, newHeld()
	number := 0
	for _, rows := range w.windowsOrAll() {
		drafts, err := w.builder.build(ctx, rows)
		if err != nil {
			return err
		}
		for _, d := range drafts {
			d.number = number
			number++
		}
		if err := w.existing(ctx, drafts, p.from); err != nil {
			return err
		}
		drafts = slices.DeleteFunc(drafts, func(d *draft) bool { return d.number < p.from })
		for some := range slices.Chunk(drafts, batch) {
			if err := w.settle(ctx, p, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *importing) windowsOrAll() [][]int {
	if w.windows == nil {
		return [][]int{nil}
	}
	return w.windows
}

// rows is how many lines of data there are; of a matrix once it was built.
func (w *importing) rows() int {
	n := len(w.builder.lines)
	if w.windows != nil {
		n = 0
	}
	for _, rows := range w.windows {
		n += len(rows)
	}
	return n
}

func (w *importing) settle(ctx context.Context, p pass, some []*draft) error {
	if p.ready != nil {
		if err := p.ready(ctx, some); err != nil {
			return err
		}
	}
	out := &outlet{service: w.service, actor: w.actor, entity: w.entity, in: w.in, dry: p.dry, seed: w.seed, held: w.held}
	if err := out.put(ctx, some); err != nil {
		return err
	}
	return p.settled(ctx, some)
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

// build makes the drafts of some rows, references resolved; of a matrix always all.
func (b *builder) build(ctx context.Context, rows []int) ([]*draft, error) {
	if b.matrix != nil {
		return b.matrixDrafts(ctx)
	}
	b.read(rows)
	if err := b.resolver.resolve(ctx); err != nil {
		return nil, err
	}
	b.refer()
	return b.drafts(), nil
}

// outlet gives drafts to record.Service.
type outlet struct {
	service *Service
	actor   access.Actor
	entity  string
	in      Input
	dry     bool // only look
	seed    string
	held    *held // when dry
}

// put stores what can be stored, or only looks. New records go together, changes one by one.
func (o *outlet) put(ctx context.Context, drafts []*draft) error {
	var changes, fresh []*draft
	for _, d := range drafts {
		switch {
		case d.failed():
		case d.id != "":
			if err := o.change(ctx, d); err != nil {
				return err
			}
			changes = append(changes, d)
		default:
			fresh = append(fresh, d)
		}
	}
	for some := range slices.Chunk(fresh, batch) {
		if err := o.create(ctx, some); err != nil {
			return err
		}
	}
	if !o.dry {
		return nil
	}
	return o.hold(ctx, append(changes, fresh...))
}

// create stores a batch of new records; those that only ask for a reason are tried again with it.
func (o *outlet) create(ctx context.Context, drafts []*draft) error {
	answers, err := o.many(ctx, drafts, make([]map[string]string, len(drafts)))
	if err != nil {
		return err
	}
	var second []*draft
	var at []int
	var given []map[string]string
	for i, answer := range answers {
		if reasons := o.reasons(answer.Err); reasons != nil {
			second, at, given = append(second, drafts[i]), append(at, i), append(given, reasons)
		}
	}
	if len(second) > 0 {
		again, err := o.many(ctx, second, given)
		if err != nil {
			return err
		}
		for n, i := range at {
			answers[i] = again[n]
		}
	}
	for i, answer := range answers {
		drafts[i].claims = answer.Claims
		if answer.Err == nil && !o.dry {
			drafts[i].became = created
		}
		if err := drafts[i].refused(answer.Err); err != nil {
			return fmt.Errorf("import line %d: %w", drafts[i].row+1, err)
		}
	}
	return nil
}

// many gives drafts, with reasons for their warnings, to record.Service together.
func (o *outlet) many(ctx context.Context, drafts []*draft, reasons []map[string]string) ([]record.Many, error) {
	in := record.ManyInput{Dry: o.dry, Seed: o.seed}
	for i, d := range drafts {
		in.Records, in.Numbers = append(in.Records, o.input(d, reasons[i])), append(in.Numbers, d.number)
	}
	return o.service.config.Records.CreateMany(ctx, o.actor, o.entity, in)
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
	patch := record.PatchInput{Values: d.values, Form: "-", Import: true}
	before, err := o.service.config.Records.Get(ctx, o.actor, o.entity, d.id)
	if err == nil {
		patch.IfRev = before.Rev
		err = o.patch(ctx, d, patch)
		if reasons := o.reasons(err); reasons != nil {
			patch.Acknowledged = reasons
			err = o.patch(ctx, d, patch)
		}
	}
	if err := d.refused(err); err != nil {
		return fmt.Errorf("import line %d: %w", d.row+1, err)
	}
	return nil
}

// patch is one attempt of a change.
func (o *outlet) patch(ctx context.Context, d *draft, patch record.PatchInput) error {
	records := o.service.config.Records
	if o.dry {
		tried, err := records.TryPatch(ctx, o.actor, o.entity, d.id, patch)
		d.claims, d.keeps = tried.Claims, tried.Same
		return err
	}
	after, err := records.Patch(ctx, o.actor, o.entity, d.id, patch)
	if err != nil {
		return err
	}
	d.became = updated
	if after.Rev == patch.IfRev && !d.begun {
		d.became = same
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
