package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// directory is the organisation as one record sees it, read from the tenant's users and departments, and what conditions
// of the record read. It reads each thing once and lives as long as one decision. Org cannot fail: the first failure is
// kept in err, and whoever asked must look there before he uses an answer.
type directory struct {
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	store   store.Store
	full    *record.Full // nil: no record is meant, only people are asked about
	zone    *time.Location
	workday func(date string) bool
	onSite  func(date string) bool // workdays of the record's project, nil: those of the company
	flow    string

	docs    map[string]map[string]*store.Doc // by entity and id; nil: not there
	holders map[string][]string
	proxies map[string][]Proxy // that somebody may act by now
	err     error
}

func (s *Service) directory(ctx context.Context, d *deciding) (*directory, error) {
	if d.detached() {
		return d.runDirectory()
	}
	return s.newDirectory(ctx, d.actor.Tenant, d.full)
}

func (s *Service) newDirectory(ctx context.Context, tenant string, full *record.Full) (*directory, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("directory of %s: %w", tenant, err)
	}
	zone, err := s.config.Zone(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("directory of %s: %w", tenant, err)
	}
	dir := &directory{
		ctx: ctx, store: st, full: full, zone: zone,
		docs: map[string]map[string]*store.Doc{}, holders: map[string][]string{},
		proxies: map[string][]Proxy{},
	}
	if s.config.Workday != nil {
		if dir.workday, err = s.config.Workday(ctx, tenant); err != nil {
			return nil, fmt.Errorf("calendar of %s: %w", tenant, err)
		}
	}
	if project := projectOf(full); project != "" && s.config.ProjectWorkday != nil {
		if dir.onSite, err = s.config.ProjectWorkday(ctx, tenant, project); err != nil {
			return nil, fmt.Errorf("calendar of project %s: %w", project, err)
		}
	}
	return dir, nil
}

// entityProject is the entity of projects; a record belongs to the one its field of this name refers to.
const entityProject = "project"

// projectOf gives the id of the project a record belongs to, "" if it belongs to none.
func projectOf(full *record.Full) string {
	if full == nil {
		return ""
	}
	if full.Entity.Name == entityProject {
		return full.Record.ID
	}
	field := full.Entity.Properties[entityProject]
	if field == nil || field.Target() != entityProject || field.IsList() {
		return ""
	}
	id, _ := full.Record.Values[entityProject].(string)
	return id
}

// read fetches documents of one entity that are not known yet, in one query.
func (dir *directory) read(entity string, ids ...string) {
	known := dir.docs[entity]
	if known == nil {
		known = map[string]*store.Doc{}
		dir.docs[entity] = known
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := known[id]; return ok || id == "" })
	if len(missing) == 0 || dir.err != nil {
		return
	}
	for _, id := range missing {
		known[id] = nil
	}
	if dir.full == nil {
		docs, err := dir.store.Get(dir.ctx, entity, missing...)
		dir.fail(entity, err)
		for i := range docs {
			known[docs[i].ID] = &docs[i]
		}
		return
	}
	docs, err := dir.full.Others(dir.ctx, entity, missing...)
	dir.fail(entity, err)
	for _, doc := range docs {
		known[doc.ID] = doc
	}
}

func (dir *directory) fail(entity string, err error) {
	if err != nil {
		dir.err = fmt.Errorf("read %s: %w", entity, err)
	}
}

// doc gives a document, nil if it is not there.
func (dir *directory) doc(entity, id string) *store.Doc {
	dir.read(entity, id)
	return dir.docs[entity][id]
}

// Person implements Org.
func (dir *directory) Person(id string) (Person, bool) {
	doc := dir.doc(def.EntityUser, id)
	if doc == nil || doc.Deleted {
		return Person{ID: id}, false
	}
	name, _ := doc.Values["name"].(string)
	department, _ := doc.Values["department"].(string)
	disabled, _ := doc.Values["disabled"].(bool)
	return Person{ID: id, Name: name, Department: department}, !disabled
}

