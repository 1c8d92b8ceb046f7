package flow

import (
	"maps"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
)

// The codes of findings about what flows do by themselves.
const (
	lintStart       = "start_mixed"          // submit and something else
	lintAutoPeople  = "people_in_automation" // a flow that starts by itself asks somebody
	lintCron        = "cron"                 // not a schedule
	lintDupWebhook  = "dup_webhook"          // another flow takes the same calls
	lintNotWritable = "not_writable"         // computed, or a sub-table
	lintValueType   = "value_type"           // an expression gives what the field cannot hold
	lintEach        = "each"                 // not a sub-table of the flow's entity
	lintFilter      = "filter"
	lintNoApproval  = "no_approval"
	lintLeavesEmpty = "leaves_empty" // a required field of the new record gets no value
	lintCallEntity  = "call_entity"  // the called flow asks people and has no entity
	lintDuration    = "duration"
	lintNothingToDo = "nothing_to_do"
	lintUntil       = "until_type" // neither a time nor a condition
)

// automation looks at what the flow does by itself: how it starts, and its actions, calls and waits.
func (l *linter) automation() {
	if l.cat == nil {
		return
	}
	l.start()
	for _, n := range l.plan.order {
		switch n.Type {
		case def.NodeAction:
			l.action(n)
		case def.NodeCall:
			l.call(n)
		case def.NodeWait:
			l.wait(n)
		default:
		}
	}
}

// start looks at what starts the flow.
func (l *linter) start() {
	start := l.flow.Start
	if start == nil {
		return
	}
	if slices.Contains(start.On, "submit") && (len(start.On) > 1 || start.Schedule != "" || start.Webhook != "") {
		l.report("/start", levelError, lintStart, nil)
	}
	on := slices.ContainsFunc(start.On, func(kind string) bool { return kind != "submit" && kind != onCall })
	if on && l.cat.Entities[first(start.Entity, l.flow.Entity)] == nil {
		l.report("/start/entity", levelError, lintUnknownName, map[string]any{"name": first(start.Entity, l.flow.Entity)})
	}
	if on && l.flow.Entity != "" && start.Entity != "" && start.Entity != l.flow.Entity {
		l.report("/start/entity", levelError, lintStart, nil)
	}
	if itself := on || start.Schedule != "" || start.Webhook != ""; itself && hasPeople(l.flow.Nodes) {
		l.report("/nodes", levelError, lintAutoPeople, nil)
	}
	for _, role := range start.Roles {
		if l.cat.Roles[role] == nil {
			l.report("/start/roles", levelError, lintUnknownName, map[string]any{"name": role})
		}
	}
	l.fromOutside(start)
}

// fromOutside looks at the time and the calls that start the flow.
func (l *linter) fromOutside(start *def.Start) {
	if start.Schedule != "" {
		if _, err := parseCron(start.Schedule); err != nil {
			l.report("/start/schedule", levelError, lintCron, nil)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.cat.Flows)) {
		other := l.cat.Flows[name].Start
		if start.Webhook != "" && name != l.flow.Name && other != nil && other.Webhook == start.Webhook {
			l.report("/start/webhook", levelError, lintDupWebhook, map[string]any{"flow": name})
		}
	}
}

// action looks at what an action node does.
func (l *linter) action(n *node) {
	a := n.action
	if a == nil || a.err != nil || a.do == "" {
		l.add(n, "/do", levelError, lintNothingToDo)
		return
	}
	programs := a.programs()
	for _, at := range slices.Sorted(maps.Keys(programs)) {
		if c := programs[at]; c.err != nil {
			l.report(l.paths[n]+"/do"+at, levelError, conditionCode(c.err), map[string]any{"node": n.Name, "reason": c.err.Error()})
		}
	}
	switch a.do {
	case actCreate:
		l.table(n, "/do/create/each", a.each)
		if entity := l.target(n, a, "/do/create", a.def.Create.Submit); entity != nil {
			l.values(n, createValues, a.values, entity)
			l.unfilled(n, a, entity)
		}
	case actUpdate:
		if entity := l.target(n, a, "/do/update", false); entity != nil {
			l.values(n, "/do/update/values/", a.values, entity)
			l.values(n, "/do/update/expect/", a.expect, entity)
			l.selects(n, a, "/do/update", a.def.Update.Where)
		}
	case actVoid:
		if entity := l.target(n, a, "/do/void", true); entity != nil {
			l.selects(n, a, "/do/void", a.def.Void.Where)
		}
	case actSet:
		if l.entity != nil {
			l.values(n, "/do/set/", a.values, l.entity)
		}
	case actNotify:
		for _, entry := range a.def.Notify.Who {
			if name, ok := l.unknownWho(n, entry); !ok {
				l.report(l.paths[n]+"/do/notify/who", levelError, lintUnknownName, map[string]any{"node": n.Name, "name": name})
			}
		}
		l.message(n, a)
	}
}

// target is the entity an action writes; approval tells that it must have states.
func (l *linter) target(n *node, a *action, at string, approval bool) *def.Entity {
	entity := l.cat.Entities[a.entity]
	switch {
	case entity == nil || def.IsEngines(a.entity):
		l.report(l.paths[n]+at+"/entity", levelError, lintUnknownName, map[string]any{"node": n.Name, "name": a.entity})
		return nil
	case approval && !entity.Approval:
		l.report(l.paths[n]+at, levelError, lintNoApproval, map[string]any{"node": n.Name, "entity": a.entity})
	}
	return entity
}

// createValues is where the values of a new record stand: the one place that takes whole sub-tables.
const createValues = "/do/create/values/"

