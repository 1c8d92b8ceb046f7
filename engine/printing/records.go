package printing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/flow"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// records makes the documents of records, in the order they were asked for.
func (r *run) records(ctx context.Context, ids []string) ([]Document, error) {
	rights, err := r.service.config.Access.Rights(ctx, r.actor, r.entity.Name, access.Print)
	if err != nil {
		return nil, err
	}
	found, refused := r.granted(ctx, ids)
	if refused != nil && !errors.Is(refused, record.ErrForbidden) {
		return nil, refused
	}
	subjects := make([]*subject, len(ids))
	runs := make([]passed, len(ids))
	for i, id := range ids {
		if found[id] != nil {
			subjects[i], runs[i], err = r.subject(ctx, found[id], rights.On)
		} else {
			subjects[i], runs[i], err = r.shared(ctx, id)
		}
		if errors.Is(err, record.ErrNotFound) && refused != nil {
			err = refused
		}
		if err != nil {
			return nil, err
		}
	}
	mine := &eyes{actor: r.actor, seen: map[string]map[string]any{}, names: map[string]string{}}
	if err := r.look(ctx, mine, subjects); err != nil {
		return nil, err
	}
	theirs := mine // what texts are made with
	if r.definition.Discloses {
		theirs = &eyes{actor: access.Actor{Tenant: r.actor.Tenant, System: true}, whole: true, seen: map[string]map[string]any{}, names: map[string]string{}}
		if err := r.look(ctx, theirs, subjects); err != nil {
			return nil, err
		}
	}
	var documents []Document
	for i, s := range subjects {
		made, err := r.documents(ctx, s, runs[i], [2]*eyes{mine, theirs})
		if err != nil {
			return nil, err
		}
		documents = append(documents, made...)
	}
	return documents, nil
}

// granted gives those of some records that grants to print admit.
func (r *run) granted(ctx context.Context, ids []string) (map[string]*record.Record, error) {
	filter, err := json.Marshal(map[string]any{"field": def.FieldID, "op": "in", "value": ids})
	if err != nil {
		return nil, fmt.Errorf("filter of records: %w", err)
	}
	list, err := r.service.config.Records.List(ctx, r.actor, r.entity.Name, record.ListInput{
		Action: access.Print, Filter: filter, Limit: len(ids),
	})
	if err != nil {
		return nil, err
	}
	found := make(map[string]*record.Record, len(list.Records))
	for i := range list.Records {
		found[list.Records[i].ID] = &list.Records[i]
	}
	return found, nil
}

// shared is the subject of an approval sheet for somebody who takes part in the run of its record, as an approver or in
// copy: it shows what his task does.
func (r *run) shared(ctx context.Context, id string) (*subject, passed, error) {
	missing := fmt.Errorf("%s/%s: %w", r.entity.Name, id, record.ErrNotFound)
	if !approvalSheet(r.definition) {
		return nil, passed{}, missing
	}
	full, err := r.service.config.Records.Load(ctx, r.actor.Tenant, r.entity.Name, id)
	if err != nil {
		return nil, passed{}, err
	}
	signs, err := r.service.config.Flows.Signs(ctx, r.actor, full)
	if err != nil {
		return nil, passed{}, err
	}
	if !signs.Invited {
		return nil, passed{}, missing
	}
	rec, err := r.service.config.Flows.Record(ctx, r.actor, r.entity.Name, id)
	if err != nil {
		return nil, passed{}, err
	}
	fields, err := r.service.config.Records.InvitedFields(ctx, r.actor, full)
	if err != nil {
		return nil, passed{}, err
	}
	return r.subject(ctx, &rec, func(query.Record) access.Fields { return fields })
}

// approvalSheet tells whether a print is one of how a record's approval went: those who take part may print it.
func approvalSheet(p *def.Print) bool {
	return p.Entity != "" && p.Each == "" && !p.Discloses &&
		slices.ContainsFunc(p.Blocks, func(b *def.PrintBlock) bool { return b.Type == def.BlockTrail })
}

// passed is what became of the record's run: who decided which node, and, where a block shows it, all that happened.
type passed struct {
	flow.Signs
	steps []flow.TrailStep
}

