package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// migrationCollection holds the migrations that were started, with what became of each run.
const migrationCollection = "flow_migration"

// Limits of migrations.
const (
	maxPreviewed  = 5000 // runs a preview looks at
	maxRefused    = 500  // refusals that are told one by one
	migratedAtOne = 100  // runs one step of a migration looks at
)

// States of a migration.
const (
	migrationRunning = "running"
	migrationDone    = "done"
)

// MigrationItem is a run a migration cannot take along, with the reason.
type MigrationItem struct {
	Entity  string         `json:"entity"`
	Record  string         `json:"record"`
	Subject string         `json:"subject"` // empty if the actor may not see the record
	Version string         `json:"version,omitempty"`
	Code    string         `json:"code"`
	Params  map[string]any `json:"params,omitempty"`
}

// UsedNode is a node of older versions that runs rest on, and what it would be in the new one ("" = nothing).
type UsedNode struct {
	Node  string `json:"node"`
	Title string `json:"title"`
	To    string `json:"to"`
	Runs  int    `json:"runs"`
}

// MigrationPreview says what a migration to the published version of a flow would do.
type MigrationPreview struct {
	Flow    string          `json:"flow"`
	Version string          `json:"version"`
	Present int             `json:"present"` // runs that go by it already
	Ready   int             `json:"ready"`
	Refused []MigrationItem `json:"refused"` // the first of them
	Count   int             `json:"count"`   // how many are refused
	Nodes   []UsedNode      `json:"nodes"`
	Targets []TitledNode    `json:"targets"` // nodes of the new version, to map to
	More    bool            `json:"more"`    // there are more runs than were looked at
}

// MigrationInput asks for a migration to the published version of a flow. Map gives old names of nodes and branches their
// new ones; what it does not name keeps its name.
// Comment is the reason, which starting one needs and a preview does not.
type MigrationInput struct {
	Flow    string
	Map     map[string]string
	Comment string
}

// Migration is one that was started.
type Migration struct {
	ID      string            `json:"id"`
	Flow    string            `json:"flow"`
	Version string            `json:"version"`
	Map     map[string]string `json:"map"`
	Comment string            `json:"comment"`
	By      Named             `json:"by"`
	At      time.Time         `json:"at"`
	Status  string            `json:"status"` // running, done
	Done    int64             `json:"done"`
	Count   int64             `json:"count"` // how many were refused
	Refused []MigrationItem   `json:"refused"`

	cursor string
	rev    int64
}

// unfinishedRuns matches the runs of a flow that have not ended, the withdrawn ones too.
func unfinishedRuns(name string) *query.Filter {
	return query.AllOf(entriesOf(TabStarted, []string{name}), &query.Filter{Cond: &query.Cond{
		Path: []string{"record_state"}, Op: query.In, Value: append([]any{string(Draft)}, unfinished...), Type: def.TypeText,
	}})
}

func (s *Service) runsOf(ctx context.Context, tenant, name, after string, limit int) (store.Page, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return store.Page{}, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Where: unfinishedRuns(name), Limit: limit, After: after,
		Fields: []string{"entity", "record", "subject"}, Sort: []query.Sort{{Field: "arrived_at", Type: def.TypeDateTime}},
	})
	if err != nil {
		return store.Page{}, fmt.Errorf("runs of %s: %w", name, err)
	}
	return page, nil
}

// PreviewMigration looks at every run of a flow that goes by an older version: which could go by the published one, with
// nodes renamed as wanted, and which not. Nothing is changed.
func (s *Service) PreviewMigration(ctx context.Context, actor access.Actor, in MigrationInput) (MigrationPreview, error) {
	name := in.Flow
	cat, err := s.mayAdminister(ctx, actor, name)
	if err != nil {
		return MigrationPreview{}, err
	}
	p := previewer{
		service: s, actor: actor, next: s.plan(cat, name), names: renaming(in.Map), used: map[string]*UsedNode{},
		preview: MigrationPreview{Flow: name, Version: cat.Version, Refused: []MigrationItem{}, Nodes: []UsedNode{}, Targets: []TitledNode{}},
	}
	looked := 0
	for after := ""; ; {
		page, err := s.runsOf(ctx, actor.Tenant, name, after, migratedAtOne)
		if err != nil {
			return MigrationPreview{}, err
		}
		for _, doc := range page.Docs {
			if err := p.look(ctx, doc); err != nil {
				return MigrationPreview{}, err
			}
		}
		looked += len(page.Docs)
		if after = page.Next; after == "" || looked >= maxPreviewed {
			p.preview.More = after != ""
			break
		}
	}
	for _, node := range slices.Sorted(maps.Keys(p.used)) {
		p.preview.Nodes = append(p.preview.Nodes, *p.used[node])
	}
	for _, n := range p.next.order {
		p.preview.Targets = append(p.preview.Targets, TitledNode{Name: n.Name, Title: p.next.titleOf(n.Name, actor.Lang)})
	}
	return p.preview, nil
}

