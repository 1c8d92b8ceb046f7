package sheet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// OpeningInput is opening data of one entity: values in wire form, as in sample files of templates. References are
// {"key": "W01"}, or texts that are a natural key, a display text or an id. "state" names the state of a record of an
// entity with approval.
type OpeningInput struct {
	Records []form.Values
	State   string // of records that name none; "" = approved
	Dry     bool
}

// MaxOpening is how many records one call takes.
const MaxOpening = 5_000

// Opening stores opening data (definitions.md §5.1), once: records that are there already, by the natural key or a unique
// rule, are left as they are. Records of entities without either are told by their values. It needs an
// administrator.
// Rows of the report count from 1 in the order given.
func (s *Service) Opening(ctx context.Context, actor access.Actor, entity string, in OpeningInput) (Report, error) {
	if _, err := s.mayImport(ctx, actor, entity); err != nil {
		return Report{}, err
	}
	if !mayOpen(actor) {
		return Report{}, fmt.Errorf("opening data of %s: %w", entity, record.ErrForbidden)
	}
	catalog, definition, err := s.entity(ctx, actor.Tenant, entity)
	if err != nil {
		return Report{}, err
	}
	if len(in.Records) > MaxOpening {
		return Report{}, fileError("too_many_rows", "max", MaxOpening)
	}
	o := &opening{service: s, actor: actor, entity: definition, resolver: newResolver(s.config.Records, actor, catalog), in: in}
	o.resolver.ids = true
	if err := o.read(ctx); err != nil {
		return Report{}, err
	}
	report := Report{Rows: len(in.Records)}
	if err := o.drop(ctx, &report); err != nil {
		return Report{}, err
	}
	err = o.store(ctx, &report)
	report.Records, report.Stored = len(in.Records), !in.Dry
	return report, err
}

// opening is opening data on its way.
type opening struct {
	service  *Service
	actor    access.Actor
	entity   *def.Entity
	resolver *resolver
	in       OpeningInput
	drafts   []*draft
}

// read makes drafts and resolves what they refer to.
func (o *opening) read(ctx context.Context) error {
	for i, values := range o.in.Records {
		d := newDraft(i)
		d.state = o.in.State
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if name == def.FieldState && o.entity.Approval {
				d.state, _ = values[name].(string)
				continue
			}
			if values[name] != nil {
				d.values[name] = values[name]
			}
		}
		o.eachReference(d, func(field *def.Field, text string, _ form.Values) any {
			o.resolver.want(field, text)
			return nil
		})
		o.drafts = append(o.drafts, d)
	}
	if err := o.resolver.resolve(ctx); err != nil {
		return err
	}
	for _, d := range o.drafts {
		o.eachReference(d, func(field *def.Field, text string, values form.Values) any {
			id, code, n := o.resolver.pick(field, text, values)
			switch code {
			case "":
				return id
			case "ambiguous":
				d.fail(place{d.row, -1}, field.Path, code, "text", text, "n", n)
			default:
				d.fail(place{d.row, -1}, field.Path, code, "entity", field.Target(), "key", text, "reason", "absent")
			}
			return nil
		})
	}
	return nil
}

// eachReference visits the texts that name records, those of the header that stand by themselves first, and puts what
// visit gives in their place.
func (o *opening) eachReference(d *draft, visit func(field *def.Field, text string, values form.Values) any) {
	fields := o.entity.Fields()
	for round := range 3 {
		for _, field := range fields {
			switch {
			case field.IsTable() && round == 2:
				o.rows(field, d.values, visit)
			case field.Target() != "" && roundOf(field) == round:
				o.visit(field, d.values, d.values, visit)
			}
		}
	}
}

// rows visits the references in a sub-table.
func (o *opening) rows(table *def.Field, values form.Values, visit func(field *def.Field, text string, values form.Values) any) {
	given, _ := values[table.Name].([]any)
	if given == nil {
		return
	}
	rows := slices.Clone(given)
	for i, item := range rows {
		if row, ok := item.(map[string]any); ok {
			rows[i] = o.row(table, maps.Clone(row), values, visit)
		}
	}
	values[table.Name] = rows
}

