package flow

import (
	"context"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/record"
)

// ApproverTable says who approves what, at which amount: one row per combination of ranges and options that the
// conditions of a flow tell apart, one column per node with people.
type ApproverTable struct {
	Variables []TableVariable `json:"variables"`
	Nodes     []TableNode     `json:"nodes"`
	Rows      []TableRow      `json:"rows"`
	// Undecided lists conditions that read more than comparisons with constants tell: their rows are examples.
	Undecided []string `json:"undecided,omitempty"`
	Truncated bool     `json:"truncated,omitempty"` // there are more rows than are shown
}

// TableVariable is what conditions read.
type TableVariable struct {
	Path   string            `json:"path"`
	Title  string            `json:"title"`
	Type   def.FieldType     `json:"type,omitempty"`   // of its values, where it is a field
	Unit   string            `json:"unit,omitempty"`   // behind its values
	Labels map[string]string `json:"labels,omitempty"` // of its options, by name
}

// TableNode is a column.
type TableNode struct {
	Node    string       `json:"node"`
	Title   string       `json:"title"`
	Type    def.NodeType `json:"type"`
	Entries []TableEntry `json:"entries"`
}

// TableEntry is an entry of a node's people, with those it gives for the person and record the table was asked for.
type TableEntry struct {
	Who    string  `json:"who"`
	Name   string  `json:"name,omitempty"` // what Who names, for people
	People []Named `json:"people"`
}

// TableRow is one combination. When has one range per variable, in the order of Variables; Nodes are those the run comes
// to, in document order. Failed tells that a condition cannot be evaluated there: the run would be suspended.
type TableRow struct {
	When   []TableRange `json:"when"`
	Nodes  []string     `json:"nodes"`
	Failed bool         `json:"failed,omitempty"`
}

// TableRange is a part of a variable's values: single ones, or an interval. Any means all there are; Other all but the
// single values of the other ranges.
type TableRange struct {
	Any        bool     `json:"any,omitempty"`
	Other      bool     `json:"other,omitempty"`
	Values     []string `json:"values,omitempty"`
	From       string   `json:"from,omitempty"` // lower bound, "" = none
	To         string   `json:"to,omitempty"`   // upper bound, "" = none
	FromClosed bool     `json:"fromClosed,omitempty"`
	ToClosed   bool     `json:"toClosed,omitempty"`
}

// maxTableRows bounds a table.
const maxTableRows = 200

// ApproverTable makes the table of a flow, for a record submitted by somebody. Without a record, entries that look into
// one give nobody, and a role all who have it. It fails as Simulate does.
func (s *Service) ApproverTable(ctx context.Context, tenant string, in SimulateInput) (ApproverTable, error) {
	f := in.Catalog.Flows[in.Flow]
	if f == nil || in.Catalog.Entities[f.Entity] == nil {
		return ApproverTable{}, record.ErrNotFound
	}
	plan := compilePlan(in.Catalog, f)
	l := linter{cat: in.Catalog, flow: f, plan: plan, entity: plan.entity, scope: planScope(in.Catalog, plan.entity)}
	table := newTabulator(&l).table()
	for i, v := range table.Variables {
		table.Variables[i].Title = titleOfPath(in.Catalog, plan.entity, v.Path, in.Lang)
		table.Variables[i].describe(&readings{cat: in.Catalog, entity: plan.entity, lang: in.Lang})
	}
	var err error
	table.Nodes, err = s.tableNodes(ctx, tenant, plan, in)
	return table, err
}

// describe notes what kind of values a variable has.
func (v *TableVariable) describe(r *readings) {
	read, ok := r.field(expr.Reading{Op: "field", Name: v.Path})
	if !ok || read.field == nil {
		return
	}
	v.Type, v.Unit = read.Type, read.Unit
	for _, option := range read.field.Opts {
		if v.Labels == nil {
			v.Labels = map[string]string{}
		}
		v.Labels[option.Const] = option.Label(r.lang)
	}
}

// titleOfPath names a path for people: the titles of its fields.
func titleOfPath(cat *def.Catalog, entity *def.Entity, path, lang string) string {
	title := ""
	for _, name := range strings.Split(path, ".") {
		field, ok := entity.Field(name)
		if !ok {
			return path
		}
		if title != "" {
			title += " · "
		}
		title += field.Label(lang)
		if field.IsTable() {
			return title
		}
		if entity = cat.Entities[field.Target()]; entity == nil {
			break
		}
	}
	return first(title, path)
}

