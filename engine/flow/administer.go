package flow

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// lookBack is over how long the monitor averages.
const lookBack = 30 * 24 * time.Hour

// maxLoaded is how many people the monitor names.
const maxLoaded = 50

// Monitor is how the flows of an administrator are doing.
type Monitor struct {
	Flows  []Load       `json:"flows"`
	Nodes  []NodeLoad   `json:"nodes"`  // the slowest first
	People []PersonLoad `json:"people"` // who holds most first
}

// Load counts the runs of a flow that have not ended, and their overdue tasks.
type Load struct {
	Flow      string `json:"flow"`
	Title     string `json:"title"`
	Entity    string `json:"entity"`
	Running   int64  `json:"running"`
	Returned  int64  `json:"returned"`
	Suspended int64  `json:"suspended"`
	Overdue   int64  `json:"overdue"`
	Can       []Verb `json:"can"` // migrate, or nothing
}

// NodeLoad is what waits at a node, and how long its people took in the last 30 days.
type NodeLoad struct {
	Flow    string     `json:"flow"`
	Node    string     `json:"node"`
	Title   string     `json:"title"`
	Open    int64      `json:"open"`
	Overdue int64      `json:"overdue"`
	Oldest  *time.Time `json:"oldest,omitempty"` // since when the oldest open task waits
	Handled int64      `json:"handled"`
	Average string     `json:"average,omitempty"` // seconds from arrival to decision, a decimal
}

// PersonLoad counts somebody's open tasks.
type PersonLoad struct {
	User    Named `json:"user"`
	Open    int64 `json:"open"`
	Overdue int64 `json:"overdue"`
}

// RunQuery asks for runs, or for open tasks, of the flows the actor administers.
type RunQuery struct {
	Flow    string // "" = all of them
	State   string // of runs: running, returned, suspended; "" = these three
	Node    string // of tasks
	User    string // of tasks: who holds them
	Overdue bool   // of tasks
	Search  string // text the subject must contain
	After   string
	Limit   int // 1 to 100; 0 = 20
}

// RunItem is a run of a flow as its administrator lists it.
type RunItem struct {
	TaskItem
	Incident *ViewIncident `json:"incident,omitempty"`
	Can      []Verb        `json:"can"` // what the reader may do with it: retry, terminate
}

// OpenTask is an open task as an administrator of its flow lists it.
type OpenTask struct {
	TaskItem
	Can []Verb `json:"can"` // reassign, or nothing
}

// OpenTaskPage is one page of open tasks.
type OpenTaskPage struct {
	Tasks []OpenTask `json:"tasks"`
	Next  string     `json:"next"`
}

// RunPage is one page of runs.
type RunPage struct {
	Runs []RunItem `json:"runs"`
	Next string    `json:"next"`
}

var unfinished = []any{string(Running), string(Returned), string(Suspended)}

// administered gives the flows of the active catalog the actor may watch, by name: those he administers, and all for an
// administrator of the company.
func (s *Service) administered(ctx context.Context, actor access.Actor) (*def.Catalog, map[string]*def.Flow, error) {
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, nil, err
	}
	flows := map[string]*def.Flow{}
	for name, f := range cat.Flows {
		ok, err := s.Administers(ctx, actor, f)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			flows[name] = f
		}
	}
	return cat, flows, nil
}

// commanded are the flows whose runs somebody may command.
type commanded map[string]bool

// commanded finds out which of some flows' runs the actor may command: those whose own list of administrators names him.
// An administrator of the company only looks on. Runs of an older version obey the list of that version.
func (s *Service) commanded(ctx context.Context, actor access.Actor, names []string) (commanded, error) {
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	actor.Admin = false
	may := commanded{}
	for _, name := range names {
		if f := cat.Flows[name]; f != nil {
			if may[name], err = s.Administers(ctx, actor, f); err != nil {
				return nil, err
			}
		}
	}
	return may, nil
}

// verbs are those given if the runs of a flow may be commanded.
func (c commanded) verbs(flow string, verbs ...Verb) []Verb {
	if !c[flow] {
		return []Verb{}
	}
	return verbs
}

// scope gives the names of the flows the actor may watch, or of the one he asks for; it refuses whoever may watch none.
func (s *Service) scope(ctx context.Context, actor access.Actor, name string) (*def.Catalog, []string, error) {
	cat, flows, err := s.administered(ctx, actor)
	if err != nil {
		return nil, nil, err
	}
	names := slices.Sorted(maps.Keys(flows))
	if name != "" {
		names = slices.DeleteFunc(names, func(other string) bool { return other != name })
	}
	if len(names) == 0 {
		return nil, nil, refuse(CodeNotAdmin)
	}
	return cat, names, nil
}

func entriesOf(tab string, flows []string) *query.Filter {
	list := make([]any, len(flows))
	for i, name := range flows {
		list[i] = name
	}
	return query.AllOf(taskField("tab", def.TypeSelect, tab), &query.Filter{Cond: &query.Cond{
		Path: []string{"flow"}, Op: query.In, Value: list, Type: def.TypeText,
	}})
}

