package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// ViewEffect is an effect that is still to be delivered, or was given up.
type ViewEffect struct {
	N        int        `json:"n"`
	Kind     EffectKind `json:"kind"`
	Node     string     `json:"node,omitempty"`
	Do       string     `json:"do,omitempty"`
	To       string     `json:"to,omitempty"`    // entity, receiver or flow
	Label    string     `json:"label,omitempty"` // title of the entity or flow, in the reader's language
	Attempts int        `json:"attempts"`
	Error    string     `json:"error,omitempty"`
	Next     *time.Time `json:"next,omitempty"`
	Dead     bool       `json:"dead,omitempty"`
}

// labelOf is the title of what an effect is about; "" for receivers outside.
func labelOf(cat *def.Catalog, s *Sent, lang string) string {
	if entity := cat.Entities[s.To]; entity != nil && s.Kind != EffectCall {
		return entity.Label(lang)
	}
	if f := cat.Flows[s.To]; f != nil && s.Kind == EffectCall {
		return f.Label(lang)
	}
	return ""
}

func shownEffects(st *State, cat *def.Catalog, lang string) []ViewEffect {
	var shown []ViewEffect
	for i := range st.Outbox {
		e := &st.Outbox[i]
		s := Sent{Kind: e.Kind}
		s.describe(e)
		v := ViewEffect{
			N: e.N, Kind: e.Kind, Node: e.Node, Do: s.Do, To: s.To, Label: labelOf(cat, &s, lang), Attempts: e.Attempts, Error: e.Error, Dead: e.Dead,
		}
		if !e.Next.IsZero() && !e.Dead {
			v.Next = &e.Next
		}
		shown = append(shown, v)
	}
	return shown
}

// shownSent leaves out what is for administrators.
func shownSent(all []Sent, cat *def.Catalog, lang string) []Sent {
	shown := slices.Clone(all)
	for i := range shown {
		shown[i].Detail, shown[i].Posted = "", nil
		shown[i].Label = labelOf(cat, &shown[i], lang)
	}
	return shown
}

