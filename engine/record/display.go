package record

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// show turns stored documents of the request's entity into records as the reader may see them. Documents no grant of his
// admits are left out, unless anyRow is set: then all his grants count, whatever their rows (he takes part).
type show struct {
	*request
	rights  access.Rights
	anyRow  bool
	columns []string // paths of a view that lead through references
	plain   bool     // nobody asks what can be done with them
}

// records masks, adds what the columns lead to and the display texts, and says what the actor can do.
func (v *show) records(ctx context.Context, docs []store.Doc) ([]Record, error) {
	shown := make([]Record, 0, len(docs))
	for i := range docs {
		fields := v.rights.On(docs[i].Record())
		if v.anyRow && !fields.Admitted() {
			fields = v.rights.Anywhere()
		}
		if !fields.Admitted() {
			continue
		}
		rec := recordOf(v.entity, &docs[i])
		rec.Values, rec.Masked = fields.Mask(v.entity, rec.Values)
		if !v.plain {
			can, err := v.can(ctx, &docs[i])
			if err != nil {
				return nil, err
			}
			rec.Can = can
		}
		shown = append(shown, rec)
	}
	compiled, err := v.service.compiled(v.catalog, v.entity)
	if err != nil {
		return nil, err
	}
	texts := &texts{request: v.request, refs: map[string]map[string]string{}, fields: compiled.named}
	if err := v.lead(ctx, shown, texts); err != nil {
		return nil, err
	}
	for i := range shown {
		texts.collect(&shown[i])
	}
	if err := texts.resolve(ctx); err != nil {
		return nil, err
	}
	for i := range shown {
		refs, err := texts.of(ctx, v.entity, &shown[i])
		if err != nil {
			return nil, err
		}
		shown[i].Refs = refs
	}
	return shown, nil
}

// one is records for a single document; ErrNotFound if the reader may not see it.
func (v *show) one(ctx context.Context, doc *store.Doc) (Record, error) {
	shown, err := v.records(ctx, []store.Doc{*doc})
	if err != nil {
		return Record{}, err
	}
	if len(shown) == 0 {
		return Record{}, fmt.Errorf("%s/%s: %w", v.entity.Name, doc.ID, ErrNotFound)
	}
	return shown[0], nil
}

// walker is a column of a record on its way through references.
type walker struct {
	rec    *Record
	path   string
	steps  []string // still to go, the reference it stands at first
	entity *def.Entity
	value  any // of the step before: an id
}

// lead fills in Record.Related: what the view's columns find behind references, as far as the reader may see it. Each
// step reads every entity once.
func (v *show) lead(ctx context.Context, shown []Record, t *texts) error {
	var walkers []*walker
	for i := range shown {
		for _, path := range v.columns {
			steps := strings.Split(path, ".")
			walkers = append(walkers, &walker{&shown[i], path, steps, v.entity, visible(&shown[i], steps[0])})
		}
	}
	for len(walkers) > 0 {
		walkers = slices.DeleteFunc(walkers, func(w *walker) bool { return !v.enter(w) })
		if err := v.others.read(ctx); err != nil {
			return err
		}
		next := walkers[:0]
		for _, w := range walkers {
			more, err := v.pass(ctx, w, t)
			if err != nil {
				return err
			}
			if more {
				next = append(next, w)
			}
		}
		walkers = next
	}
	return nil
}

// enter asks for the record a walker's reference names; false if the walk ends here.
func (v *show) enter(w *walker) bool {
	target := targetOf(v.catalog, w.entity, w.steps[0])
	id, ok := w.value.(string)
	if target == nil || !ok || len(w.steps) < 2 {
		return false
	}
	w.entity, w.steps = target, w.steps[1:]
	v.others.need(target.Name, id)
	return true
}

// pass takes the next value from the record that was read; more is false at the end of the path.
func (v *show) pass(ctx context.Context, w *walker, t *texts) (more bool, err error) {
	id, _ := w.value.(string)
	if w.value, err = v.seen(ctx, w.entity, id, w.steps[0]); err != nil || w.value == nil {
		return false, err
	}
	if len(w.steps) > 1 {
		return true, nil
	}
	if w.rec.Related == nil {
		w.rec.Related = map[string]any{}
	}
	w.rec.Related[w.path] = w.value
	if end, ok := w.entity.Field(w.steps[0]); ok {
		t.want(end, w.value)
	}
	return false, nil
}

// visible is a value of a shown record, system fields included.
func visible(rec *Record, name string) any {
	switch name {
	case def.FieldCreatedBy:
		return rec.CreatedBy
	case def.FieldUpdatedBy:
		return rec.UpdatedBy
	}
	return rec.Values[name]
}

