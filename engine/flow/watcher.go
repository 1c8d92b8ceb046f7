package flow

import (
	"cmp"
	"context"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
)

// watcher puts the monitor together: from groups of the task list, four queries whatever the number of tasks, for flows all
// of whose runs the administrator sees; of the others his entries are read and counted one by one.
type watcher struct {
	service *Service
	sight   *sight
	catalog *def.Catalog
	flows   []string // all, those he sees all runs of, and the others
	whole   []string
	part    []string
	lang    string
	now     time.Time

	commanded commanded
}

func textKey(path string) query.By {
	return query.By{Name: path, Path: []string{path}, Type: def.TypeText}
}

func (w *watcher) load(ctx context.Context, m *Monitor) error {
	byFlow := map[string]*Load{}
	for _, name := range w.flows {
		f := w.catalog.Flows[name]
		byFlow[name] = &Load{Flow: name, Title: f.Label(w.lang), Entity: f.Entity, Can: w.commanded.verbs(name, Migrate)}
	}
	if err := w.runs(ctx, byFlow); err != nil {
		return err
	}
	nodes, people := map[[2]string]*NodeLoad{}, map[string]*PersonLoad{}
	if err := w.waiting(ctx, byFlow, nodes); err != nil {
		return err
	}
	if err := w.people(ctx, people); err != nil {
		return err
	}
	if err := w.handled(ctx, nodes); err != nil {
		return err
	}
	if len(w.part) > 0 {
		if err := w.partly(ctx, byFlow, nodes, people); err != nil {
			return err
		}
	}
	for _, name := range w.flows {
		m.Flows = append(m.Flows, *byFlow[name])
	}
	for _, n := range nodes {
		m.Nodes = append(m.Nodes, *n)
	}
	slices.SortFunc(m.Nodes, func(a, b NodeLoad) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Open, a.Open), cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Node, b.Node))
	})
	m.People = mostLoaded(people)
	return nil
}

// groups groups entries of the flows all of whose runs are seen.
func (w *watcher) groups(ctx context.Context, tab string, a query.Aggregation) ([]map[string]any, error) {
	if len(w.whole) == 0 {
		return nil, nil
	}
	a.Collection, a.Where = def.EntityTask, query.AllOf(entriesOf(tab, w.whole), a.Where)
	return w.sight.store.Aggregate(ctx, a)
}

// notEnded matches runs that have not ended.
func notEnded() *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{"record_state"}, Op: query.In, Value: unfinished, Type: def.TypeText}}
}

// runs counts the runs by their state.
func (w *watcher) runs(ctx context.Context, byFlow map[string]*Load) error {
	groups, err := w.groups(ctx, TabStarted, query.Aggregation{
		Where: notEnded(), By: []query.By{textKey("flow"), textKey("record_state")}, Measures: []query.Measure{{Name: "n", Agg: "count"}},
	})
	for _, g := range groups {
		n, _ := g["n"].(int64)
		byFlow[textOf(g, "flow")].add(Status(textOf(g, "record_state")), n)
	}
	return err
}

// add counts runs in a state.
func (l *Load) add(state Status, n int64) {
	switch state {
	case Running:
		l.Running += n
	case Returned:
		l.Returned += n
	case Suspended:
		l.Suspended += n
	default:
	}
}

// waiting counts the open tasks of each node.
func (w *watcher) waiting(ctx context.Context, byFlow map[string]*Load, nodes map[[2]string]*NodeLoad) error {
	groups, err := w.groups(ctx, TabOpen, query.Aggregation{
		By: []query.By{textKey("flow"), textKey("node")},
		Measures: []query.Measure{
			{Name: "open", Agg: "count"},
			{Name: "overdue", Agg: "count", Where: overdue(w.now)},
			{Name: "oldest", Agg: "min", Path: []string{"arrived_at"}, Type: def.TypeDateTime},
			lastTitle(),
		},
	})
	for _, g := range groups {
		n := w.node(nodes, g)
		n.Open, _ = g["open"].(int64)
		n.Overdue, _ = g["overdue"].(int64)
		n.Oldest = timeOf(g, "oldest")
		byFlow[n.Flow].Overdue += n.Overdue
	}
	return err
}

// handled averages how long decisions took.
func (w *watcher) handled(ctx context.Context, nodes map[[2]string]*NodeLoad) error {
	groups, err := w.groups(ctx, TabHandled, query.Aggregation{
		Where: w.lately(), By: []query.By{textKey("flow"), textKey("node")},
		Measures: []query.Measure{
			{Name: "handled", Agg: "count"}, {Name: "average", Agg: "avg", Path: []string{"waited"}, Type: def.TypeInteger}, lastTitle(),
		},
	})
	for _, g := range groups {
		n := w.node(nodes, g)
		n.Handled, _ = g["handled"].(int64)
		n.Average = textOf(g, "average")
	}
	return err
}

