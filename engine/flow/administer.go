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
	Steps    []TitledNode  `json:"steps"` // the nodes it rests on; "start" without a title: with its initiator
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
	v, err := s.newSight(ctx, actor, cat)
	if err != nil {
		return Monitor{}, err
	}
	w := watcher{service: s, sight: v, catalog: cat, flows: flows, lang: actor.Lang, now: v.now}
	if w.whole, w.part, err = v.split(ctx, flows); err != nil {
		return Monitor{}, err
	}
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
	stands, err := s.standing(ctx, actor, page.Tasks)
	if err != nil {
		return RunPage{}, err
	}
	runs := RunPage{Runs: make([]RunItem, len(page.Tasks)), Next: page.Next}
	for i, item := range page.Tasks {
		at := stands[target{entity: item.Entity, id: item.Record}]
		runs.Runs[i] = RunItem{TaskItem: item, Steps: append([]TitledNode{}, at.steps...), Can: may.verbs(item.Flow, Terminate)}
		if item.State == string(Suspended) {
			runs.Runs[i].Can = may.verbs(item.Flow, Retry, Terminate)
			runs.Runs[i].Incident = at.incident
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

// stand is where a run is, and why it does not go on.
type stand struct {
	steps    []TitledNode
	incident *ViewIncident
}

// standing tells where some runs are, with one query per entity.
func (s *Service) standing(ctx context.Context, actor access.Actor, items []TaskItem) (map[target]stand, error) {
	ids := map[string][]string{}
	for i := range items {
		ids[items[i].Entity] = append(ids[items[i].Entity], items[i].Record)
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	stands := map[target]stand{}
	for entity, of := range ids {
		docs, err := st.Get(ctx, entity, of...)
		if err != nil {
			return nil, fmt.Errorf("runs of %s: %w", entity, err)
		}
		for i := range docs {
			run, err := decodeState(docs[i].Flow)
			if err != nil {
				return nil, err
			}
			if run.Status == "" {
				continue
			}
			if stands[target{entity: entity, id: docs[i].ID}], err = s.standOf(ctx, actor, entity, &run); err != nil {
				return nil, err
			}
		}
	}
	return stands, nil
}

func (s *Service) standOf(ctx context.Context, actor access.Actor, entity string, st *State) (stand, error) {
	plan, err := s.pinnedPlan(ctx, actor.Tenant, st)
	if err != nil {
		return stand{}, err
	}
	cat, err := s.config.Catalogs.Version(ctx, actor.Tenant, st.Catalog)
	if err != nil {
		return stand{}, err
	}
	at := stand{steps: plan.steps(st, actor.Lang)}
	if len(st.Incident) > 0 {
		at.incident = shownIncident(st.Incident[0], cat.Entities[entity], actor.Lang)
	}
	return at, nil
}

// steps gives the nodes a run rests on, those it came to first in front, titled in a language.
func (p *Plan) steps(st *State, lang string) []TitledNode {
	if st.Status == Returned {
		return []TitledNode{{Name: StartNode}}
	}
	names := slices.SortedFunc(maps.Keys(st.Active), func(a, b string) int {
		return cmp.Or(st.Active[a].EnteredAt.Compare(st.Active[b].EnteredAt), cmp.Compare(a, b))
	})
	if len(names) == 0 && len(st.Incident) > 0 {
		names = []string{st.Incident[0].Node}
	}
	steps := make([]TitledNode, len(names))
	for i, name := range names {
		steps[i] = TitledNode{Name: name, Title: p.titleOf(name, lang)}
	}
	return steps
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

// watched gives a page of entries about flows the actor administers, without those of records he does not see. Summaries
// are of the records his grants admit; of those he sees only as an administrator of the flow the subject has to do.
func (s *Service) watched(ctx context.Context, actor access.Actor, tab string, in RunQuery, where ...*query.Filter) (TaskPage, error) {
	cat, flows, err := s.scope(ctx, actor, in.Flow)
	if err != nil {
		return TaskPage{}, err
	}
	v, err := s.newSight(ctx, actor, cat)
	if err != nil {
		return TaskPage{}, err
	}
	_, part, err := v.split(ctx, flows)
	if err != nil {
		return TaskPage{}, err
	}
	limit := in.Limit
	if limit < 1 || limit > 100 {
		limit = 20
	}
	find := v.page
	if len(part) == 0 {
		find = v.store.Find
	}
	page, err := find(ctx, query.Query{
		Collection: def.EntityTask, Where: query.AllOf(append(where, entriesOf(tab, flows))...), Search: in.Search,
		Limit: limit, After: in.After, Sort: []query.Sort{{Field: "arrived_at", Desc: tab != TabOpen, Type: def.TypeDateTime}},
	})
	if err != nil {
		return TaskPage{}, fmt.Errorf("runs of flows: %w", err)
	}
	records, _, err := s.granted(ctx, actor, cat, page.Docs)
	if err != nil {
		return TaskPage{}, err
	}
	items, err := s.itemsWith(ctx, actor, page.Docs, records)
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