// values looks at expressions for the fields of an entity.
func (l *linter) values(n *node, at string, values map[string]*valueOf, entity *def.Entity) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		field, ok := entity.Field(name)
		_, own := entity.Properties[name]
		params := map[string]any{"node": n.Name, "field": name}
		switch {
		case !ok || !own:
			l.report(l.paths[n]+at+name, levelError, lintUnknownField, params)
		case field.IsComputed() || field.IsTable() && at != createValues:
			l.report(l.paths[n]+at+name, levelError, lintNotWritable, params)
		case v.program != nil && !holds(field, v.program.Type()), noOption(field, v.source):
			l.report(l.paths[n]+at+name, levelError, lintValueType, params)
		}
	}
}

// holds tells whether a field can take what an expression gives.
func holds(field *def.Field, t expr.Type) bool {
	kind := def.FieldKind(field)
	switch {
	case t.Kind == expr.KindAny:
		return true
	case field.IsTable():
		return holdsRows(field, t)
	case kind == expr.KindRecord && t.Kind == expr.KindRecord:
		return t.Shape == nil || t.Shape.Name() == field.Target() || t.Shape.Name() == "actor" || t.Shape.Name() == "values"
	case kind == expr.KindRecord:
		return t.Kind == expr.KindText
	default:
		return kind == t.Kind
	}
}

// unfilled finds fields a new record needs and the action does not give.
func (l *linter) unfilled(n *node, a *action, entity *def.Entity) {
	for _, name := range entity.Required {
		field, ok := entity.Field(name)
		if !ok || a.values[name] != nil || field.IsComputed() || field.IsTable() || len(field.Default) > 0 || field.DefaultExpr != "" {
			continue
		}
		l.report(l.paths[n]+"/do/create/values", levelError, lintLeavesEmpty, map[string]any{"node": n.Name, "field": name})
	}
}

// selects looks at which records an update or void is about.
func (l *linter) selects(n *node, a *action, at string, where []byte) {
	if a.record != nil {
		field := &def.Field{XType: def.TypeReference, Entity: a.entity}
		if a.record.program != nil && !holds(field, a.record.program.Type()) {
			l.report(l.paths[n]+at+"/record", levelError, lintValueType, map[string]any{"node": n.Name, "field": a.entity})
		}
		return
	}
	if _, err := access.ParseFilter(where, l.cat, a.entity, "record"); err != nil {
		l.report(l.paths[n]+at+"/where", levelError, lintFilter, map[string]any{"node": n.Name, "reason": err.Error()})
	}
	for _, name := range filterVars(where) {
		field, ours := strings.CutPrefix(name, "record.")
		if ours && l.entity != nil && l.entity.Properties[field] == nil {
			l.report(l.paths[n]+at+"/where", levelError, lintUnknownField, map[string]any{"node": n.Name, "field": field})
		}
	}
}

// table looks at a sub-table something is done for each row of.
func (l *linter) table(n *node, at, name string) *def.Field {
	if name == "" {
		return nil
	}
	if l.entity != nil {
		if field, ok := l.entity.Field(name); ok && field.IsTable() {
			return field
		}
	}
	l.report(l.paths[n]+at, levelError, lintEach, map[string]any{"node": n.Name, "field": name})
	return nil
}

// call looks at the fields a call hands over and takes back.
func (l *linter) call(n *node) {
	table := l.table(n, "/each", n.Each)
	f := l.cat.Flows[n.Flow]
	if f == nil {
		return // found by called
	}
	if f.Entity == "" && hasPeople(f.Nodes) {
		l.report(l.paths[n]+"/flow", levelError, lintCallEntity, map[string]any{"node": n.Name, "flow": n.Flow})
	}
	callee := l.cat.Entities[f.Entity]
	if hasPeople(f.Nodes) {
		l.unfilledCall(n, callee)
	}
	for _, to := range slices.Sorted(maps.Keys(n.In)) {
		l.mapped(n, "/in/"+to, l.fieldOf(callee, nil, to), l.fieldOf(l.entity, table, n.In[to]), callee != nil && l.entity != nil)
	}
	for _, to := range slices.Sorted(maps.Keys(n.Out)) {
		own := l.entity
		if table != nil {
			own = nil
		}
		l.mapped(n, "/out/"+to, l.fieldOf(own, table, to), l.fieldOf(callee, nil, n.Out[to]), callee != nil && l.entity != nil)
	}
}

// fieldOf finds a field, or a column of the table ("row." before it or not).
func (l *linter) fieldOf(entity *def.Entity, table *def.Field, name string) *def.Field {
	column, named := strings.CutPrefix(name, "row.")
	if table != nil {
		if field, ok := table.Column(column); ok {
			return field
		}
	}
	if entity == nil || named {
		return nil
	}
	return entity.Properties[name]
}

// mapped looks at one pair of a map of fields.
func (l *linter) mapped(n *node, at string, to, from *def.Field, typed bool) {
	params := map[string]any{"node": n.Name, "field": at[strings.LastIndexByte(at, '/')+1:]}
	switch {
	case !typed:
	case to == nil || from == nil:
		l.report(l.paths[n]+at, levelError, lintUnknownField, params)
	case to.IsComputed():
		l.report(l.paths[n]+at, levelError, lintNotWritable, params)
	case def.FieldKind(to) != def.FieldKind(from) || to.Target() != from.Target():
		l.report(l.paths[n]+at, levelError, lintValueType, params)
	}
}

// wait looks at what a wait waits for.
func (l *linter) wait(n *node) {
	switch {
	case n.until == nil && n.duration <= 0:
		l.add(n, "/for", levelError, lintDuration)
	case n.until == nil || n.until.program == nil:
	default:
		kind := n.until.program.Type().Kind
		if !slices.Contains([]expr.Kind{expr.KindDate, expr.KindDateTime, expr.KindBool, expr.KindAny}, kind) {
			l.add(n, "/until", levelError, lintUntil)
		}
	}
}