// lastTitle asks for a title under which a node was known when its tasks were made.
func lastTitle() query.Measure {
	return query.Measure{Name: "title", Agg: query.Max, Path: []string{"node_title"}, Type: def.TypeText}
}

// node gives the load a group, or an entry, counts for.
func (w *watcher) node(nodes map[[2]string]*NodeLoad, group map[string]any) *NodeLoad {
	key := [2]string{textOf(group, "flow"), textOf(group, "node")}
	if nodes[key] == nil {
		title := key[1]
		if plan := w.service.plan(w.catalog, key[0]); plan != nil {
			title = plan.titleOf(key[1], w.lang)
		}
		if title == key[1] { // only an older version has the node
			title = cmp.Or(textOf(group, "title"), textOf(group, "node_title"), title)
		}
		nodes[key] = &NodeLoad{Flow: key[0], Node: key[1], Title: title}
	}
	return nodes[key]
}

// lately matches entries that arrived within the time the monitor averages over.
func (w *watcher) lately() *query.Filter { return after("arrived_at", w.now.Add(-lookBack)) }

// people counts everybody's open tasks.
func (w *watcher) people(ctx context.Context, people map[string]*PersonLoad) error {
	groups, err := w.groups(ctx, TabOpen, query.Aggregation{
		By:       []query.By{{Name: "user", Path: []string{"user"}, Type: def.TypeUser}},
		Measures: []query.Measure{{Name: "open", Agg: "count"}, {Name: "overdue", Agg: "count", Where: overdue(w.now)}},
	})
	for _, g := range groups {
		p := person(people, g)
		p.Open, _ = g["open"].(int64)
		p.Overdue, _ = g["overdue"].(int64)
	}
	return err
}

func person(people map[string]*PersonLoad, entry map[string]any) *PersonLoad {
	id := textOf(entry, "user")
	if people[id] == nil {
		people[id] = &PersonLoad{User: Named{ID: id}}
	}
	return people[id]
}

// mostLoaded orders people, those who hold most first, and leaves out who comes after the first maxLoaded.
func mostLoaded(people map[string]*PersonLoad) []PersonLoad {
	loads := make([]PersonLoad, 0, len(people))
	for _, p := range people {
		loads = append(loads, *p)
	}
	slices.SortFunc(loads, func(a, b PersonLoad) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Open, a.Open), cmp.Compare(a.User.ID, b.User.ID))
	})
	return loads[:min(len(loads), maxLoaded)]
}

// partly adds what is seen of the flows of which not all is seen.
func (w *watcher) partly(ctx context.Context, byFlow map[string]*Load, nodes map[[2]string]*NodeLoad, people map[string]*PersonLoad) error {
	started := query.AllOf(entriesOf(TabStarted, w.part), notEnded())
	err := w.sight.each(ctx, started, []string{"flow", "record_state"}, func(entry map[string]any) {
		byFlow[textOf(entry, "flow")].add(Status(textOf(entry, "record_state")), 1)
	})
	if err != nil {
		return err
	}
	late := overdue(w.now)
	open := []string{"flow", "node", "node_title", "user", "arrived_at", "due_at"}
	err = w.sight.each(ctx, entriesOf(TabOpen, w.part), open, func(entry map[string]any) {
		n, p := w.node(nodes, entry), person(people, entry)
		n.Open++
		p.Open++
		if query.Match(late, query.Values(entry)) {
			n.Overdue++
			p.Overdue++
			byFlow[n.Flow].Overdue++
		}
		if at := timeOf(entry, "arrived_at"); at != nil && (n.Oldest == nil || at.Before(*n.Oldest)) {
			n.Oldest = at
		}
	})
	if err != nil {
		return err
	}
	return w.partlyHandled(ctx, nodes)
}

// partlyHandled is handled for the flows of which not all is seen.
func (w *watcher) partlyHandled(ctx context.Context, nodes map[[2]string]*NodeLoad) error {
	type wait struct{ seconds, n int64 }
	waits := map[*NodeLoad]wait{}
	where := query.AllOf(entriesOf(TabHandled, w.part), w.lately())
	err := w.sight.each(ctx, where, []string{"flow", "node", "node_title", "waited"}, func(entry map[string]any) {
		n := w.node(nodes, entry)
		n.Handled++
		if waited, ok := entry["waited"].(int64); ok {
			waits[n] = wait{waits[n].seconds + waited, waits[n].n + 1}
		}
	})
	if err != nil {
		return err
	}
	for n, of := range waits {
		average, err := expr.QuoDecimal(expr.DecimalFromInt(of.seconds), expr.DecimalFromInt(of.n))
		if err != nil {
			return err
		}
		n.Average = expr.DecimalString(average)
	}
	return nil
}