// whoTitle names what an entry names; "" if that has no title, or without a catalog.
func (p *Plan) whoTitle(cat *def.Catalog, who, lang string) string {
	kind, arg, _ := cutWho(who)
	switch {
	case kind == "role" && cat != nil && cat.Roles[arg] != nil:
		return cat.Roles[arg].Label(lang)
	case kind == "field" && cat != nil && p.entity != nil:
		return titleOfPath(cat, p.entity, arg, lang)
	case kind == "same":
		return p.titleOf(arg, lang)
	case kind == "chain": // up to the holder of a role
		return p.whoTitle(cat, arg, lang)
	default:
		return ""
	}
}

// tableNodes finds the people of every column.
func (s *Service) tableNodes(ctx context.Context, tenant string, plan *Plan, in SimulateInput) ([]TableNode, error) {
	nodes := []TableNode{}
	var r *run
	var dir *directory
	if in.User != "" {
		person, ok, err := s.config.Access.Person(ctx, tenant, in.User)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, refuseWith(CodeUserDisabled, "user", in.User)
		}
		if r, dir, err = s.asking(ctx, person, plan, in); err != nil {
			return nil, err
		}
	}
	of := &asked{service: s, tenant: tenant, run: r, roles: in.Record == nil && len(in.Values) == 0}
	for _, n := range plan.order {
		if len(n.Who) == 0 {
			continue
		}
		column := TableNode{Node: n.Name, Title: plan.titleOf(n.Name, in.Lang), Type: n.Type}
		for _, who := range n.Who {
			people, err := of.people(ctx, n, who)
			if err != nil {
				return nil, err
			}
			column.Entries = append(column.Entries, TableEntry{Who: who, Name: plan.whoTitle(in.Catalog, who, in.Lang), People: people})
		}
		nodes = append(nodes, column)
	}
	if dir != nil {
		return nodes, dir.err
	}
	return nodes, nil
}

// asked finds the people of entries.
type asked struct {
	service *Service
	tenant  string
	run     *run // nil when nobody is named who would submit
	roles   bool // a role is all who have it: there is no record yet that row filters could look at
}

func (a *asked) people(ctx context.Context, n *node, who string) ([]Named, error) {
	people := []Named{}
	kind, role, _ := cutWho(who)
	end, chained := strings.CutPrefix(who, "chain:role:")
	switch {
	case chained && a.roles && a.run != nil:
		members, err := a.service.config.Access.Members(ctx, a.tenant, end)
		if err != nil {
			return nil, err
		}
		leaders := a.run.chainUntil(func(id string) bool {
			return slices.ContainsFunc(members, func(m access.Actor) bool { return m.ID == id })
		})
		for _, p := range leaders {
			people = append(people, named(p))
		}
	case kind == "role" && a.roles:
		members, err := a.service.config.Access.Members(ctx, a.tenant, role)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			people = append(people, Named{ID: m.ID, Name: m.Name})
		}
	case a.run != nil:
		for _, p := range a.run.resolveOne(n, who) {
			people = append(people, named(p))
		}
	}
	return people, nil
}

// asking is a run that only asks who somebody's approvers would be.
func (s *Service) asking(ctx context.Context, person access.Actor, plan *Plan, in SimulateInput) (*run, *directory, error) {
	look := record.PreviewInput{Catalog: in.Catalog, Entity: plan.Flow.Entity, Values: in.Values, Stored: in.Record}
	if look.Values == nil {
		look.Values = form.Values{}
	}
	full, err := s.config.Records.Preview(ctx, person, look)
	if err != nil {
		return nil, nil, err
	}
	dir, err := s.newDirectory(ctx, person.Tenant, full)
	if err != nil {
		return nil, nil, err
	}
	dir.flow = plan.Flow.Name
	st := &State{Status: Running}
	st.Initiator, _ = dir.Person(person.ID)
	world := &World{
		Now: full.Now, Org: dir, Env: dir.env,
		Values: func(form.Values) (form.Values, error) { return full.Record.Values, nil },
	}
	return &run{plan: plan, before: st, st: st, cmd: &Command{Verb: Start}, world: world}, dir, nil
}