// previewer looks at runs one by one.
type previewer struct {
	service *Service
	actor   access.Actor
	next    *Plan
	names   renaming
	used    map[string]*UsedNode
	preview MigrationPreview
}

func (p *previewer) look(ctx context.Context, doc store.Doc) error {
	at := target{entity: textOf(doc.Values, "entity"), id: textOf(doc.Values, "record")}
	full, err := p.service.config.Records.Load(ctx, p.actor.Tenant, at.entity, at.id)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil || st.Status.Ended() || st.Name != p.preview.Flow {
		return err
	}
	if st.Catalog == p.preview.Version {
		p.preview.Present++
		return nil
	}
	plan, err := p.service.pinnedPlan(ctx, p.actor.Tenant, &st)
	if err != nil {
		return err
	}
	full.Actor = p.actor
	dir, err := p.service.newDirectory(ctx, p.actor.Tenant, full)
	if err != nil {
		return err
	}
	// Who administers the flow but not this record would be refused when it is moved, and does not learn what it is about.
	if administers := plan.Admin(dir, p.actor.ID); dir.err != nil || !administers {
		p.refuse(MigrationItem{Entity: at.entity, Record: at.id, Version: st.Catalog, Code: CodeNotAdmin})
		return dir.err
	}
	p.note(plan, &st)
	var refused *Refused
	switch err := p.names.check(plan, p.next, &st); {
	case err == nil:
		p.preview.Ready++
	case errors.As(err, &refused):
		p.refuse(MigrationItem{
			Entity: at.entity, Record: at.id, Subject: textOf(doc.Values, "subject"), Version: st.Catalog,
			Code: refused.Code, Params: refused.Params,
		})
	default:
		return err
	}
	return nil
}

// refuse counts a run that cannot be moved; the first of them are told one by one.
func (p *previewer) refuse(item MigrationItem) {
	p.preview.Count++
	if len(p.preview.Refused) < maxRefused {
		p.preview.Refused = append(p.preview.Refused, item)
	}
}

// note counts the nodes a run rests on.
func (p *previewer) note(plan *Plan, st *State) {
	held := slices.Collect(maps.Keys(st.Active))
	held = append(held, slices.Collect(maps.Keys(st.Blocks))...)
	for _, name := range held {
		if p.used[name] == nil {
			to := p.names.name(name)
			if p.next.nodes[to] == nil {
				to = ""
			}
			p.used[name] = &UsedNode{Node: name, Title: plan.titleOf(name, p.actor.Lang), To: to}
		}
		p.used[name].Runs++
	}
}

// StartMigration notes a migration that is to be done by ContinueMigration, in steps. Without a reason it is refused
// (comment_required).
func (s *Service) StartMigration(ctx context.Context, actor access.Actor, id string, in MigrationInput) (Migration, error) {
	name := in.Flow
	actor.Admin = false // that alone does not make an administrator of flows
	cat, err := s.mayAdminister(ctx, actor, name)
	if err != nil {
		return Migration{}, err
	}
	reason := strings.TrimSpace(in.Comment)
	if reason == "" {
		return Migration{}, refuse(CodeCommentRequired)
	}
	m := Migration{
		ID: id, Flow: name, Version: cat.Version, Map: in.Map, Comment: reason, By: Named{actor.ID, actor.Name}, At: s.config.Clock(),
		Status: migrationRunning, Refused: []MigrationItem{},
	}
	return m, s.putMigration(ctx, actor.Tenant, &m)
}

// ContinueMigration moves the next runs of a migration, each as a command of the actor who started it, and tells whether
// there are more. A run that was moved already is not moved again.
func (s *Service) ContinueMigration(ctx context.Context, actor access.Actor, id string) (Migration, error) {
	m, err := s.migration(ctx, actor.Tenant, id)
	if err != nil || m.Status == migrationDone {
		return m, err
	}
	page, err := s.runsOf(ctx, actor.Tenant, m.Flow, m.cursor, migratedAtOne)
	if err != nil {
		return m, err
	}
	active, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return m, err
	}
	for _, doc := range page.Docs {
		if err := s.migrateOne(ctx, actor, &m, doc, active.Version); err != nil {
			return m, err
		}
	}
	if m.cursor = page.Next; m.cursor == "" {
		m.Status = migrationDone
	}
	return m, s.putMigration(ctx, actor.Tenant, &m)
}

// migrateOne moves one run to the version the migration was started for. One that goes by the version in force has been
// started or moved since another was published: it is left alone, as the names in the map are not of its version.
func (s *Service) migrateOne(ctx context.Context, actor access.Actor, m *Migration, doc store.Doc, inForce string) error {
	at := target{entity: textOf(doc.Values, "entity"), id: textOf(doc.Values, "record")}
	full, err := s.config.Records.Load(ctx, actor.Tenant, at.entity, at.id)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil || st.Status.Ended() || st.Catalog == m.Version || st.Catalog == inForce || st.Name != m.Flow {
		return err
	}
	_, _, err = s.act(ctx, actor, at, Act{
		Verb: Migrate, Map: m.Map, Comment: m.Comment, Key: "migrate|" + m.ID, version: m.Version,
	})
	var refused *Refused
	switch {
	case err == nil:
		m.Done++
		return nil
	case errors.As(err, &refused):
	case errors.Is(err, record.ErrNotFound), errors.Is(err, record.ErrForbidden):
		refused = &Refused{Code: CodeNotAdmin}
	default:
		return err
	}
	m.Count++
	if len(m.Refused) < maxRefused {
		item := MigrationItem{Entity: at.entity, Record: at.id, Version: st.Catalog, Code: refused.Code, Params: refused.Params}
		if refused.Code != CodeNotAdmin { // then he may not see what it is about
			item.Subject = textOf(doc.Values, "subject")
		}
		m.Refused = append(m.Refused, item)
	}
	return nil
}