// Watch gives the monitor of the flows the actor administers; *Refused (not_admin) if he administers none.
func (s *Service) Watch(ctx context.Context, actor access.Actor) (Monitor, error) {
	cat, flows, err := s.scope(ctx, actor, "")
	if err != nil {
		return Monitor{}, err
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return Monitor{}, err
	}
	w := watcher{service: s, store: st, catalog: cat, flows: flows, lang: actor.Lang, now: s.config.Clock()}
	if w.commanded, err = s.commanded(ctx, actor, flows); err != nil {
		return Monitor{}, err
	}
	m := Monitor{Flows: []Load{}, Nodes: []NodeLoad{}, People: []PersonLoad{}}
	if err := w.load(ctx, &m); err != nil {
		return Monitor{}, fmt.Errorf("monitor of flows: %w", err)
	}
	ids := make([]string, len(m.People))
	for i, p := range m.People {
		ids[i] = p.User.ID
	}
	names, err := s.names(ctx, actor.Tenant, ids)
	for i := range m.People {
		m.People[i].User.Name = names[m.People[i].User.ID]
	}
	return m, err
}

// watcher puts the monitor together from groups of the task list: four queries, whatever the number of tasks.
type watcher struct {
	service *Service
	store   store.Store
	catalog *def.Catalog
	flows   []string
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
	nodes := map[[2]string]*NodeLoad{}
	if err := w.waiting(ctx, byFlow, nodes); err != nil {
		return err
	}
	if err := w.handled(ctx, nodes); err != nil {
		return err
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
	var err error
	m.People, err = w.people(ctx)
	return err
}

// runs counts the runs by their state.
func (w *watcher) runs(ctx context.Context, byFlow map[string]*Load) error {
	groups, err := w.store.Aggregate(ctx, query.Aggregation{
		Collection: def.EntityTask,
		Where: query.AllOf(entriesOf(TabStarted, w.flows), &query.Filter{Cond: &query.Cond{
			Path: []string{"record_state"}, Op: query.In, Value: unfinished, Type: def.TypeText,
		}}),
		By: []query.By{textKey("flow"), textKey("record_state")}, Measures: []query.Measure{{Name: "n", Agg: "count"}},
	})
	for _, g := range groups {
		load := byFlow[textOf(g, "flow")]
		n, _ := g["n"].(int64)
		switch Status(textOf(g, "record_state")) {
		case Running:
			load.Running = n
		case Returned:
			load.Returned = n
		case Suspended:
			load.Suspended = n
		default:
		}
	}
	return err
}

// waiting counts the open tasks of each node.
func (w *watcher) waiting(ctx context.Context, byFlow map[string]*Load, nodes map[[2]string]*NodeLoad) error {
	groups, err := w.store.Aggregate(ctx, query.Aggregation{
		Collection: def.EntityTask, Where: entriesOf(TabOpen, w.flows), By: []query.By{textKey("flow"), textKey("node")},
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
	groups, err := w.store.Aggregate(ctx, query.Aggregation{
		Collection: def.EntityTask, Where: query.AllOf(entriesOf(TabHandled, w.flows), after("arrived_at", w.now.Add(-lookBack))),
		By: []query.By{textKey("flow"), textKey("node")},
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

func (w *watcher) node(nodes map[[2]string]*NodeLoad, group map[string]any) *NodeLoad {
	key := [2]string{textOf(group, "flow"), textOf(group, "node")}
	if nodes[key] == nil {
		title := key[1]
		if plan := w.service.plan(w.catalog, key[0]); plan != nil {
			title = plan.titleOf(key[1], w.lang)
		}
		if title == key[1] { // only an older version has the node
			title = cmp.Or(textOf(group, "title"), title)
		}
		nodes[key] = &NodeLoad{Flow: key[0], Node: key[1], Title: title}
	}
	return nodes[key]
}

// people counts the open tasks of those who hold most.
func (w *watcher) people(ctx context.Context) ([]PersonLoad, error) {
	groups, err := w.store.Aggregate(ctx, query.Aggregation{
		Collection: def.EntityTask, Where: entriesOf(TabOpen, w.flows),
		By:       []query.By{{Name: "user", Path: []string{"user"}, Type: def.TypeUser}},
		Measures: []query.Measure{{Name: "open", Agg: "count"}, {Name: "overdue", Agg: "count", Where: overdue(w.now)}},
	})
	people := make([]PersonLoad, 0, len(groups))
	for _, g := range groups {
		p := PersonLoad{User: Named{ID: textOf(g, "user")}}
		p.Open, _ = g["open"].(int64)
		p.Overdue, _ = g["overdue"].(int64)
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b PersonLoad) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), cmp.Compare(b.Open, a.Open), cmp.Compare(a.User.ID, b.User.ID))
	})
	return people[:min(len(people), maxLoaded)], err
}

// Runs lists runs of the flows the actor administers, the latest first.
func (s *Service) Runs(ctx context.Context, actor access.Actor, in RunQuery) (RunPage, error) {
	states := unfinished
	if in.State != "" {
		states = []any{in.State}
	}
	where := &query.Filter{Cond: &query.Cond{Path: []string{"record_state"}, Op: query.In, Value: states, Type: def.TypeText}}
	page, err := s.watched(ctx, actor, TabStarted, in, where)
	if err != nil {
		return RunPage{}, err
	}
	may, err := s.commandedOf(ctx, actor, page)
	if err != nil {
		return RunPage{}, err
	}
	runs := RunPage{Runs: make([]RunItem, len(page.Tasks)), Next: page.Next}
	for i, item := range page.Tasks {
		runs.Runs[i] = RunItem{TaskItem: item, Can: may.verbs(item.Flow, Terminate)}
		if item.State != string(Suspended) {
			continue
		}
		runs.Runs[i].Can = may.verbs(item.Flow, Retry, Terminate)
		if runs.Runs[i].Incident, err = s.incidentOf(ctx, actor.Tenant, actor.Lang, target{entity: item.Entity, id: item.Record}); err != nil {
			return RunPage{}, err
		}
	}
	return runs, nil
}

// commandedOf is commanded for the flows of a page.
func (s *Service) commandedOf(ctx context.Context, actor access.Actor, page TaskPage) (commanded, error) {
	names := make([]string, len(page.Tasks))
	for i := range page.Tasks {
		names[i] = page.Tasks[i].Flow
	}
	return s.commanded(ctx, actor, names)
}

func (s *Service) incidentOf(ctx context.Context, tenant, lang string, at target) (*ViewIncident, error) {
	full, err := s.config.Records.Load(ctx, tenant, at.entity, at.id)
	if err != nil {
		return nil, err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil || len(st.Incident) == 0 {
		return nil, err
	}
	return shownIncident(st.Incident[0], full.Entity, lang), nil
}

// OpenTasks lists the open tasks of the flows the actor administers, the oldest first.
func (s *Service) OpenTasks(ctx context.Context, actor access.Actor, in RunQuery) (OpenTaskPage, error) {
	var where []*query.Filter
	if in.Node != "" {
		where = append(where, taskField("node", def.TypeText, in.Node))
	}
	if in.User != "" {
		where = append(where, taskField("user", def.TypeUser, in.User))
	}
	if in.Overdue {
		where = append(where, overdue(s.config.Clock()))
	}
	page, err := s.watched(ctx, actor, TabOpen, in, where...)
	if err != nil {
		return OpenTaskPage{}, err
	}
	may, err := s.commandedOf(ctx, actor, page)
	if err != nil {
		return OpenTaskPage{}, err
	}
	open := OpenTaskPage{Tasks: make([]OpenTask, len(page.Tasks)), Next: page.Next}
	for i, item := range page.Tasks {
		open.Tasks[i] = OpenTask{TaskItem: item, Can: []Verb{}}
		if item.Node != StartNode { // only the initiator submits again
			open.Tasks[i].Can = may.verbs(item.Flow, Reassign)
		}
	}
	return open, nil
}

// watched gives a page of entries about flows the actor administers, without those of records he does not see.
func (s *Service) watched(ctx context.Context, actor access.Actor, tab string, in RunQuery, where ...*query.Filter) (TaskPage, error) {
	cat, flows, err := s.scope(ctx, actor, in.Flow)
	if err != nil {
		return TaskPage{}, err
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return TaskPage{}, err
	}
	limit := in.Limit
	if limit < 1 || limit > 100 {
		limit = 20
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Where: query.AllOf(append(where, entriesOf(tab, flows))...), Search: in.Search,
		Limit: limit, After: in.After, Sort: []query.Sort{{Field: "arrived_at", Desc: tab != TabOpen, Type: def.TypeDateTime}},
	})
	if err != nil {
		return TaskPage{}, fmt.Errorf("runs of flows: %w", err)
	}
	seen, err := s.summarised(ctx, actor, cat, page.Docs)
	if err != nil {
		return TaskPage{}, err
	}
	docs := slices.DeleteFunc(page.Docs, func(doc store.Doc) bool {
		_, there := seen[target{entity: textOf(doc.Values, "entity"), id: textOf(doc.Values, "record")}]
		return !there
	})
	items, err := s.items(ctx, actor, docs)
	return TaskPage{Tasks: items, Next: page.Next}, err
}

// mayAdminister gives the active catalog to an administrator of one of its flows; others are refused. To move runs an
// administrator of the company must be one of the flow too.
func (s *Service) mayAdminister(ctx context.Context, actor access.Actor, name string) (*def.Catalog, error) {
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	f := cat.Flows[name]
	if f == nil {
		return nil, record.ErrNotFound
	}
	ok, err := s.Administers(ctx, actor, f)
	if err == nil && !ok {
		err = refuse(CodeNotAdmin)
	}
	return cat, err
}
