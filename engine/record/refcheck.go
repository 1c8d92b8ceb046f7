package record

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// subject is what the filter of a reference field speaks of: the record, and the row of a sub-table the field stands in.
type subject struct {
	record  query.Record
	row     map[string]any
	columns map[string]*def.Field // of the row's sub-table
}

// subjectOf is the subject of a field.
func subjectOf(field *def.Field, rec query.Record, row map[string]any) subject {
	s := subject{record: rec, row: row}
	if field.Parent != nil && field.Parent.Items != nil {
		s.columns = field.Parent.Items.Properties
	}
	return s
}

// subjectVars gives the variables of an x-filter: those that stand everywhere, and record.… and row.… from the subject,
// through references that were read before (needVariables).
func (r *request) subjectVars(s subject) query.Vars {
	return func(name string) (any, bool) {
		root, _, _ := strings.Cut(name, ".")
		if root != "record" && root != "row" {
			return r.vars(name)
		}
		value, _ := r.walk(s, name)
		return value, value != nil
	}
}

// walk follows record.… or row.… through references that were read. When one was not, missing tells which.
func (r *request) walk(s subject, name string) (value any, missing *reference) {
	steps := strings.Split(name, ".")
	var field *def.Field
	switch {
	case len(steps) < 2:
		return nil, nil
	case steps[0] == "row":
		value, field = s.row[steps[1]], s.columns[steps[1]]
	default:
		value = s.record.Get(steps[1])
		field, _ = r.entity.Field(steps[1])
	}
	for _, step := range steps[2:] {
		id, ok := value.(string)
		if !ok || field == nil || r.catalog.Entities[field.Target()] == nil {
			return nil, nil
		}
		if step == def.FieldID {
			return id, nil
		}
		target := r.catalog.Entities[field.Target()]
		doc, known := r.others.doc(target.Name, id)
		if !known {
			return nil, &reference{entity: target.Name, id: id}
		}
		if doc == nil {
			return nil, nil
		}
		value = doc.Record().Get(step)
		field, _ = target.Field(step)
	}
	if query.Missing(value) {
		return nil, nil
	}
	return value, nil
}

// reference is one value that names a record of another entity (or of the same), and where it stands.
type reference struct {
	entity string
	id     string
	field  *def.Field
	path   string // "team", "lines[r1].worker"
	row    map[string]any
}

// admission is an x-filter and what it speaks of.
type admission struct {
	filter *query.Filter
	of     subject
}