func targetOf(catalog *def.Catalog, entity *def.Entity, name string) *def.Entity {
	field, ok := entity.Field(name)
	if !ok || field.IsList() {
		return nil
	}
	return catalog.Entities[field.Target()]
}

// seen gives a field of another record that was read, nil if the reader may not see it.
func (r *request) seen(ctx context.Context, entity *def.Entity, id, name string) (any, error) {
	doc, _ := r.others.doc(entity.Name, id)
	if doc == nil {
		return nil, nil //nolint:nilnil // nothing there, or not for him: the same to a reader
	}
	rights, err := r.reads(ctx, entity.Name)
	if err != nil {
		return nil, err
	}
	fields := rights.On(doc.Record())
	if !fields.Admitted() && r.invited {
		// What a record he is shown refers to has a name for him, if every reader of it sees that.
		right, err := r.participant(ctx, entity.Name)
		if err != nil {
			return nil, err
		}
		fields = access.Rights{Grants: []access.Right{right}}.Anywhere()
	}
	veil, err := rights.Veiled()
	if err != nil || !fields.Shows(name) || veil.Hides(id, name) {
		return nil, err // as above
	}
	return unveiled(veil, id, name, shownValue(fields, entity, doc, name)), nil
}

// unveiled is a sub-table's value of another record without the columns a run hides there.
func unveiled(veil access.Veil, id, table string, value any) any {
	rows, ok := value.([]any)
	if !ok || len(veil[id]) == 0 {
		return value
	}
	shown := make([]any, len(rows))
	for i, item := range rows {
		shown[i] = item
		if row, ok := item.(map[string]any); ok {
			row = maps.Clone(row)
			maps.DeleteFunc(row, func(column string, _ any) bool { return veil.Hides(id, table+"."+column) })
			shown[i] = row
		}
	}
	return shown
}

// texts collects the display texts of what a page refers to: entity → id → text.
type texts struct {
	*request
	refs   map[string]map[string]string
	fields []planned // those of the page's entity that name records
}

// maxDisplay is how many references a display text may lead through.
const maxDisplay = 3

// collect notes every reference a shown record holds.
func (t *texts) collect(rec *Record) {
	t.want(createdBy, rec.CreatedBy)
	t.want(createdBy, rec.UpdatedBy)
	eachReference(t.fields, rec.Values, func(field *def.Field, id string) { t.want(field, id) })
}

var createdBy = &def.Field{XType: def.TypeUser}

// named is the entity whose records a field's values name: of files that of the uploads, whose names whoever sees the
// field may see.
func named(field *def.Field) string {
	if field.IsFile() {
		return def.EntityFile
	}
	return field.Target()
}

func (t *texts) want(field *def.Field, value any) {
	entity := named(field)
	if t.catalog.Entities[entity] == nil {
		return
	}
	for _, id := range IDsOf(value) {
		if t.refs[entity] == nil {
			t.refs[entity] = map[string]string{}
		}
		if _, ok := t.refs[entity][id]; ok {
			continue
		}
		if entity == def.EntityUser && id == t.actor.ID && t.actor.Name != "" {
			t.refs[entity][id] = t.actor.Name // who asks is known
			continue
		}
		t.refs[entity][id] = ""
		t.others.need(entity, id)
	}
}

// IDsOf lists the ids a value refers to: a reference, a list of them, or none.
func IDsOf(value any) []string {
	switch v := value.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		var ids []string
		for _, item := range v {
			ids = append(ids, IDsOf(item)...)
		}
		return ids
	}
	return nil
}

// eachReference calls visit for every id a record's values refer to, in rows too; fields are those that may.
func eachReference(fields []planned, values form.Values, visit func(field *def.Field, id string)) {
	for _, field := range fields {
		if !field.IsTable() {
			for _, id := range IDsOf(values[field.Name]) {
				visit(field.Field, id)
			}
			continue
		}
		for _, row := range RowsOf(values[field.Name]) {
			for _, column := range field.columns {
				for _, id := range IDsOf(row[column.Name]) {
					visit(column, id)
				}
			}
		}
	}
}

