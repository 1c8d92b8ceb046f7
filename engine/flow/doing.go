package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
)

// What Doing is of, beside the actions: create, update, void, set, webhook, notify.
const (
	doingCall  = "call"
	doingWait  = "wait"
	doingStart = "start"
)

// Doing is what a node does without people, or what starts a flow, for people: titles in one language and readings of its
// expressions. The words between them are the reader's; the web has them.
type Doing struct {
	Do     string       `json:"do" enum:"create,update,void,set,webhook,notify,call,wait,start"`
	Entity string       `json:"entity,omitempty"` // title of what is written, called for, or watched
	Each   string       `json:"each,omitempty"`   // title of the sub-table for whose rows it is done
	One    *Told        `json:"one,omitempty"`    // the one record it is done to
	Where  *Told        `json:"where,omitempty"`  // which records it is done to, or which start it
	Values []GivenValue `json:"values,omitempty"` // of create, update, set; of a call: what is handed over; of a webhook: what is sent
	Expect []string     `json:"expect,omitempty"` // titles of fields that must still hold what they held
	Back   []GivenValue `json:"back,omitempty"`   // of a call: what is taken back
	Submit bool         `json:"submit,omitempty"`
	Reason *Told        `json:"reason,omitempty"`
	To     []string     `json:"to,omitempty"`    // of notify: entries as in who
	Name   string       `json:"name,omitempty"`  // of a webhook; title of the flow of a call
	Title  *Told        `json:"title,omitempty"` // of notify
	Body   *Told        `json:"body,omitempty"`
	Until  *Told        `json:"until,omitempty"`
	Roles  []string     `json:"roles,omitempty"` // of a button: titles
}

// Told is an expression or filter for people. Without Told it has no simple reading and its source is shown.
type Told struct {
	Source string   `json:"source"`
	Told   *Reading `json:"told,omitempty"`
}

// GivenValue is a value with the title of the field that takes it.
type GivenValue struct {
	Name string `json:"name"`

	Told
}

