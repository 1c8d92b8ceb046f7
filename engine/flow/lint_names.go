package flow

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

const (
	lintSameLater = "same_later"   // asks for those of a node that comes later: nobody yet
	lintDiscloses = "text_exposes" // a text shows a field some of its readers may not read
)

// settings looks at what holds for the whole flow: its administrators and its subject.
func (l *linter) settings() {
	for i, entry := range l.flow.Settings.Admins {
		if role, ok := strings.CutPrefix(entry, "role:"); ok && !l.hasRole(role) {
			l.report("/settings/admins/"+strconv.Itoa(i), levelError, lintUnknownName, map[string]any{"name": role})
		}
	}
	if l.flow.Settings.Subject == "" || l.cat == nil {
		return
	}
	subject, err := expr.Compile(l.flow.Settings.Subject, l.scope, expr.KindText)
	if err != nil {
		l.report("/settings/subject", levelError, conditionCode(err), map[string]any{"reason": err.Error()})
		return
	}
	l.exposes("/settings/subject", subject, l.readers(nil), l.flow.Nodes)
}

// deadlineTargets finds deadlines that give a task to what is not there.
func (l *linter) deadlineTargets(n *node) {
	for i, t := range n.timeouts {
		if t.do != doTransfer {
			continue
		}
		kind, arg, _ := cutWho(t.to)
		if kind == "role" && !l.hasRole(arg) || kind == "field" && !l.leadsToPeople(arg) {
			l.report(l.paths[n]+"/timeout/"+strconv.Itoa(i)+"/do", levelError, lintUnknownName, map[string]any{"node": n.Name, "name": arg})
		}
	}
}

// never is the time of a deadline that cannot be read.
func (d *deadline) never() bool { return d.after == math.MaxInt64 }

// later tells whether a node comes after another in the document.
func (l *linter) later(n, than *node) bool {
	return slices.Index(l.plan.order, n) > slices.Index(l.plan.order, than)
}

// grantsOf lists the grants of a role on the flow's entity by which records are read, with those it inherits.
func (l *linter) grantsOf(name string, seen map[string]bool) []*def.Grant {
	role := l.cat.Roles[name]
	if role == nil || seen[name] {
		return nil
	}
	seen[name] = true
	var found []*def.Grant
	for _, g := range role.Grants {
		if g.Entity == l.flow.Entity && (slices.Contains(g.Actions, "read") || slices.Contains(g.Actions, "act")) {
			found = append(found, g)
		}
	}
	for _, other := range role.Inherits {
		found = append(found, l.grantsOf(other, seen)...)
	}
	return found
}

// readers are the roles a text may reach: those a list of people names, if it names nothing else, or all.
func (l *linter) readers(who []string) []string {
	var roles []string
	for _, entry := range who {
		role, ok := strings.CutPrefix(entry, "role:")
		if !ok {
			roles = nil
			break
		}
		roles = append(roles, role)
	}
	for name := range l.cat.Roles {
		if len(who) == 0 || roles == nil {
			roles = append(roles, name)
		}
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// exposes warns of fields a text shows although some of its readers may not read them: holders of roles, or those at nodes
// that hide them. The engine makes such texts with nothing hidden, they are the same for everybody.
func (l *linter) exposes(at string, text *expr.Program, roles []string, nodes []*def.Node) {
	if l.entity == nil {
		return
	}
	seen := map[string]bool{}
	for _, path := range text.Reads() {
		field := l.shownField(withoutRecord(path))
		if field == nil || seen[field.Path] {
			continue
		}
		seen[field.Path] = true
		var blind []string
		for _, name := range roles {
			grants := l.grantsOf(name, map[string]bool{})
			if len(grants) > 0 && !slices.ContainsFunc(grants, func(g *def.Grant) bool { return g.Shows(field) }) {
				blind = append(blind, l.cat.Roles[name].Title)
			}
		}
		hiding := hidingNodes(nodes, field.Path)
		if len(blind)+len(hiding) > 0 {
			l.report(at, levelWarning, lintDiscloses, map[string]any{"field": field.Path, "people": append(blind, hiding...)})
		}
	}
}

// shownField is the field of the flow's own entity, or the column, a path begins with.
func (l *linter) shownField(path expr.Path) *def.Field {
	if len(path) > 1 {
		if column, ok := l.entity.Field(path[0] + "." + path[1]); ok {
			return column
		}
	}
	if field, ok := l.entity.Properties[path[0]]; ok {
		return field
	}
	return nil
}

// hidingNodes lists the titles of nodes that hide a field from their people.
func hidingNodes(nodes []*def.Node, path string) []string {
	var found []string
	for _, n := range nodes {
		if n.Fields[path] == "-" {
			found = append(found, first(n.Title, n.Name))
		}
		for _, b := range n.Branches {
			found = append(found, hidingNodes(b.Nodes, path)...)
		}
	}
	return found
}

// message looks at the texts of a notification.
func (l *linter) message(n *node, a *action) {
	for at, c := range map[string]*condition{"title": a.title, "body": a.body} {
		if c != nil && c.program != nil {
			l.exposes(l.paths[n]+"/do/notify/"+at, c.program, l.readers(a.def.Notify.Who), nil)
		}
	}
}

// unfilledCall finds fields the record of a called flow needs and the call does not hand over. A call that names a field
// which is not there is mended first.
func (l *linter) unfilledCall(n *node, callee *def.Entity) {
	if callee == nil || n.Flow == l.flow.Name {
		return
	}
	for name := range n.In {
		if _, known := callee.Field(name); !known {
			return
		}
	}
	for _, name := range callee.Required {
		field, ok := callee.Field(name)
		if !ok || n.In[name] != "" || field.IsComputed() || field.XType == def.TypeAutoNumber || len(field.Default) > 0 || field.DefaultExpr != "" {
			continue
		}
		l.report(l.paths[n]+"/in", levelError, lintLeavesEmpty, map[string]any{"node": n.Name, "field": name})
	}
}

// written lists the fields and columns a node writes: those its people may, and those its action sets.
func (n *node) written() []string {
	var paths []string
	for path, right := range n.Fields {
		if right == "w" {
			paths = append(paths, path)
		}
	}
	if n.action != nil && n.action.do == actSet {
		for name := range n.action.values {
			paths = append(paths, name)
		}
	}
	slices.Sort(paths)
	return paths
}

// overlaps tells whether two paths write the same: a table and a column of it do.
func overlaps(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// literalText is the text a source is nothing but.
func literalText(source string) (string, bool) {
	tokens := tokenize(source)
	if len(tokens) != 1 {
		return "", false
	}
	text, ok := tokens[0].literal.(string)
	return text, ok
}

// noOption tells whether a text is none of the options of a field that has a fixed list of them.
func noOption(field *def.Field, source string) bool {
	text, ok := literalText(source)
	if !ok || field.XType != def.TypeSelect || field.Dictionary != "" {
		return false
	}
	_, known := field.Option(text)
	return !known
}
