package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
	tenants "formwork/engine/tenant"
)

// What the nodes of a run hide from its people is kept in a projection of its own, so that queries can leave those records
// out (access.Veil): one entry per person who stands or stood at a node of a run that hides anything, also with nothing
// hidden from him there. It is written with the tasks, along with the record (docs/adr/0014-projections-along.md).

// veilCollection holds the entries; veilShape is how.
const veilCollection = "flow_veil"

var veilShape = store.Collection{
	Name: veilCollection,
	Fields: []store.Field{
		{Path: "entity", Type: def.TypeText},
		{Path: "record", Type: def.TypeText},
		{Path: "user", Type: def.TypeText},
		{Path: "flow", Type: def.TypeText},
		{Path: "started", Type: def.TypeBoolean},
		{Path: "live", Type: def.TypeBoolean},
		{Path: "hides", Type: def.TypeText},
		{Path: "record_rev", Type: def.TypeInteger},
	},
	Indexes: [][]string{{"entity", "user"}, {"record"}},
}

// addVeils lists what the run hides from each of its people; nothing if no node hides anything.
func (p *projection) addVeils() {
	if !p.plan.hides() {
		return
	}
	for _, user := range p.state.people() {
		nodes := p.plan.nodesOf(p.state, nil, user)
		values := map[string]any{
			"entity": p.record.Entity, "record": p.record.ID, "user": user, "flow": p.state.Name, "record_rev": p.record.Rev,
		}
		if hides := strings.Join(p.plan.hiddenPaths(nodes), " "); hides != "" {
			values["hides"] = hides
		}
		if p.plan.standsAt(p.state, user) {
			values["live"] = true
		}
		if user == p.state.Initiator.ID {
			values["started"] = true
		}
		p.tasks = append(p.tasks, entry{collection: veilCollection, ID: taskID(p.record.Entity, p.record.ID, "veil."+user), Values: values})
	}
}