// Doings tells what the nodes of a flow do without people, by name, and under "start" what starts it; see Doing. People
// that filters name are named by the company's directory.
func (s *Service) Doings(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, lang string) (map[string]Doing, error) {
	r := &readings{cat: cat, entity: cat.Entities[f.Entity], lang: lang}
	all := r.doings(f)
	var told []*Told
	var ids []string
	for _, d := range all {
		for _, t := range d.told() {
			told, ids = append(told, t), t.Told.people(ids)
		}
	}
	names, err := s.names(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	for _, t := range told {
		named := t.Told.named(names)
		t.Told = &named
	}
	return all, nil
}

func (r *readings) doings(f *def.Flow) map[string]Doing {
	all := map[string]Doing{}
	if f.Start != nil || len(f.Where) > 0 {
		all[doingStart] = r.starting(f)
	}
	for _, n := range compilePlan(r.cat, f).order {
		if d, ok := r.doing(n); ok {
			all[n.Name] = d
		}
	}
	return all
}

// told lists everything in a doing that has a reading.
func (d *Doing) told() []*Told {
	all := []*Told{d.One, d.Where, d.Reason, d.Title, d.Body, d.Until}
	for _, given := range [][]GivenValue{d.Values, d.Back} {
		for i := range given {
			all = append(all, &given[i].Told)
		}
	}
	return slices.DeleteFunc(all, func(t *Told) bool { return t == nil || t.Told == nil })
}

// starting tells what starts a flow: of which records, under which condition, and who is offered a button.
func (r *readings) starting(f *def.Flow) Doing {
	d := Doing{Do: doingStart}
	watched, where := r.entity, f.Where
	if f.Start != nil {
		if f.Start.Entity != "" {
			watched = r.cat.Entities[f.Start.Entity]
		}
		if len(f.Start.Where) > 0 {
			where = f.Start.Where
		}
		for _, name := range f.Start.Roles {
			if role := r.cat.Roles[name]; role != nil {
				name = role.Label(r.lang)
			}
			d.Roles = append(d.Roles, name)
		}
	}
	if watched != nil {
		d.Entity = watched.Label(r.lang)
	}
	d.Where = r.selected(where, watched)
	return d
}

// doing tells what a node does without people; false for a node of people or branches, and one that cannot be read.
func (r *readings) doing(n *node) (Doing, bool) {
	switch {
	case n.Type == def.NodeWait:
		return Doing{Do: doingWait, Until: r.told(n.Until)}, true
	case n.Type == def.NodeCall:
		return r.calling(n), true
	case n.action != nil && n.action.err == nil && n.action.def != nil:
		return r.acting(n.action), n.action.do != ""
	default:
		return Doing{}, false
	}
}

func (r *readings) acting(a *action) Doing {
	d := Doing{Do: a.do, Entity: a.entity, Name: a.def.Webhook}
	target := r.cat.Entities[a.entity]
	if target != nil {
		d.Entity = target.Label(r.lang)
	}
	switch what := a.def; a.do {
	case actCreate:
		inside := r.rowsOf(what.Create.Each)
		d.Each, d.Submit, d.Values = inside.tableTitle(what.Create.Each), what.Create.Submit, inside.given(what.Create.Values, target)
	case actUpdate:
		d.One, d.Where = r.aimed(what.Update.Record, what.Update.Where, target)
		d.Values = r.given(what.Update.Values, target)
		for _, name := range slices.Sorted(maps.Keys(what.Update.Expect)) {
			d.Expect = append(d.Expect, r.titleIn(target, name))
		}
	case actVoid:
		d.One, d.Where = r.aimed(what.Void.Record, what.Void.Where, target)
		d.Reason = r.told(what.Void.Reason)
	case actSet:
		d.Values = r.given(what.Set, r.entity)
	case actWebhook:
		d.Values = r.given(what.With, nil)
	case actNotify:
		d.To, d.Title, d.Body = what.Notify.Who, r.told(what.Notify.Title), r.told(what.Notify.Body)
	}
	return d
}

// calling tells what a call starts, and what goes there and comes back.
func (r *readings) calling(n *node) Doing {
	inside := r.rowsOf(n.Each)
	d := Doing{Do: doingCall, Name: n.Flow, Each: inside.tableTitle(n.Each)}
	called := &readings{cat: r.cat, lang: r.lang}
	if f := r.cat.Flows[n.Flow]; f != nil {
		d.Name, called.entity = f.Label(r.lang), r.cat.Entities[f.Entity]
	}
	if called.entity != nil {
		d.Entity = called.entity.Label(r.lang)
	}
	d.Values = inside.given(n.In, called.entity)
	for _, to := range slices.Sorted(maps.Keys(n.Out)) {
		title := r.titleIn(r.entity, to)
		if inside.rows != nil {
			title = inside.columnTitle(to)
		}
		given := GivenValue{Name: title}
		if told := called.told(n.Out[to]); told != nil {
			given.Told = *told
		}
		d.Back = append(d.Back, given)
	}
	return d
}

// rowsOf are readings in which "row" is a row of a sub-table; "" for none.
func (r *readings) rowsOf(table string) *readings {
	inside := *r
	if r.entity != nil && table != "" {
		if field, ok := r.entity.Field(table); ok && field.IsTable() {
			inside.rows = field
		}
	}
	return &inside
}

func (r *readings) tableTitle(name string) string {
	if r.rows == nil {
		return name
	}
	return orName(r.rows.Label(r.lang), name)
}

func (r *readings) columnTitle(name string) string {
	if column, ok := r.rows.Column(strings.TrimPrefix(name, "row.")); ok {
		return orName(column.Label(r.lang), name)
	}
	return name
}

// titleIn is the title of a field of an entity, its name without one.
func (r *readings) titleIn(entity *def.Entity, name string) string {
	if entity != nil {
		if field, ok := entity.Field(name); ok {
			return orName(field.Label(r.lang), name)
		}
	}
	return name
}

func orName(title, name string) string {
	if title == "" {
		return name
	}
	return title
}

// given tells the values for fields of an entity in the order of their names, nil for values without fields.
func (r *readings) given(sources map[string]string, target *def.Entity) []GivenValue {
	all := make([]GivenValue, 0, len(sources))
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		told := r.told(sources[name])
		if told == nil {
			continue
		}
		if target != nil && told.Told != nil {
			if field, ok := target.Field(name); ok {
				r.dress(&Reading{Op: "field", Type: field.XType, Unit: field.Unit, field: field}, told.Told)
			}
		}
		all = append(all, GivenValue{Name: r.titleIn(target, name), Told: *told})
	}
	return all
}

// told reads an expression; nil for none.
func (r *readings) told(source string) *Told {
	if source == "" {
		return nil
	}
	told := &Told{Source: source}
	if tree, ok := expr.Read(source); ok && tree.Op == "nil" {
		told.Told = &Reading{Op: "none"}
	} else if reading, ok := r.read(source); ok {
		told.Told = &reading
	}
	return told
}