// needVariables reads what the variables of filters lead to, one query per entity and step.
func (r *request) needVariables(ctx context.Context, admissions []admission) error {
	for range def.MaxReferences {
		open := false
		for _, a := range admissions {
			for _, name := range query.Variables(a.filter) {
				root, _, _ := strings.Cut(name, ".")
				if root != "record" && root != "row" {
					continue
				}
				if _, missing := r.walk(a.of, name); missing != nil {
					open = true
					r.others.need(missing.entity, missing.id)
				}
			}
		}
		if !open {
			return nil
		}
		if err := r.others.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// references lists every reference a record's values hold, with its place.
func references(plan []planned, values form.Values) []reference {
	var list []reference
	add := func(field *def.Field, path string, ids []string, row map[string]any) {
		for _, id := range ids {
			list = append(list, reference{field.Target(), id, field, path, row})
		}
	}
	for _, field := range plan {
		if field.Target() != "" {
			add(field.Field, field.Name, IDsOf(values[field.Name]), nil)
		}
		for _, row := range RowsOf(values[field.Name]) {
			for _, column := range field.columns {
				if column.Target() == "" {
					continue
				}
				if ids := IDsOf(row[column.Name]); len(ids) > 0 {
					add(column, fmt.Sprintf("%s[%v].%s", field.Name, row["_id"], column.Name), ids, row)
				}
			}
		}
	}
	return list
}

// openReferences lists the references a write has to answer for, and asks for their records. What was stored before and
// is not concerned by the change is left alone: a worker who has left since may stay on an old sheet.
func (w *write) openReferences(values form.Values) []reference {
	before := map[string]bool{}
	for _, ref := range references(w.compiled.plan, w.storedValues()) {
		before[ref.path+"\x1f"+ref.id] = true
	}
	var open []reference
	for _, ref := range references(w.compiled.plan, values) {
		if ref.id == unknownKey || (before[ref.path+"\x1f"+ref.id] && !w.concerns(ref, values)) {
			continue
		}
		open = append(open, ref)
		w.others.need(ref.entity, ref.id)
	}
	return open
}

// checkReferences finds references that name no record, or one x-filter does not admit.
func (w *write) checkReferences(ctx context.Context, values form.Values) ([]form.Problem, error) {
	open := w.openReferences(values)
	if err := w.others.read(ctx); err != nil {
		return nil, err
	}
	var problems []form.Problem
	var filtered []reference
	for _, ref := range open {
		doc, _ := w.others.doc(ref.entity, ref.id)
		known, err := w.knows(ctx, ref, doc)
		if err != nil {
			return nil, err
		}
		switch {
		case w.catalog.Entities[ref.entity] == nil:
		case !known:
			problems = append(problems, form.Problem{
				Field: ref.path, Code: codeReference, Level: levelError,
				Params: map[string]any{"entity": ref.entity, "id": ref.id, "reason": reasonAbsent},
			})
		case w.compiled.choices[ref.field.Path] != nil && !ref.field.IsComputed():
			filtered = append(filtered, ref)
		}
	}
	refused, err := w.checkChoices(ctx, filtered, values)
	return append(problems, refused...), err
}

// knows tells whether a referred record is there for the actor. What he may not read he may not name either, or he could
// find out by trying. Computed references are the engine's.
func (w *write) knows(ctx context.Context, ref reference, doc *store.Doc) (bool, error) {
	if doc == nil || doc.Deleted {
		return false, nil
	}
	if ref.field.IsComputed() {
		return true, nil
	}
	reads, err := w.reads(ctx, ref.entity)
	return reads.Admits(doc.Record()), err
}

// concerns tells whether the change touched what the x-filter of a reference compares with.
func (w *write) concerns(ref reference, values form.Values) bool {
	filter := w.compiled.choices[ref.field.Path]
	for _, name := range query.Variables(filter) {
		root, path, _ := strings.Cut(name, ".")
		first, _, _ := strings.Cut(path, ".")
		var now, then any
		switch root {
		case "record":
			now, then = values[first], w.storedValues()[first]
		case "row":
			now, then = ref.row[first], w.storedRow(ref)[first]
		default:
			continue
		}
		if !reflect.DeepEqual(now, then) {
			return true
		}
	}
	return false
}

// storedRow is the row of a reference as it was stored; nil if it is new.
func (w *write) storedRow(ref reference) map[string]any {
	for _, row := range RowsOf(w.storedValues()[ref.field.Parent.Name]) {
		if row["_id"] == ref.row["_id"] {
			return row
		}
	}
	return nil
}

// checkChoices finds references their x-filter does not admit. Filters that look into other records are answered by a
// query each; the rest in memory.
func (w *write) checkChoices(ctx context.Context, refs []reference, values form.Values) ([]form.Problem, error) {
	admissions := make([]admission, len(refs))
	rec := w.asRecord(values)
	for i, ref := range refs {
		admissions[i] = admission{w.compiled.choices[ref.field.Path], subjectOf(ref.field, rec, ref.row)}
	}
	if err := w.needVariables(ctx, admissions); err != nil {
		return nil, err
	}
	followed := map[string]*query.Filter{} // by field and filled-in filter: rows share it
	var problems []form.Problem
	for i, ref := range refs {
		resolved, err := query.Resolve(admissions[i].filter, w.subjectVars(admissions[i].of))
		if err != nil {
			continue // a variable holds what is no value of its field: that is a problem of its own
		}
		if access.Leads(resolved) {
			key := ref.field.Path + "\x1f" + w.variablesOf(admissions[i])
			known, ok := followed[key]
			if !ok {
				follower := &access.Follower{Store: w.store, Catalog: w.catalog}
				if known, err = follower.Follow(ctx, resolved, w.catalog.Entities[ref.entity]); err != nil {
					return nil, fmt.Errorf("x-filter of %s: %w", ref.field.Path, err)
				}
				followed[key] = known
			}
			resolved = known
		}
		doc, _ := w.others.doc(ref.entity, ref.id)
		if doc != nil && !query.Match(resolved, doc.Record()) {
			problems = append(problems, form.Problem{
				Field: ref.path, Code: codeReference, Level: levelError,
				Params: map[string]any{"entity": ref.entity, "id": ref.id, "reason": refusedBy(resolved, doc.Record())},
			})
		}
	}
	return problems, nil
}

// refusedBy tells why a filter does not admit a record: because it is switched off, if the filter asks for what is on.
// Others may still refer to what is no longer wanted, so master data is disabled, not deleted.
func refusedBy(f *query.Filter, rec query.Record) string {
	parts := []*query.Filter{f}
	if f.And != nil {
		parts = f.And
	}
	for _, part := range parts {
		c := part.Cond
		if part.Not != nil {
			c = part.Not.Cond
		}
		if c == nil || c.Refs > 0 || c.Op != query.Eq || c.Value != true || query.Match(part, rec) {
			continue
		}
		if (c.Path[0] == "enabled" && part.Not == nil) || (c.Path[0] == "disabled" && part.Not != nil) {
			return reasonDisabled
		}
	}
	return reasonFilter
}

// asRecord is the record of this write with other values.
func (w *write) asRecord(values form.Values) query.Record {
	doc := store.Doc{Values: values, CreatedBy: w.actor.ID, UpdatedBy: w.actor.ID}
	if w.stored != nil {
		doc = *w.stored
		doc.Values = values
	}
	return doc.Record()
}

// variablesOf writes the values a filter is filled in with, to tell equal fillings.
func (w *write) variablesOf(a admission) string {
	vars := w.subjectVars(a.of)
	var b strings.Builder
	for _, name := range query.Variables(a.filter) {
		value, _ := vars(name)
		fmt.Fprintf(&b, "%s=%v\x1f", name, value)
	}
	return b.String()
}

// resolveKeys turns {"key": "W01"} of patches into ids, with one query per entity. Keys that name no record, or two, are
// problems.
func (r *request) resolveKeys(ctx context.Context, all []*evaluation, patches []form.Values) error {
	keys := map[string]map[string]string{} // entity → natural key → id
	for i, e := range all {
		e.write.eachKey(patches[i], func(entity *def.Entity, key, _ string) any {
			if keys[entity.Name] == nil {
				keys[entity.Name] = map[string]string{}
			}
			keys[entity.Name][asKept(entity, key)] = ""
			return nil
		})
	}
	if len(keys) == 0 {
		return nil
	}
	if err := r.findKeys(ctx, keys); err != nil {
		return err
	}
	for i, e := range all {
		e.write.eachKey(patches[i], func(entity *def.Entity, key, path string) any {
			id := keys[entity.Name][asKept(entity, key)]
			if id == "" || id == ambiguous {
				e.found = append(e.found, form.Problem{
					Field: path, Code: codeReference, Level: levelError,
					Params: map[string]any{"entity": entity.Name, "key": key, "reason": reasonAbsent},
				})
				return unknownKey
			}
			return id
		})
	}
	return nil
}

// asKept is a natural key as the record it names has it.
func asKept(entity *def.Entity, key string) string {
	return form.CleanNatural(entity.Properties[entity.Natural], key)
}

// findKeys fills in the ids of natural keys.
func (r *request) findKeys(ctx context.Context, keys map[string]map[string]string) error {
	type search struct {
		from *want
		at   int
	}
	found := map[string]search{}
	for _, name := range sortedKeys(keys) {
		natural := r.catalog.Entities[name].Properties[r.catalog.Entities[name].Natural]
		from, at := r.others.search(name, in(natural.Name, natural.XType, slices.Sorted(maps.Keys(keys[name]))))
		found[name] = search{from, at}
	}
	if err := r.others.read(ctx); err != nil {
		return err
	}
	for name, f := range found {
		reads, err := r.reads(ctx, name)
		if err != nil {
			return err
		}
		natural := r.catalog.Entities[name].Natural
		for _, doc := range f.from.got[f.at] {
			if slices.Contains(ended, doc.State) || !reads.Admits(doc.Record()) {
				continue // holds no key any more, or is nothing the actor knows of
			}
			key := fmt.Sprint(doc.Values[natural])
			if id := keys[name][key]; id != "" && id != doc.ID {
				keys[name][key] = ambiguous
				continue
			}
			keys[name][key] = doc.ID
		}
	}
	return nil
}

const (
	ambiguous  = "\x00"
	unknownKey = "?" // stands where a key led nowhere, so that the field is not missing as well
)

// visitKey is told of a {"key": …} and where it stands; what it gives is put there, unless that is nil.
type visitKey func(entity *def.Entity, key, path string) any

// eachKey calls visit for every {"key": …} in a write.
func (w *write) eachKey(values form.Values, visit visitKey) {
	for _, field := range w.compiled.plan {
		if !field.IsTable() {
			w.keysOf(values, field.Field, field.Name, visit)
			continue
		}
		for i, row := range RowsOf(values[field.Name]) {
			for _, column := range field.columns {
				if row[column.Name] != nil {
					w.keysOf(row, column, fmt.Sprintf("%s[%s].%s", field.Name, rowName(row, i), column.Name), visit)
				}
			}
		}
	}
}

// keysOf is eachKey for one value of a record or row.
func (w *write) keysOf(holder map[string]any, field *def.Field, path string, visit visitKey) {
	entity := w.catalog.Entities[field.Target()]
	if entity == nil || entity.Natural == "" {
		return
	}
	one := func(value any) any {
		object, ok := value.(map[string]any)
		key, isText := object["key"].(string)
		if !ok || !isText || len(object) != 1 {
			return value
		}
		if id := visit(entity, key, path); id != nil {
			return id
		}
		return value
	}
	switch value := holder[field.Name].(type) {
	case nil:
	case []any:
		for i := range value {
			value[i] = one(value[i])
		}
	default:
		holder[field.Name] = one(value)
	}
}

// rowName names a row of a write: its id, or its position for a new one.
func rowName(row map[string]any, at int) string {
	if id, ok := row["_id"].(string); ok && id != "" {
		return id
	}
	return fmt.Sprintf("+%d", at+1)
}