// Holders implements Org.
func (dir *directory) Holders(role string) []Person {
	ids := dir.holderIDs(role)
	dir.read(def.EntityUser, ids...)
	var people []Person
	for _, id := range ids {
		if p, ok := dir.Person(id); ok {
			people = append(people, p)
		}
	}
	return people
}

func (dir *directory) holderIDs(role string) []string {
	ids, known := dir.holders[role]
	if known || dir.err != nil {
		return ids
	}
	ids, err := dir.full.Holders(dir.ctx, role)
	if err != nil {
		dir.err = err
	}
	dir.holders[role] = ids
	return ids
}

// HasRole implements Org.
func (dir *directory) HasRole(user, role string) bool {
	if user != dir.full.Actor.ID {
		return slices.Contains(dir.holderIDs(role), user)
	}
	has, err := dir.full.HasRole(dir.ctx, role)
	if err != nil && dir.err == nil {
		dir.err = err
	}
	return has
}

// Leader implements Org: somebody's manager, or, if he has none, the head of his department or of one above it.
func (dir *directory) Leader(user string) string {
	doc := dir.doc(def.EntityUser, user)
	if doc == nil {
		return ""
	}
	if manager, _ := doc.Values["manager"].(string); manager != "" {
		return manager
	}
	department, _ := doc.Values["department"].(string)
	for range maxLevels {
		unit := dir.doc(def.EntityDepartment, department)
		if unit == nil {
			return ""
		}
		if head, _ := unit.Values["head"].(string); head != "" && head != user {
			return head
		}
		department, _ = unit.Values["parent"].(string)
	}
	return ""
}

// Head implements Org.
func (dir *directory) Head(department string) string {
	doc := dir.doc(def.EntityDepartment, department)
	if doc == nil {
		return ""
	}
	head, _ := doc.Values["head"].(string)
	return head
}

// calendar is that of the record's project, else the company's, for deadlines.
func (dir *directory) calendar() *Calendar {
	for _, workday := range []func(string) bool{dir.onSite, dir.workday} {
		if workday != nil {
			return &Calendar{Zone: dir.zone, Workday: workday}
		}
	}
	return &Calendar{Zone: dir.zone, Workday: MondayToFriday}
}

// Principals implements Org.
func (dir *directory) Principals(proxy string, at time.Time) []string {
	if dir.err != nil || proxy == "" {
		return nil
	}
	proxies, known := dir.proxies[proxy]
	if !known {
		var err error
		if proxies, err = proxiesTo(dir.ctx, dir.store, proxy, at); err != nil {
			dir.err = err
			return nil
		}
		dir.proxies[proxy] = proxies
	}
	return Principals(proxies, proxy, dir.flow, at)
}

// Field implements Org.
func (dir *directory) Field(path []string, values form.Values) []Ref {
	at := []form.Values{values}
	entity := dir.full.Entity
	for i := 0; i < len(path) && entity != nil; i++ {
		field, ok := entity.Field(path[i])
		if ok && field.IsTable() && i+1 < len(path) {
			at = rowsAt(at, field.Name)
			i++
			field, ok = field.Column(path[i])
		}
		if !ok {
			return nil
		}
		ids := idsAt(at, field.Name)
		if i == len(path)-1 {
			refs := make([]Ref, len(ids))
			for k, id := range ids {
				refs[k] = Ref{ID: id, Department: field.Target() == def.EntityDepartment}
			}
			return refs
		}
		if entity = dir.full.Catalog.Entities[field.Target()]; entity == nil {
			return nil
		}
		dir.read(entity.Name, ids...)
		at = at[:0:0]
		for _, id := range ids {
			if doc := dir.doc(entity.Name, id); doc != nil {
				at = append(at, doc.Values)
			}
		}
	}
	return nil
}