// migrationReport is what a migration keeps as one text.
type migrationReport struct {
	Map     map[string]string `json:"map"`
	Comment string            `json:"comment"`
	Refused []MigrationItem   `json:"refused"`
}

func (s *Service) putMigration(ctx context.Context, tenant string, m *Migration) error {
	if err := s.prepare(ctx, tenant); err != nil {
		return err
	}
	report, err := json.Marshal(migrationReport{Map: m.Map, Comment: m.Comment, Refused: m.Refused})
	if err != nil {
		return fmt.Errorf("migration %s: %w", m.ID, err)
	}
	values := map[string]any{
		"flow": m.Flow, "version": m.Version, "by": m.By.ID, "status": m.Status, "done": m.Done, "count": m.Count, "report": string(report),
	}
	if m.cursor != "" {
		values["cursor"] = m.cursor
	}
	doc := store.Doc{
		ID: m.ID, Rev: m.rev + 1, Values: values, CreatedBy: m.By.ID, UpdatedBy: m.By.ID, CreatedAt: m.At, UpdatedAt: s.config.Clock(),
	}
	if err := s.config.Records.Project(ctx, tenant, store.Write{Collection: migrationCollection, Doc: doc, IfRev: m.rev})[0]; err != nil {
		return fmt.Errorf("migration %s: %w", m.ID, err)
	}
	m.rev++
	return nil
}

func (s *Service) migration(ctx context.Context, tenant, id string) (Migration, error) {
	if err := s.prepare(ctx, tenant); err != nil {
		return Migration{}, err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return Migration{}, err
	}
	docs, err := st.Get(ctx, migrationCollection, id)
	if err != nil {
		return Migration{}, fmt.Errorf("migration %s: %w", id, err)
	}
	if len(docs) == 0 {
		return Migration{}, record.ErrNotFound
	}
	return migrationOf(docs[0])
}

func migrationOf(doc store.Doc) (Migration, error) {
	v := doc.Values
	m := Migration{
		ID: doc.ID, Flow: textOf(v, "flow"), Version: textOf(v, "version"), By: Named{ID: textOf(v, "by")}, At: doc.CreatedAt,
		Status: textOf(v, "status"), cursor: textOf(v, "cursor"), rev: doc.Rev,
	}
	m.Done, _ = v["done"].(int64)
	m.Count, _ = v["count"].(int64)
	var report migrationReport
	if err := json.Unmarshal([]byte(textOf(v, "report")), &report); err != nil {
		return m, fmt.Errorf("migration %s: %w", doc.ID, err)
	}
	m.Map, m.Comment, m.Refused = report.Map, report.Comment, report.Refused
	return m, nil
}

// Migrations lists what was started for a flow, the latest first, to its administrators.
func (s *Service) Migrations(ctx context.Context, actor access.Actor, name string) ([]Migration, error) {
	if _, err := s.mayAdminister(ctx, actor, name); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, actor.Tenant); err != nil {
		return nil, err
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: migrationCollection, Where: taskField("flow", def.TypeText, name), Limit: 50,
		Sort: []query.Sort{{Field: def.FieldID, Desc: true, Type: def.TypeText}},
	})
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", name, err)
	}
	list := make([]Migration, 0, len(page.Docs))
	var ids []string
	for _, doc := range page.Docs {
		m, err := migrationOf(doc)
		if err != nil {
			return nil, err
		}
		list, ids = append(list, m), append(ids, m.By.ID)
	}
	names, err := s.names(ctx, actor.Tenant, ids)
	for i := range list {
		list[i].By.Name = names[list[i].By.ID]
	}
	return list, err
}

// Unfinished tells whether there is more to do.
func (m *Migration) Unfinished() bool { return m.Status == migrationRunning }

// migrationShape is the collection of migrations.
var migrationShape = store.Collection{
	Name: migrationCollection,
	Fields: []store.Field{
		{Path: "flow", Type: def.TypeText},
		{Path: "version", Type: def.TypeText},
		{Path: "by", Type: def.TypeUser},
		{Path: "status", Type: def.TypeText},
		{Path: "done", Type: def.TypeInteger},
		{Path: "count", Type: def.TypeInteger},
		{Path: "report", Type: def.TypeLongText},
		{Path: "cursor", Type: def.TypeLongText},
	},
	Indexes: [][]string{{"flow"}},
}