// people lists everybody a run has asked or told, by id.
func (s *State) people() []string {
	var ids []string
	for i := range s.Tasks {
		t := &s.Tasks[i]
		ids = append(append(ids, t.User.ID), t.Past...)
		for _, p := range []*Person{t.Owner, t.By} {
			if p != nil {
				ids = append(ids, p.ID)
			}
		}
	}
	for _, c := range s.CC {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
}

// standsAt tells whether somebody has a live task of a node.
func (p *Plan) standsAt(st *State, user string) bool {
	return slices.ContainsFunc(st.Tasks, func(t Task) bool { return t.live() && t.User.ID == user && p.nodes[t.Node] != nil })
}

// hiddenPaths lists what all of some nodes hide.
func (p *Plan) hiddenPaths(nodes []*node) []string {
	hidden := hiddenAt(nodes)
	var paths []string
	for path := range p.gone().Fields {
		if hidden(path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// strays adds, when a run begins, the stored entries that say what earlier runs on its record hid from their people.
func (s *Service) strays(ctx context.Context, tenant string, p *projection, to map[string]*listed) error {
	if p.state.Rev > 0 || p.record.Rev <= 1 {
		return nil
	}
	some, err := s.veils(ctx, tenant, p.record.Entity)
	if err != nil || !some {
		return err
	}
	if err := s.prepare(ctx, tenant); err != nil {
		return err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: veilCollection, Limit: store.MaxPage,
		Where: query.AllOf(taskField("record", def.TypeText, p.record.ID), taskField("entity", def.TypeText, p.record.Entity)),
	})
	if err != nil {
		return fmt.Errorf("what earlier runs hid: %w", err)
	}
	for i := range page.Docs {
		to[page.Docs[i].ID] = listedOf(veilCollection, &page.Docs[i])
	}
	return nil
}

// outdated takes out the stored entries of what earlier runs hid from people who have nothing to do with this one.
func (p *projection) outdated(stored map[string]*listed) []store.Write {
	own := taskID(p.record.Entity, p.record.ID, "")
	var writes []store.Write
	for id, old := range stored {
		if old.collection != veilCollection || old.recordRev > p.record.Rev || !strings.HasPrefix(id, own) ||
			slices.ContainsFunc(p.tasks, func(t entry) bool { return t.ID == id }) {
			continue
		}
		writes = append(writes, store.Write{
			Collection: veilCollection, Doc: store.Doc{ID: id, Rev: old.rev + 1}, IfRev: old.rev, Remove: true,
		})
	}
	return writes
}

// veilsMade is the id of the mark that runs from before there was this projection are in it.
const veilsMade = "made"

// MakeVeils takes the runs of a tenant that are older than this projection into it, once. Doing it again does no harm.
func (s *Service) MakeVeils(ctx context.Context, tenant string) error {
	if err := s.prepare(ctx, tenant); err != nil {
		return err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	made, err := st.Get(ctx, veilCollection, veilsMade)
	if err != nil || len(made) > 0 {
		return err
	}
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return err
	}
	hiding := map[pin]*Plan{}
	q := query.Query{
		Collection: def.EntityTask, Where: taskField("tab", def.TypeSelect, TabStarted), Fields: []string{"entity", "record"}, Limit: sightBatch,
	}
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("what runs hide: %w", err)
		}
		for entity, ids := range recordsOf(page.Docs) {
			if cat.Entities[entity] == nil {
				continue
			}
			if err := s.makeVeils(ctx, tenant, entity, ids, hiding); err != nil {
				return err
			}
		}
		if q.After = page.Next; page.Next == "" {
			return s.markVeils(ctx, tenant)
		}
	}
}

// markVeils notes that the older runs are in the projection.
func (s *Service) markVeils(ctx context.Context, tenant string) error {
	now := s.config.Clock().UTC().Truncate(time.Millisecond)
	mark := store.Doc{ID: veilsMade, Rev: 1, Values: map[string]any{}, CreatedAt: now, UpdatedAt: now}
	err := errors.Join(s.config.Records.Project(ctx, tenant, store.Write{Collection: veilCollection, Doc: mark})...)
	if errors.Is(err, store.ErrConflict) { // another process was at it, too
		return nil
	}
	return err
}

// recordsOf lists the records entries are about, by entity.
func recordsOf(entries []store.Doc) map[string][]string {
	ids := map[string][]string{}
	for i := range entries {
		at := aboutOf(&entries[i])
		if !slices.Contains(ids[at.entity], at.id) {
			ids[at.entity] = append(ids[at.entity], at.id)
		}
	}
	return ids
}

// makeVeils makes the entries of those records whose runs hide anything.
func (s *Service) makeVeils(ctx context.Context, tenant, entity string, ids []string, hiding map[pin]*Plan) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	docs, err := st.Get(ctx, entity, ids...)
	if err != nil {
		return fmt.Errorf("what runs hide: %w", err)
	}
	for i := range docs {
		plan, err := s.hidingPlan(ctx, tenant, docs[i].Flow, hiding)
		if errors.Is(err, errNoFlow) || errors.Is(err, tenants.ErrVersion) {
			continue // of such a run nothing is shown in lists
		}
		if err != nil {
			return err
		}
		if plan == nil {
			continue
		}
		if err := s.refresh(ctx, tenant, target{entity: entity, id: docs[i].ID}); err != nil {
			return err
		}
	}
	return nil
}

// Veiled gives what runs hide from an actor in records of an entity, as of the last decision about each. It is
// access.Config.Veil. As in Hidden the nodes he stands at count before those he stood at, and those of whom he may act for
// as his own; the initiator is shown what his grants show.
func (s *Service) Veiled(ctx context.Context, actor access.Actor, entity string) (access.Veil, error) {
	if some, err := s.veils(ctx, actor.Tenant, entity); err != nil || !some {
		return nil, err
	}
	if err := s.prepare(ctx, actor.Tenant); err != nil {
		return nil, err
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	now := s.config.Clock()
	proxies, err := proxiesTo(ctx, st, actor.ID, now)
	if err != nil {
		return nil, err
	}
	users := []any{actor.ID}
	for _, p := range proxies {
		users = append(users, p.Principal)
	}
	in := &query.Filter{Cond: &query.Cond{Path: []string{"user"}, Op: query.In, Value: users, Type: def.TypeText}}
	q := query.Query{Collection: veilCollection, Where: query.AllOf(taskField("entity", def.TypeText, entity), in), Limit: store.MaxPage}
	over := veiling{actor: actor.ID, own: map[string]*veiledRun{}}
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("what runs hide: %w", err)
		}
		for i := range page.Docs {
			values := page.Docs[i].Values
			principals := Principals(proxies, actor.ID, textOf(values, "flow"), now)
			over.add(values, slices.Contains(principals, textOf(values, "user")))
		}
		if page.Next == "" {
			return over.veil(), nil
		}
		q.After = page.Next
	}
}

