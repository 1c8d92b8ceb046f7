package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Plan is a compiled flow. It never changes and may be used by many goroutines.
type Plan struct {
	Flow    *def.Flow
	Catalog string // version the definition is from, "" outside a catalog

	entity   *def.Entity // nil: a run without a record
	root     *list
	nodes    map[string]*node
	order    []*node // in document order
	certain  []*node // calls for each row that every run comes to
	admins   []string
	subject  *expr.Program
	settings map[string]any // constants in the conditions
}

// list is a sequence of nodes: the flow's own, or a branch's.
type list struct {
	nodes  []*node
	owner  *node   // the branch node this list is in, nil for the flow's own
	branch *branch // the branch, nil for the flow's own
	depth  int     // 1 for the flow's own
}

// node is a definition's node in its place, with everything resolved that does not depend on a run.
type node struct {
	*def.Node
	list     *list
	index    int
	when     *condition // nil: always
	branches []*branch
	until    *condition // of wait
	action   *action    // of action
	duration time.Duration
	onEmpty  string
	onSelf   string
	dedupe   string
	mode     string
	quorum   quorum
	allow    []string
	comment  string
	timeouts []deadline
}

type branch struct {
	*def.Branch
	list *list
	when *condition // nil for else
}

// deadline is a timeout with its parts read.
type deadline struct {
	after time.Duration
	do    string // remind, transfer, pass, reject, return
	to    string // of transfer and return
}

// condition is an expression that is true or false over the record. A broken one fails when it is evaluated: the run
// is suspended, nothing is lost.
type condition struct {
	source  string
	program *expr.Program
	err     error
	reads   []expr.Path // what may be told of it afterwards
}

// human tells whether a node waits for people.
func (n *node) human() bool { return n.Type == def.NodeApprove || n.Type == def.NodeHandle }

// fork tells whether a branch node may hold several tokens.
func (n *node) fork() bool {
	return n.Type == def.NodeBranch && (n.Mode == "parallel" || n.Mode == "inclusive")
}

// Compile makes the plan of a flow of a catalog. It fails if a condition or the subject does not compile.
func Compile(cat *def.Catalog, f *def.Flow) (*Plan, error) {
	p := compilePlan(cat, f)
	if err := p.broken(); err != nil {
		return nil, fmt.Errorf("compile flow %s: %w", f.Name, err)
	}
	return p, nil
}

// compilePlan makes a plan also of a flow with broken conditions, for Lint and for runs that were published unchecked.
// Without a catalog, or without an entity in it, conditions may name anything.
func compilePlan(cat *def.Catalog, f *def.Flow) *Plan {
	p := &Plan{Flow: f, nodes: map[string]*node{}, admins: adminsOf(f)}
	if cat != nil {
		p.Catalog = cat.Version
		p.entity = cat.Entities[f.Entity]
	}
	scope := planScope(cat, p.entity)
	c := compiler{plan: p, cat: cat, scope: scope}
	p.root = c.list(f.Nodes, nil, nil)
	p.certain = certainCalls(p.root, map[string]bool{})
	p.settings = p.readSettings(scope)
	p.noteReads(cat)
	if f.Settings.Subject != "" {
		if subject, err := expr.Compile(f.Settings.Subject, scope, expr.KindText); err == nil {
			p.subject = subject
		}
	}
	return p
}

// adminsOf lists who administers a flow.
func adminsOf(f *def.Flow) []string {
	if len(f.Settings.Admins) == 0 {
		return []string{"role:flow_admin"}
	}
	return f.Settings.Admins
}

// planScope is what conditions may name.
func planScope(cat *def.Catalog, entity *def.Entity) expr.Scope {
	switch {
	case entity != nil:
		return cat.Scope(entity)
	case cat != nil:
		scope := cat.SettingsScope()
		scope.Self = anyShape{}
		return scope
	default:
		return expr.Scope{Self: anyShape{}, Vars: map[string]expr.Type{}}
	}
}

// peopleAt follows a path of fields through references and into a sub-table; it gives the last field, and whether that
// names users or a department: one or several, by a type of its own or by a reference.
func (p *Plan) peopleAt(cat *def.Catalog, path []string) (*def.Field, bool) {
	entity := p.entity
	for i := 0; i < len(path) && entity != nil; i++ {
		field, ok := entity.Field(path[i])
		if ok && field.IsTable() && i+1 < len(path) {
			i++
			field, ok = field.Column(path[i])
		}
		if !ok {
			return nil, false
		}
		if i == len(path)-1 {
			return field, field.Target() == def.EntityUser || field.Target() == def.EntityDepartment
		}
		entity = cat.Entities[field.Target()]
	}
	return nil, false
}

// broken gives the errors of conditions.
func (p *Plan) broken() error {
	var errs []error
	for _, c := range p.conditions() {
		if c.err != nil {
			errs = append(errs, fmt.Errorf("condition %q: %w", c.source, c.err))
		}
	}
	return errors.Join(errs...)
}

