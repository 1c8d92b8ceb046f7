package flow

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// What an action does; see def.Action.
const (
	actCreate  = "create"
	actUpdate  = "update"
	actVoid    = "void"
	actSet     = "set"
	actWebhook = OutboundWebhook
	actNotify  = OutboundNotify
)

// How many records one action may touch. An update can be made again; voids are few, and a filter that finds more is
// wrong.
const (
	maxUpdated = 5_000
	maxVoided  = 200
)

// action is a compiled action of a node.
type action struct {
	do     string
	def    *def.Action
	entity string
	record *condition
	each   string
	values map[string]*valueOf // of create, update and set, by field; of a webhook by name
	expect map[string]*valueOf // of update, by field
	reason *condition          // of void
	title  *condition          // of notify
	body   *condition
	err    error
}

// valueOf is an expression with the field that takes its result.
type valueOf struct {
	*condition
	field *def.Field
}

// Action is what an action node has to do, with everything worked out when the run passed it.
type Action struct {
	Do      string          `json:"do"`
	Entity  string          `json:"entity,omitempty"`
	Record  string          `json:"record,omitempty"` // id of the one record to update or void
	Where   json.RawMessage `json:"where,omitempty"`  // or which ones
	Vars    map[string]any  `json:"vars,omitempty"`   // wire values of the variables in Where
	Rows    []ActionRow     `json:"rows,omitempty"`   // of create: one per record; of update: one
	Expect  form.Values     `json:"expect,omitempty"` // of update: what the record must still hold, null = nothing
	Submit  bool            `json:"submit,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	Webhook string          `json:"webhook,omitempty"`
	Payload map[string]any  `json:"payload,omitempty"`
	To      []string        `json:"to,omitempty"`
	Title   string          `json:"title,omitempty"`
	Body    string          `json:"body,omitempty"`
}

// ActionRow is one record to be written. Row is the row it is for, "" without each.
type ActionRow struct {
	Row    string      `json:"row,omitempty"`
	Values form.Values `json:"values"`
}

// action compiles what a node does; nil without.
func (c *compiler) action(d *def.Node) *action {
	if d.Type != def.NodeAction {
		return nil
	}
	what, err := d.Action()
	if err != nil || what == nil {
		return &action{err: err}
	}
	a := &action{def: what}
	switch {
	case what.Create != nil:
		a.do, a.entity, a.each = actCreate, what.Create.Entity, what.Create.Each
		a.values = c.values(what.Create.Values, c.rows(a.each), a.entity)
	case what.Update != nil:
		a.do, a.entity = actUpdate, what.Update.Entity
		a.record = c.condition(what.Update.Record, expr.KindAny)
		a.values = c.values(what.Update.Values, c.scope, a.entity)
		a.expect = c.values(what.Update.Expect, c.scope, a.entity)
	case what.Void != nil:
		a.do, a.entity = actVoid, what.Void.Entity
		a.record = c.condition(what.Void.Record, expr.KindAny)
		a.reason = c.condition(what.Void.Reason, expr.KindText)
	case what.Set != nil:
		a.do = actSet
		a.values = c.values(what.Set, c.scope, c.plan.Flow.Entity)
	case what.Webhook != "":
		a.do = actWebhook
		a.values = c.values(what.With, c.scope, "")
	case what.Notify != nil:
		a.do = actNotify
		a.title = c.condition(what.Notify.Title, expr.KindText)
		a.body = c.condition(what.Notify.Body, expr.KindText)
	}
	return a
}

// rows is the scope of expressions that run once per row of a sub-table, "" for none.
func (c *compiler) rows(table string) expr.Scope {
	if table == "" {
		return c.scope
	}
	if c.plan.entity != nil {
		if field, ok := c.plan.entity.Field(table); ok && field.IsTable() {
			return c.cat.RowsScope(c.plan.entity, field)
		}
	}
	scope := c.scope
	scope.Vars = maps.Clone(scope.Vars)
	scope.Vars["row"] = expr.Type{Kind: expr.KindRecord, Shape: anyShape{}}
	return scope
}

// values compiles expressions for the fields of an entity, "" for values without fields.
func (c *compiler) values(sources map[string]string, scope expr.Scope, entity string) map[string]*valueOf {
	compiled := make(map[string]*valueOf, len(sources))
	for name, source := range sources {
		v := &valueOf{field: &def.Field{Name: name}}
		if target := c.entity(entity); target != nil {
			if field, ok := target.Field(name); ok {
				v.field = field
			}
		}
		program, err := expr.Compile(source, scope, expr.KindAny)
		v.condition = &condition{source: source, program: program, err: err}
		compiled[name] = v
	}
	return compiled
}

func (c *compiler) entity(name string) *def.Entity {
	if c.cat == nil {
		return nil
	}
	return c.cat.Entities[name]
}

// programs lists the expressions of an action with where they stand below /do.
func (a *action) programs() map[string]*condition {
	all := map[string]*condition{}
	if a == nil {
		return all
	}
	member := map[string]string{actCreate: "/create/values/", actUpdate: "/update/values/", actSet: "/set/", actWebhook: "/with/"}[a.do]
	for name, v := range a.values {
		all[member+name] = v.condition
	}
	for name, v := range a.expect {
		all["/update/expect/"+name] = v.condition
	}
	for at, c := range map[string]*condition{
		"/" + a.do + "/record": a.record, "/void/reason": a.reason, "/notify/title": a.title, "/notify/body": a.body,
	} {
		if c != nil {
			all[at] = c
		}
	}
	return all
}

// act does what an action node says: it sets fields of the record, or puts an effect with everything worked out into the
// outbox. It tells whether the token goes on.
func (r *run) act(n *node, prev []string) bool {
	a := n.action
	if a.err != nil {
		r.stick(n, IncidentCondition, prev)
		return false
	}
	if a.do == "" { // a case without anything to do
		r.send(Effect{Kind: EffectAction, Node: n.Name, Round: r.st.Rounds[n.Name], Do: n.Do})
		return true
	}
	values, ok := r.current()
	if !ok {
		return false
	}
	env := r.env(values)
	if a.do == actSet {
		set, ok := r.work(a.values, env)
		if !ok {
			r.stick(n, IncidentCondition, prev)
			return false
		}
		r.keepBefore(n, set, values)
		r.set(set)
		return true
	}
	out, ok := r.workedOut(n, a, env)
	if !ok {
		if r.err == nil {
			r.stick(n, IncidentCondition, prev)
		}
		return false
	}
	if a.do == actNotify && len(out.To) == 0 {
		return true // nobody to tell
	}
	r.send(Effect{Kind: EffectAction, Node: n.Name, Round: r.st.Rounds[n.Name], Action: out})
	return true
}

// workedOut evaluates everything an action needs. It is false if an expression fails.
func (r *run) workedOut(n *node, a *action, env *expr.Env) (*Action, bool) {
	out := &Action{Do: a.do, Entity: a.entity}
	ok := true
	switch a.do {
	case actCreate:
		out.Submit = a.def.Create.Submit
		out.Rows, ok = r.rows(a, env)
	case actUpdate:
		out.Where, out.Vars = a.def.Update.Where, variables(a.def.Update.Where, r.values)
		var values form.Values
		values, ok = r.work(a.values, env)
		out.Rows = []ActionRow{{Values: values}}
		if ok && len(a.expect) > 0 {
			out.Expect, ok = r.work(a.expect, env)
		}
	case actVoid:
		out.Where, out.Vars = a.def.Void.Where, variables(a.def.Void.Where, r.values)
		out.Reason, ok = text(a.reason, env)
	case actWebhook:
		out.Webhook = a.def.Webhook
		out.Payload, ok = r.work(a.values, env)
	case actNotify:
		for _, p := range r.resolve(n, a.def.Notify.Who) {
			if !slices.Contains(out.To, p.ID) {
				out.To = append(out.To, p.ID)
			}
		}
		out.Title, ok = text(a.title, env)
		if ok && a.body != nil {
			out.Body, ok = text(a.body, env)
		}
	}
	if ok && a.record != nil {
		out.Record, ok = text(a.record, env)
	}
	return out, ok
}

// rows evaluates the values of a create, once or for each row of a sub-table.
func (r *run) rows(a *action, env *expr.Env) ([]ActionRow, bool) {
	if a.each == "" {
		values, ok := r.work(a.values, env)
		return []ActionRow{{Values: values}}, ok
	}
	list, _ := env.Self.Get(a.each).([]any)
	rows := make([]ActionRow, 0, len(list))
	for _, item := range list {
		id, _ := expr.RefID(item)
		of := *env
		of.Vars = maps.Clone(env.Vars)
		if of.Vars == nil {
			of.Vars = map[string]any{}
		}
		of.Vars["row"] = item
		values, ok := r.work(a.values, &of)
		if !ok {
			return nil, false
		}
		rows = append(rows, ActionRow{Row: id, Values: values})
	}
	return rows, true
}

// work evaluates expressions for fields; a missing result is null in a patch, and left out of a new record.
func (r *run) work(values map[string]*valueOf, env *expr.Env) (form.Values, bool) {
	result := form.Values{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		if v.err != nil {
			return nil, false
		}
		value, err := v.program.Eval(env)
		if err != nil {
			return nil, false
		}
		switch {
		case expr.IsMissing(value):
			result[name] = nil
		case v.field.IsTable():
			result[name] = rowsFor(v.field, value)
		default:
			result[name] = form.Wire(v.field, value)
		}
	}
	return result, true
}

// text evaluates an expression that must give a text (or a reference: its id).
func text(c *condition, env *expr.Env) (string, bool) {
	if c.err != nil {
		return "", false
	}
	value, err := c.program.Eval(env)
	if err != nil || expr.IsMissing(value) {
		return "", false
	}
	result := expr.Key(value)
	return result, result != ""
}

// variables gives the wire values a filter of a definition names as record.<field>, so that it selects the same records
// whenever it is asked.
func variables(where json.RawMessage, values form.Values) map[string]any {
	if len(where) == 0 {
		return nil
	}
	vars := map[string]any{}
	for _, name := range filterVars(where) {
		if field, ok := strings.CutPrefix(name, "record."); ok {
			if v := values[field]; v != nil {
				vars[name] = v
			}
		}
	}
	return vars
}

// filterVars lists the variables in a filter.
func filterVars(where json.RawMessage) []string {
	var tree any
	if json.Unmarshal(where, &tree) != nil {
		return nil
	}
	var names []string
	var visit func(any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if name, ok := v["var"].(string); ok {
				names = append(names, name)
			}
			for _, member := range v {
				visit(member)
			}
		case []any:
			for _, member := range v {
				visit(member)
			}
		}
	}
	visit(tree)
	return names
}

// set adds to the patch of this command what the flow itself writes.
func (r *run) set(values form.Values) {
	if r.own == nil {
		r.own = map[string]bool{}
	}
	for field := range values {
		r.own[field] = true
	}
	patch := maps.Clone(r.patch)
	if patch == nil {
		patch = form.Values{}
	}
	maps.Copy(patch, values)
	r.change(patch)
}

// keepBefore keeps what the fields held before a node sets them.
func (r *run) keepBefore(n *node, set, values form.Values) {
	before := form.Values{}
	for field := range set {
		before[field] = values[field] // nil where it held nothing
	}
	r.st.Set[n.Name] = before
}

// unset gives the fields that the flow itself set in a list, from a position on, what they held before: the way is taken
// back, so nobody reads there what holds no more.
func (r *run) unset(l *list, from int) {
	back := form.Values{}
	var passed []*node
	walkNodes(l, from, func(n *node) {
		if _, ok := r.st.Set[n.Name]; ok {
			passed = append(passed, n)
		}
	})
	for _, n := range slices.Backward(passed) { // the first one knows best what was there before
		maps.Copy(back, r.st.Set[n.Name])
		delete(r.st.Set, n.Name)
	}
	if len(back) > 0 {
		r.set(back)
	}
}