// subject is a record as the reader's grants to print, and the node he stands at, show it; rights gives his of a record.
func (r *run) subject(
	ctx context.Context, rec *record.Record, rights func(query.Record) access.Fields,
) (*subject, passed, error) {
	full, err := r.service.config.Records.Load(ctx, r.actor.Tenant, r.entity.Name, rec.ID)
	if err != nil {
		return nil, passed{}, err
	}
	whole := full.Record
	doc := store.Doc{
		ID: whole.ID, Rev: whole.Rev, State: whole.State, Values: whole.Values, CreatedBy: whole.CreatedBy,
		CreatedAt: whole.CreatedAt, UpdatedBy: whole.UpdatedBy, UpdatedAt: whole.UpdatedAt,
	}
	fields := rights(doc.Record())
	var run passed
	if run.Signs, err = r.service.config.Flows.Signs(ctx, r.actor, full); err != nil {
		return nil, passed{}, err
	}
	if r.trail {
		if run.steps, err = r.service.config.Flows.Trail(ctx, r.actor, full); err != nil {
			return nil, passed{}, err
		}
	}
	s := &subject{
		id: rec.ID, state: rec.State, refs: rec.Refs, masked: make(map[string]bool, len(rec.Masked)),
		values: withSystem(rec.Values, rec), whole: withSystem(whole.Values, &whole),
	}
	for _, path := range rec.Masked {
		s.masked[path] = true
	}
	s.hidden = func(path string) bool {
		field, ok := r.entity.Field(path)
		if !ok || run.Hidden(path) || (field.Parent != nil && run.Hidden(field.Parent.Name)) {
			return true
		}
		if field.Parent != nil && !fields.Shows(field.Parent.Path) {
			return true
		}
		right := fields.Right(path)
		return right == def.FieldHidden || (right == def.FieldMasked && !field.IsText())
	}
	return s, run, nil
}

// withSystem adds the system fields, which prints name like others.
func withSystem(values map[string]any, rec *record.Record) map[string]any {
	all := make(map[string]any, len(values)+7)
	maps.Copy(all, values)
	for name, value := range map[string]string{
		def.FieldID: rec.ID, def.FieldState: rec.State, def.FieldCreatedBy: rec.CreatedBy, def.FieldUpdatedBy: rec.UpdatedBy,
	} {
		if value != "" {
			all[name] = value
		}
	}
	all[def.FieldRev] = rec.Rev
	all[def.FieldCreatedAt] = expr.TimeString(expr.TimeOf(rec.CreatedAt))
	all[def.FieldUpdatedAt] = expr.TimeString(expr.TimeOf(rec.UpdatedAt))
	return all
}

// documents makes the document of a record, or one of each row it is made for. The first eyes are those of the reader,
// the second those its texts are made with.
func (r *run) documents(ctx context.Context, s *subject, run passed, with [2]*eyes) ([]Document, error) {
	if r.each == nil {
		d, err := r.document(ctx, s, run, with)
		return []Document{d}, err
	}
	if s.hidden(r.each.Name) {
		return nil, fmt.Errorf("rows of %s: %w", r.each.Name, record.ErrForbidden)
	}
	var documents []Document
	whole := record.RowsOf(s.whole[r.each.Name])
	for i, row := range record.RowsOf(s.values[r.each.Name]) {
		of := *s
		of.row, of.rowNo = row, i+1
		if with[1].whole {
			of.wholeRow = whole[i]
		}
		d, err := r.document(ctx, &of, run, with)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return documents, nil
}

func (r *run) document(ctx context.Context, s *subject, run passed, with [2]*eyes) (Document, error) {
	mine, theirs := with[0], with[1]
	d := Document{Entity: r.entity.Name, Record: s.id, State: s.state, Blocks: []Block{}}
	if !r.entity.Approval {
		d.State = ""
	}
	env := r.recordEnv(theirs, s)
	l := &layout{
		run: r, document: &d, names: mine.names, env: env, signs: run.Nodes, steps: run.steps, whole: r.definition.Discloses,
		visible: func(path []string) (bool, error) { return r.visible(ctx, s, path) },
		masked:  func(path []string) bool { return s.masked[ownPath(r, path)] },
		value:   func(path []string) any { return r.valueAt(mine, s, path, s.row) },
		rows: func(b *block) []line {
			inRow := r.rowEnv(env, theirs, s, b.table)
			shown, made := record.RowsOf(s.values[b.table.Name]), record.RowsOf(s.of(theirs)[b.table.Name])
			lines := make([]line, len(shown))
			for i, row := range shown {
				lines[i] = line{
					value: func(path []string) any { return r.valueAt(mine, s, path, row) }, env: inRow(made[i], i+1),
				}
			}
			return lines
		},
	}
	return d, l.fill(ctx)
}

func ownPath(r *run, path []string) string {
	if own := r.ownSteps(path); own == 2 && len(path) > 1 {
		return path[0] + "." + path[1]
	}
	return path[0]
}

// valueAt is the wire value at a path from the record on; within a sub-table that of the given row.
func (r *run) valueAt(e *eyes, s *subject, path []string, row map[string]any) any {
	own := r.ownSteps(path)
	field, ok := r.entity.Field(ownPath(r, path))
	if !ok {
		return nil
	}
	value := s.values[path[0]]
	if own == 2 {
		value = row[path[1]]
	}
	for _, name := range path[min(own, len(path)):] {
		target := r.catalog.Entities[field.Target()]
		id, _ := value.(string)
		if target == nil || id == "" {
			return nil
		}
		value = e.seen[target.Name+"/"+id][name]
		if field, ok = target.Field(name); !ok {
			return nil
		}
	}
	return value
}