// veiling puts the entries of somebody, and of those he may act for, together.
type veiling struct {
	actor string
	own   map[string]*veiledRun // by record
}

// veiledRun is what a run hides from somebody: at the nodes he stands at, and else at those he stood at.
type veiledRun struct {
	started    bool
	stands     bool
	live, past []string
}

// add takes an entry; standIn tells whether it is of somebody the reader may act for now.
func (v *veiling) add(values map[string]any, standIn bool) { //nolint:revive // standIn: whose entry it is
	record, hides := textOf(values, "record"), strings.Fields(textOf(values, "hides"))
	own, live := textOf(values, "user") == v.actor, values["live"] == true
	if !own && (!standIn || !live) {
		return
	}
	run := v.own[record]
	if run == nil {
		run = &veiledRun{}
		v.own[record] = run
	}
	run.started = run.started || own && values["started"] == true
	switch {
	case !live:
		run.past = hides
	case run.stands:
		run.live = slices.DeleteFunc(run.live, func(path string) bool { return !covers(hides, path) })
	default:
		run.stands, run.live = true, hides
	}
}

// covers tells whether a path is hidden among others, by itself or with its sub-table.
func covers(hidden []string, path string) bool { return access.Veil{"": hidden}.Hides("", path) }

func (v *veiling) veil() access.Veil {
	veil := access.Veil{}
	for id, run := range v.own {
		hides := run.past
		if run.stands {
			hides = run.live
		}
		if !run.started && len(hides) > 0 {
			veil[id] = hides
		}
	}
	return veil
}

// veils tells whether any run on records of an entity may hide anything. Most never do, and whoever asks pays nothing.
func (s *Service) veils(ctx context.Context, tenant, entity string) (bool, error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return false, err
	}
	now := s.config.Clock()
	if some, known := s.veiled.known(tenant, cat, entity, now); known {
		return some, nil
	}
	some := hidesAnywhere(cat, entity)
	if !some { // runs of older versions may
		if err := s.prepare(ctx, tenant); err != nil {
			return false, err
		}
		st, err := s.config.Stores(ctx, tenant)
		if err != nil {
			return false, err
		}
		n, _, err := st.Count(ctx, query.Query{Collection: veilCollection, Where: taskField("entity", def.TypeText, entity)}, 1)
		if err != nil {
			return false, fmt.Errorf("what runs hide: %w", err)
		}
		some = n > 0
	}
	s.veiled.note(tenant, cat, entity, veiledNote{some, now.Add(believeVeils)})
	return some, nil
}

// hidesAnywhere tells whether a node of any flow on an entity hides anything.
func hidesAnywhere(cat *def.Catalog, entity string) bool {
	for _, f := range cat.Flows {
		if f.Entity == entity && hidesIn(f.Nodes) {
			return true
		}
	}
	return false
}

func hidesIn(nodes []*def.Node) bool {
	for _, n := range nodes {
		for _, right := range n.Fields {
			if right == "-" {
				return true
			}
		}
		for _, b := range n.Branches {
			if hidesIn(b.Nodes) {
				return true
			}
		}
	}
	return false
}

// believeVeils is how long it is believed that runs on an entity hide nothing, where the flows in force do not: only runs
// of older versions could, that another process goes on with.
const believeVeils = 30 * time.Second

// veiled remembers by tenant and entity whether runs hide anything, for one catalog.
type veiled struct {
	mu      sync.Mutex
	tenants map[string]*veiledNotes
}

type veiledNotes struct {
	catalog  *def.Catalog
	entities map[string]veiledNote
}

type veiledNote struct {
	some  bool
	until time.Time
}

func (v *veiled) known(tenant string, cat *def.Catalog, entity string, now time.Time) (some, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	notes := v.tenants[tenant]
	if notes == nil || notes.catalog != cat {
		return false, false
	}
	note, ok := notes.entities[entity]
	return note.some, ok && now.Before(note.until)
}

func (v *veiled) note(tenant string, cat *def.Catalog, entity string, note veiledNote) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tenants == nil {
		v.tenants = map[string]*veiledNotes{}
	}
	notes := v.tenants[tenant]
	if notes == nil || notes.catalog != cat {
		notes = &veiledNotes{catalog: cat, entities: map[string]veiledNote{}}
		v.tenants[tenant] = notes
	}
	notes.entities[entity] = note
}