func (o *opening) row(table *def.Field, row map[string]any, header form.Values, visit func(*def.Field, string, form.Values) any) map[string]any {
	for _, column := range table.Columns() {
		if row[column.Name] == nil {
			delete(row, column.Name)
		} else if column.Target() != "" {
			o.visit(column, row, header, visit)
		}
	}
	return row
}

// visit replaces the references of one field.
func (o *opening) visit(field *def.Field, holder map[string]any, header form.Values, visit func(*def.Field, string, form.Values) any) {
	one := func(value any) any {
		if key, ok := value.(map[string]any); ok {
			value = key["key"]
		}
		text, ok := value.(string)
		if !ok {
			return value
		}
		if id := visit(field, text, header); id != nil {
			return id
		}
		return value
	}
	switch value := holder[field.Name].(type) {
	case nil:
	case []any:
		all := make([]any, len(value))
		for i, item := range value {
			all[i] = one(item)
		}
		holder[field.Name] = all
	default:
		holder[field.Name] = one(value)
	}
}

// drop finds what is there already, by the first key each record has a value for.
func (o *opening) drop(ctx context.Context, report *Report) error {
	rest := o.drafts
	for _, fields := range o.keys() {
		var these, others []*draft
		for _, d := range rest {
			if _, ok := keyOf(d.values, fields); ok {
				these = append(these, d)
			} else {
				others = append(others, d)
			}
		}
		rest = others
		if len(these) == 0 {
			continue
		}
		w := &importing{
			service: o.service, actor: o.actor, in: Input{Mode: ModeUpsert}, seen: map[string]int{},
			builder: &builder{plan: &plan{entity: o.entity, match: fields}},
		}
		if err := w.existing(ctx, these, 0); err != nil {
			return err
		}
	}
	for _, d := range o.drafts {
		if d.id != "" && !d.failed() {
			report.Same++
		}
	}
	return nil
}

// keys are those of keysOf that lie in the header.
func (o *opening) keys() [][]string {
	return slices.DeleteFunc(keysOf(o.entity), func(fields []string) bool {
		return slices.ContainsFunc(fields, func(path string) bool {
			field, ok := o.entity.Field(path)
			return !ok || field.Parent != nil
		})
	})
}

// store creates the records that are new.
func (o *opening) store(ctx context.Context, report *Report) error {
	out := &outlet{service: o.service, actor: o.actor, entity: o.entity.Name, in: Input{Opening: true, Dry: o.in.Dry}, dry: o.in.Dry, held: newHeld()}
	var fresh []*draft
	for _, d := range o.drafts {
		switch {
		case d.failed() || d.id != "":
		case !o.keyed(d) && !o.in.Dry:
			if err := o.once(ctx, out, d, report); err != nil {
				return err
			}
		default:
			fresh = append(fresh, d)
		}
	}
	if err := out.put(ctx, fresh); err != nil {
		return err
	}
	for _, d := range o.drafts {
		if d.became == created {
			report.Created++
		}
		if !d.failed() {
			report.OK++
		}
		report.add(d.problems)
	}
	report.list()
	return nil
}

// keyed tells whether something tells the record from others.
func (o *opening) keyed(d *draft) bool {
	return slices.ContainsFunc(o.keys(), func(fields []string) bool {
		_, ok := keyOf(d.values, fields)
		return ok
	})
}

// once stores a record without a key: what it is made of is its idempotency key.
func (o *opening) once(ctx context.Context, out *outlet, d *draft, report *Report) error {
	raw, err := json.Marshal(d.values)
	if err != nil {
		return fmt.Errorf("record %d: %w", d.row+1, err)
	}
	sum := sha256.Sum256(append([]byte(o.entity.Name+"\x1f"), raw...))
	in := out.input(d, nil)
	in.Key = "opening:" + hex.EncodeToString(sum[:])
	created, err := o.service.config.Records.Create(ctx, o.actor, o.entity.Name, in)
	if reasons := out.reasons(err); reasons != nil {
		in.Acknowledged = reasons
		created, err = o.service.config.Records.Create(ctx, o.actor, o.entity.Name, in)
	}
	switch {
	case err == nil && created.Replay:
		report.Same++
	case err == nil:
		report.Created++
	}
	return d.refused(err)
}