// AutomationRun is a run of an automation in a list.
type AutomationRun struct {
	ID        string     `json:"id"`
	Flow      string     `json:"flow"`
	Title     string     `json:"title"`
	Trigger   string     `json:"trigger"`
	Status    Status     `json:"status"`
	Incident  string     `json:"incident,omitempty"`
	Entity    string     `json:"entity,omitempty"`
	Record    string     `json:"record,omitempty"`
	StartedAt *time.Time `json:"startedAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
}

func automationRun(doc *store.Doc) AutomationRun {
	v := doc.Values
	return AutomationRun{
		ID: doc.ID, Flow: textOf(v, "flow"), Title: textOf(v, "title"), Trigger: textOf(v, "trigger"), Status: Status(textOf(v, "status")),
		Incident: textOf(v, "incident"), Entity: textOf(v, "entity"), Record: textOf(v, "record"),
		StartedAt: timeOf(v, "started_at"), EndedAt: timeOf(v, "ended_at"),
	}
}

// shownRuns is how many runs about a record its history shows.
const shownRuns = 50

var newestFirst = []query.Sort{{Field: "started_at", Type: def.TypeDateTime, Desc: true}}

// runsAbout lists the latest automations about a record.
func (s *Service) runsAbout(ctx context.Context, tenant string, at target) ([]AutomationRun, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{Collection: def.EntityRun, Where: aboutRecord(at), Sort: newestFirst, Limit: shownRuns})
	if err != nil {
		return nil, fmt.Errorf("runs about %s/%s: %w", at.entity, at.id, err)
	}
	var items []AutomationRun
	for i := range page.Docs {
		items = append(items, automationRun(&page.Docs[i]))
	}
	return items, nil
}

// AutomationQuery asks for one page of runs of automations; empty members do not matter.
type AutomationQuery struct {
	Flow     string
	Status   string
	Entity   string
	Record   string
	Incident bool // only those that stand still or gave up an effect
	Limit    int  // 1 to 100; 0 = 20
	After    string
}

// AutomationPage is one page of runs, newest first.
type AutomationPage struct {
	Runs []AutomationRun `json:"runs"`
	Next string          `json:"next"`
}

// Automations lists runs of the flows the actor administers. Whoever administers none is refused: not_admin.
func (s *Service) Automations(ctx context.Context, actor access.Actor, q AutomationQuery) (AutomationPage, error) {
	flows, err := s.governed(ctx, actor, q.Flow)
	if err != nil {
		return AutomationPage{}, err
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return AutomationPage{}, err
	}
	limit := q.Limit
	if limit <= 0 || limit > 100 {
		limit = 20
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityRun, Where: query.AllOf(q.where(flows)...), Sort: newestFirst, Limit: limit, After: q.After,
	})
	if err != nil {
		return AutomationPage{}, fmt.Errorf("runs of flows: %w", err)
	}
	answer := AutomationPage{Runs: []AutomationRun{}, Next: page.Next}
	for i := range page.Docs {
		answer.Runs = append(answer.Runs, automationRun(&page.Docs[i]))
	}
	return answer, nil
}

// where selects runs of some flows, of all if there are none.
func (q *AutomationQuery) where(flows []any) []*query.Filter {
	var where []*query.Filter
	if len(flows) > 0 {
		where = append(where, &query.Filter{Cond: &query.Cond{Path: []string{"flow"}, Op: query.In, Value: flows, Type: def.TypeText}})
	}
	for field, value := range map[string]string{"status": q.Status, "entity": q.Entity, "record": q.Record} {
		if value != "" {
			where = append(where, taskField(field, def.TypeText, value))
		}
	}
	if q.Incident {
		where = append(where, &query.Filter{Cond: &query.Cond{Path: []string{"incident"}, Op: query.Empty, Value: false, Type: def.TypeText}})
	}
	return where
}

// governed lists the flows somebody administers, or the one he asks for; an administrator of the company who asks for
// none in particular sees those of all flows, also of such as are gone: nil.
func (s *Service) governed(ctx context.Context, actor access.Actor, name string) ([]any, error) {
	switch {
	case actor.Admin && name == "":
		return nil, nil
	case actor.Admin:
		return []any{name}, nil
	}
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	var flows []any
	for other, f := range cat.Flows {
		if name != "" && name != other {
			continue
		}
		ok, err := s.governs(ctx, actor, f)
		if err != nil {
			return nil, err
		}
		if ok {
			flows = append(flows, other)
		}
	}
	if len(flows) == 0 {
		return nil, refuse(CodeNotAdmin)
	}
	return flows, nil
}

// governs tells whether somebody administers a flow: as an administrator of the company, or by the flow's own list.
func (s *Service) governs(ctx context.Context, actor access.Actor, f *def.Flow) (bool, error) {
	if actor.Admin || actor.System {
		return true, nil
	}
	admins := f.Settings.Admins
	if len(admins) == 0 {
		admins = []string{"role:flow_admin"}
	}
	for _, who := range admins {
		kind, name, _ := cutWho(who)
		if kind == "user" && name == actor.ID {
			return true, nil
		}
		if kind != "role" {
			continue
		}
		if holds, err := s.config.Access.Holds(ctx, actor, name); err != nil || holds {
			return holds, err
		}
	}
	return false, nil
}

// RetryEffect tries an effect of a run again that failed or was given up. Only admins of the flow may: not_admin; an effect
// that did not fail is not_found.
func (s *Service) RetryEffect(ctx context.Context, actor access.Actor, entity, id string, n int) error {
	at := target{entity: entity, id: id}
	if entity == def.EntityRun {
		full, err := s.config.Records.Load(ctx, actor.Tenant, entity, id)
		if err != nil {
			return err
		}
		cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
		if err != nil {
			return err
		}
		f := cat.Flows[textOf(full.Record.Values, "flow")]
		ok := actor.Admin
		if f != nil {
			if ok, err = s.governs(ctx, actor, f); err != nil {
				return err
			}
		}
		if !ok {
			return fmt.Errorf("run %s: %w", id, record.ErrNotFound)
		}
		actor = access.Actor{Tenant: actor.Tenant, System: true, ID: actor.ID, Name: actor.Name}
	}
	_, _, err := s.act(ctx, actor, at, Act{Verb: RetryEffect, effect: n})
	return err
}