// aimed tells which records an update or void is of: the one an expression or a comparison of ids names, or those of a filter.
func (r *readings) aimed(one string, where json.RawMessage, target *def.Entity) (record, records *Told) {
	if one != "" {
		return r.told(one), nil
	}
	if f, err := query.Parse(where); err == nil && f.Cond != nil && f.Cond.Op == query.Eq && strings.Join(f.Cond.Path, ".") == def.FieldID {
		if v, ok := f.Cond.Value.(query.Var); ok && v.Plus == "" {
			if own, ok := r.own(v.Name); ok {
				return &Told{Source: v.Name, Told: &own}, nil
			}
		}
	}
	return nil, r.selected(where, target)
}

// selected reads a filter over records of an entity; nil for none.
func (r *readings) selected(where json.RawMessage, of *def.Entity) *Told {
	if len(where) == 0 || string(where) == "null" {
		return nil
	}
	told := &Told{Source: string(where)}
	f, err := query.Parse(where)
	if err != nil || of == nil {
		return told
	}
	there := &readings{cat: r.cat, entity: of, lang: r.lang}
	if reading, ok := r.filter(f, there); ok {
		told.Told = &reading
	}
	return told
}

// filter reads a filter whose fields are of other records; its variables are of this one.
func (r *readings) filter(f *query.Filter, there *readings) (Reading, bool) {
	switch {
	case f.Not != nil:
		part, ok := r.filter(f.Not, there)
		return opposite(part), ok
	case f.And != nil:
		return r.filters("and", f.And, there)
	case f.Or != nil:
		return r.filters("or", f.Or, there)
	default:
		return r.asked(f.Cond, there)
	}
}

func (r *readings) filters(op string, parts []*query.Filter, there *readings) (Reading, bool) {
	reading := Reading{Op: op}
	for _, f := range parts {
		part, ok := r.filter(f, there)
		if !ok {
			return part, false
		}
		reading.Args = append(reading.Args, part)
	}
	if len(reading.Args) == 1 {
		return reading.Args[0], true
	}
	return reading, len(parts) > 0
}

// asked reads one condition of a filter.
func (r *readings) asked(c *query.Cond, there *readings) (Reading, bool) {
	of, ok := there.field(expr.Reading{Op: "field", Name: strings.Join(c.Path, ".")})
	if !ok || c.Optional {
		return of, false
	}
	switch c.Op {
	case query.Empty:
		op := "empty"
		if c.Value == false {
			op = "filled"
		}
		return Reading{Op: op, Args: []Reading{of}}, true
	case query.Between, query.In:
		return r.askedOf(c, of)
	case query.Eq, query.Ne, query.Lt, query.Le, query.Gt, query.Ge:
	default:
		return of, false
	}
	value, ok := r.operand(c.Value, &of)
	if truth, isBool := c.Value.(bool); isBool && (c.Op == query.Eq || c.Op == query.Ne) {
		if truth == (c.Op == query.Eq) {
			return Reading{Op: "yes", Args: []Reading{of}}, true
		}
		return Reading{Op: "no", Args: []Reading{of}}, true
	}
	return Reading{Op: string(c.Op), Args: []Reading{of, value}}, ok
}

// askedOf reads a condition with several values.
func (r *readings) askedOf(c *query.Cond, of Reading) (Reading, bool) {
	list, ok := c.Value.([]any)
	if !ok || len(list) == 0 {
		return of, false
	}
	values := make([]Reading, len(list))
	for i := range list {
		if values[i], ok = r.operand(list[i], &of); !ok {
			return of, false
		}
	}
	if c.Op == query.Between && len(values) == 2 {
		return Reading{Op: "and", Args: []Reading{
			{Op: "ge", Args: []Reading{of, values[0]}}, {Op: "le", Args: []Reading{of, values[1]}},
		}}, true
	}
	return Reading{Op: "in", Args: append([]Reading{of}, values...)}, c.Op == query.In
}

// operand reads what a field is compared with.
func (r *readings) operand(value any, of *Reading) (Reading, bool) {
	switch v := value.(type) {
	case query.Var:
		if v.Plus != "" {
			return Reading{}, false
		}
		if v.Name == "today" || v.Name == "now" {
			return Reading{Op: "call", Name: v.Name}, true
		}
		return r.own(v.Name)
	case string, bool, int64, json.Number:
		constant := Reading{Op: "value", Value: fmt.Sprint(v)}
		r.dress(of, &constant)
		return constant, true
	default:
		return Reading{}, false
	}
}

// own reads a variable of a filter that is this record, or a field of it.
func (r *readings) own(name string) (Reading, bool) {
	field, ok := strings.CutPrefix(name, "record.")
	if !ok {
		return Reading{}, false
	}
	if field == def.FieldID {
		return Reading{Op: "own"}, true
	}
	reading, ok := r.field(expr.Reading{Op: "field", Name: field})
	reading.Op = "own"
	return reading, ok && reading.Title != ""
}