// conditions lists every condition of the plan in document order.
func (p *Plan) conditions() []*condition {
	var all []*condition
	for _, n := range p.order {
		for _, c := range []*condition{n.when, n.until} {
			if c != nil {
				all = append(all, c)
			}
		}
		programs := n.action.programs()
		for _, at := range slices.Sorted(maps.Keys(programs)) {
			all = append(all, programs[at])
		}
		for _, b := range n.branches {
			if b.when != nil {
				all = append(all, b.when)
			}
		}
	}
	return all
}

// readSettings evaluates the constants the plan's conditions were compiled with: they are kept in the state of a run,
// so that what it decided can be explained after the settings have changed.
func (p *Plan) readSettings(scope expr.Scope) map[string]any {
	values := map[string]any{}
	for _, c := range p.conditions() {
		if c.program == nil {
			continue
		}
		for _, name := range c.program.Settings() {
			if value, _, ok := scope.Setting(name); ok {
				values[name] = expr.Key(value)
			}
		}
	}
	return values
}

// compiler builds the tree of a plan.
type compiler struct {
	plan  *Plan
	cat   *def.Catalog
	scope expr.Scope
}

func (c *compiler) list(nodes []*def.Node, owner *node, in *branch) *list {
	l := &list{owner: owner, branch: in, depth: 1}
	if owner != nil {
		l.depth = owner.list.depth + 1
	}
	for i, d := range nodes {
		l.nodes = append(l.nodes, c.node(d, l, i))
	}
	return l
}

func (c *compiler) node(d *def.Node, l *list, index int) *node {
	set := c.plan.Flow.Settings
	n := &node{
		Node: d, list: l, index: index,
		when:    c.condition(d.When, expr.KindBool),
		until:   c.condition(d.Until, expr.KindAny),
		action:  c.action(d),
		onEmpty: first(d.OnEmpty, set.OnEmpty, "admin"),
		onSelf:  first(d.OnSelf, set.OnSelf, "self"),
		dedupe:  first(d.Dedupe, set.Dedupe, "none"),
		comment: first(d.Comment, set.Comment, "reject"),
		mode:    first(d.Mode, defaultMode(d)),
		allow:   d.Allow,
	}
	if d.Allow == nil {
		n.allow = []string{"transfer", "return"}
	}
	if d.For != "" {
		n.duration, _ = parseDuration(d.For) // Lint and the meta-schema refuse a bad one
	}
	n.quorum = newQuorum(n)
	for _, t := range d.Timeout {
		n.timeouts = append(n.timeouts, newDeadline(t))
	}
	c.plan.order = append(c.plan.order, n)
	if _, double := c.plan.nodes[d.Name]; !double {
		c.plan.nodes[d.Name] = n
	}
	for _, b := range d.Branches {
		way := &branch{Branch: b}
		if !b.Else && (n.Mode != "parallel" || b.When != "") {
			way.when = c.branchCondition(b.When)
		}
		way.list = c.list(b.Nodes, n, way)
		n.branches = append(n.branches, way)
	}
	return n
}

// defaultMode is the mode of a node that names none. A chain of leaders decides from the bottom up.
func defaultMode(d *def.Node) string {
	chain := func(who string) bool { return strings.HasPrefix(who, "chain:") }
	switch {
	case d.Type == def.NodeBranch:
		return "exclusive"
	case slices.ContainsFunc(d.Who, chain):
		return "seq"
	default:
		return "all"
	}
}

// condition compiles a source; "" is no condition.
func (c *compiler) condition(source string, want expr.Kind) *condition {
	if source == "" {
		return nil
	}
	program, err := expr.Compile(source, c.scope, want)
	return &condition{source: source, program: program, err: err}
}

var errNoCondition = errors.New("branch without a condition")

func (c *compiler) branchCondition(source string) *condition {
	if source == "" {
		return &condition{err: errNoCondition}
	}
	return c.condition(source, expr.KindBool)
}

func newDeadline(t def.Timeout) deadline {
	do, to, _ := strings.Cut(t.Do, ":")
	after, err := parseDuration(t.After)
	if err != nil {
		after = math.MaxInt64 // never; Lint refuses it
	}
	return deadline{after: after, do: do, to: to}
}

// within tells whether n stands in l or deeper, and the node of l that holds it.
func (n *node) within(l *list) (*node, bool) {
	for at := n; ; at = at.list.owner {
		if at.list == l {
			return at, true
		}
		if at.list.owner == nil {
			return nil, false
		}
	}
}

// walkNodes calls f for the nodes of a list from an index on, and for those inside them.
func walkNodes(l *list, from int, f func(*node)) {
	for _, n := range l.nodes[from:] {
		f(n)
		for _, b := range n.branches {
			walkNodes(b.list, 0, f)
		}
	}
}

// first gives the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// anyShape admits every name: the fields of a run without an entity are only known when it runs.
type anyShape struct{}

func (anyShape) Name() string { return "values" }

func (anyShape) Field(string) (expr.Type, bool) {
	return expr.Type{Kind: expr.KindAny, Optional: true}, true
}

func (anyShape) Names() []string { return nil }

// percent reads a percentage as hundredths: "66.67" is 6667. It must have at most two places.
func percent(n json.Number) (int64, bool) {
	if n == "" {
		return 0, false
	}
	d, err := expr.ParseDecimal(n.String())
	if err != nil {
		return 0, false
	}
	return expr.ScaledDecimal(d, 2)
}