// rowsAt gives the rows of a sub-table of some records.
func rowsAt(records []form.Values, table string) []form.Values {
	var rows []form.Values
	for _, values := range records {
		rows = append(rows, rowsOf(values, table)...)
	}
	return rows
}

// idsAt gives the ids a field holds in some records: one, or those of a list.
func idsAt(records []form.Values, field string) []string {
	var ids []string
	for _, values := range records {
		switch v := values[field].(type) {
		case string:
			ids = append(ids, v)
		case []any:
			for _, item := range v {
				if id, ok := item.(string); ok {
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

// env gives what the conditions of the record's flow are evaluated over. References are read when a condition asks.
func (dir *directory) env(values form.Values) *expr.Env {
	stored := dir.full.Record
	doc := store.Doc{
		ID: stored.ID, Rev: stored.Rev, State: stored.State, Values: values, CreatedBy: stored.CreatedBy,
		CreatedAt: stored.CreatedAt, UpdatedBy: stored.UpdatedBy, UpdatedAt: stored.UpdatedAt,
	}
	self := recordValues{dir: dir, entity: dir.full.Entity, doc: &doc}
	actor := dir.full.Actor
	env := &expr.Env{
		Self: self, Zone: dir.zone,
		Vars: map[string]any{
			"record": expr.NewRef(stored.ID, self),
			"actor":  expr.NewRef(actor.ID, actorValues{actor.ID, actor.Name}),
		},
		HasRole: func(role string) bool { return dir.HasRole(actor.ID, role) },
	}
	if dir.workday != nil {
		env.Calendar = func(d expr.Date) bool { return dir.workday(expr.DateString(d)) }
	}
	return env
}

type actorValues struct{ id, name string }

// Get implements expr.Object.
func (a actorValues) Get(name string) any {
	switch name {
	case "id":
		return a.id
	case "name":
		return a.name
	default:
		return nil
	}
}

// recordValues shows a document to expressions.
type recordValues struct {
	dir    *directory
	entity *def.Entity
	doc    *store.Doc
}

// Get implements expr.Object.
func (r recordValues) Get(name string) any {
	field, ok := r.entity.Field(name)
	if !ok {
		return nil
	}
	return r.dir.value(field, r.doc.Record().Get(name))
}

// rowValues shows a row of a sub-table to expressions.
type rowValues struct {
	dir   *directory
	table *def.Field
	row   map[string]any
}

// Get implements expr.Object.
func (r rowValues) Get(name string) any {
	field, ok := r.table.Column(name)
	if !ok {
		return nil
	}
	return r.dir.value(field, r.row[name])
}

// otherValues shows a referred record to expressions; it is read when the first field is asked for.
type otherValues struct {
	dir    *directory
	entity *def.Entity
	id     string
}

// Get implements expr.Object.
func (o otherValues) Get(name string) any {
	doc := o.dir.doc(o.entity.Name, o.id)
	if doc == nil {
		return nil
	}
	return recordValues{o.dir, o.entity, doc}.Get(name)
}

// value turns a wire value of a field into one of expressions.
func (dir *directory) value(field *def.Field, wire any) any {
	target := dir.full.Catalog.Entities[field.Target()]
	list, isList := wire.([]any)
	switch {
	case wire == nil:
		return nil
	case field.IsTable() && isList:
		rows := make([]any, 0, len(list))
		for _, item := range list {
			if row, ok := item.(map[string]any); ok {
				id, _ := row["_id"].(string)
				rows = append(rows, expr.NewRef(id, rowValues{dir, field, row}))
			}
		}
		return rows
	case target != nil && isList:
		refs := make([]any, 0, len(list))
		for _, item := range list {
			if id, ok := item.(string); ok {
				refs = append(refs, expr.NewRef(id, otherValues{dir, target, id}))
			}
		}
		return refs
	case target != nil:
		id, ok := wire.(string)
		if !ok || id == "" {
			return nil
		}
		return expr.NewRef(id, otherValues{dir, target, id})
	default:
		return def.ExprValue(field, wire)
	}
}