// RowsOf lists the rows of a sub-table's value.
func RowsOf(value any) []map[string]any {
	items, _ := value.([]any)
	rows := make([]map[string]any, 0, len(items))
	for _, item := range items {
		if row, ok := item.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// resolve reads the records referred to, one query per entity and step, and takes their display texts. A display field
// that is a reference itself shows the display text behind it.
func (t *texts) resolve(ctx context.Context) error {
	for range maxDisplay {
		if err := t.others.read(ctx); err != nil {
			return err
		}
		deeper := false
		for _, entity := range sortedKeys(t.refs) {
			for _, id := range sortedKeys(t.refs[entity]) {
				if t.refs[entity][id] != "" {
					continue
				}
				text, next, err := t.text(ctx, entity, id)
				if err != nil {
					return err
				}
				t.refs[entity][id] = text
				deeper = deeper || next
			}
		}
		if !deeper {
			return nil
		}
	}
	return nil
}

// text is the display text of a record; next tells that it stands in another record that is still to be read.
func (t *texts) text(ctx context.Context, entityName, id string) (text string, next bool, err error) {
	if entityName == def.EntityFile {
		if doc, _ := t.others.doc(entityName, id); doc != nil {
			return fileText(doc, "name"), false, nil
		}
		return "", false, nil
	}
	entity := t.catalog.Entities[entityName]
	display := entity.DisplayField()
	value, err := t.seen(ctx, entity, id, display)
	if err != nil || value == nil {
		return "", false, err
	}
	field, _ := entity.Field(display)
	if field == nil {
		return "", false, nil
	}
	target := t.catalog.Entities[field.Target()]
	if target == nil {
		return plain(field, value), false, nil
	}
	ids := IDsOf(value)
	if len(ids) == 0 {
		return "", false, nil
	}
	if _, known := t.others.doc(target.Name, ids[0]); !known {
		t.others.need(target.Name, ids[0])
		return "", true, nil
	}
	behind, err := t.seen(ctx, target, ids[0], target.DisplayField())
	if err != nil || behind == nil {
		return "", false, err
	}
	end, _ := target.Field(target.DisplayField())
	return plain(end, behind), false, nil
}

// plain is a wire value as a text without format: options by their title.
func plain(field *def.Field, value any) string {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	if option, ok := field.Option(text); ok && option.Title != "" {
		return option.Title
	}
	return text
}

// of gives the texts of one record, "entity/id" → text. A field that shows another text of its target (x-display on the
// field) has the last word.
func (t *texts) of(ctx context.Context, entity *def.Entity, rec *Record) (map[string]string, error) {
	refs := map[string]string{}
	add := func(target, id string) {
		if text := t.refs[target][id]; text != "" {
			refs[target+"/"+id] = text
		}
	}
	add(def.EntityUser, rec.CreatedBy)
	add(def.EntityUser, rec.UpdatedBy)
	var own []reference
	eachReference(t.fields, rec.Values, func(field *def.Field, id string) {
		add(named(field), id)
		if field.Display != "" {
			own = append(own, reference{entity: field.Target(), id: id, field: field})
		}
	})
	for _, path := range sortedKeys(rec.Related) {
		if end, ok := t.catalog.Field(entity.Name, path); ok && named(end) != "" {
			for _, id := range IDsOf(rec.Related[path]) {
				add(named(end), id)
			}
		}
	}
	for _, ref := range own {
		target := t.catalog.Entities[ref.entity]
		shown, ok := target.Field(ref.field.Display)
		value, err := t.seen(ctx, target, ref.id, ref.field.Display)
		if err != nil {
			return nil, err
		}
		if ok && value != nil {
			refs[ref.entity+"/"+ref.id] = plain(shown, value)
		}
	}
	if len(refs) == 0 {
		return nil, nil //nolint:nilnil // a record that refers to nothing
	}
	return refs, nil
}

// The actions of Record.Can beside those of flows.
const (
	canUpdate = "update"
	canSubmit = "submit"
	canDelete = "delete"
	canVoid   = "void"
	canCopy   = "copy"
)

// can lists what the actor may do with a stored record by his grants and its state.
func (r *request) can(ctx context.Context, doc *store.Doc) ([]string, error) {
	rec, state := doc.Record(), stateOf(r.entity, doc)
	instance, err := r.instance(doc.Flow)
	if err != nil {
		return nil, err
	}
	checks := []struct {
		name   string
		action access.Action
		state  bool
	}{
		{canUpdate, access.Update, !doc.Deleted && editable(r.entity, doc, r.actor, instance)},
		{canSubmit, access.Submit, !doc.Deleted && state == stateDraft},
		{canDelete, access.Delete, !doc.Deleted && deletable(r.entity, doc, r.actor)},
		{canVoid, access.Void, !doc.Deleted && state == stateApproved},
		{canCopy, access.Create, true},
	}
	var can []string
	for _, check := range checks {
		if !check.state {
			continue
		}
		rights, err := r.may(ctx, r.entity.Name, check.action)
		if err != nil {
			return nil, err
		}
		// A copy is another record: whether a grant admits it shows when it is saved.
		if rights.Admits(rec) || (check.action == access.Create && len(rights.Grants) > 0) {
			can = append(can, check.name)
		}
	}
	return can, nil
}

// usable are the fields a query may use without saying more about a record than the reader may know.
func usable(f *query.Filter, sort []query.Sort) []string {
	paths := access.Paths(f)
	for _, key := range sort {
		paths = append(paths, key.Field)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
