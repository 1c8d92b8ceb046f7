package flow

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Replay plays the last real runs of a flow again by other definitions: with the values they were submitted with, the
// same decisions at the same nodes, the people as they are now.
type Replay struct {
	Played    int              `json:"played"`
	Differing int              `json:"differing"`
	Runs      []ReplayedRun    `json:"runs"` // those that come out otherwise, newest first
	Failed    []ReplayedFailed `json:"failed,omitempty"`
}

// ReplayedRun is a run that would come out otherwise.
type ReplayedRun struct {
	Record      string             `json:"record"`
	Text        string             `json:"text"` // its subject
	Differences []ReplayDifference `json:"differences"`
}

// ReplayedFailed is a run that could not be played, with the code why.
type ReplayedFailed struct {
	Record string `json:"record"`
	Code   string `json:"code"`
}

// ReplayDifference is one difference. What is route (nodes come to), status, approvers (of Node) or value (of Field).
// Cause is draft, or since: then the run would come out otherwise by its own definitions too, because people, their
// rights or other records have changed since.
type ReplayDifference struct {
	What  string `json:"what"`
	Node  string `json:"node,omitempty"`
	Field string `json:"field,omitempty"`
	Was   any    `json:"was"`
	Now   any    `json:"now"`
	Cause string `json:"cause"`
	// Hidden tells that the reader may not see the values.
	Hidden bool `json:"hidden,omitempty"`
}

const (
	causeDraft = "draft"
	causeSince = "since"
)

// MaxReplay is how many runs one call plays.
const MaxReplay = 200

// Replay plays the last runs of a flow by the definitions of a catalog, at most limit, for an administrator of it.
func (s *Service) Replay(ctx context.Context, reader access.Actor, cat *def.Catalog, name string, limit int) (Replay, error) {
	tenant := reader.Tenant
	f := cat.Flows[name]
	if f == nil {
		return Replay{}, record.ErrNotFound
	}
	docs, err := s.lastRuns(ctx, tenant, f, min(max(limit, 1), MaxReplay))
	if err != nil {
		return Replay{}, err
	}
	replay := Replay{Runs: []ReplayedRun{}}
	for i := range docs {
		found, text, code, err := s.replayRun(ctx, tenant, cat, f, &docs[i])
		if err != nil {
			return Replay{}, err
		}
		replay.Played++
		if code != "" {
			replay.Failed = append(replay.Failed, ReplayedFailed{Record: docs[i].ID, Code: code})
		}
		if len(found) > 0 {
			s.withhold(ctx, reader, cat, f, found)
			replay.Differing++
			replay.Runs = append(replay.Runs, ReplayedRun{Record: docs[i].ID, Text: text, Differences: found})
		}
	}
	return replay, nil
}

// withhold leaves out the values of fields a reader's grants hide.
func (s *Service) withhold(ctx context.Context, reader access.Actor, cat *def.Catalog, f *def.Flow, found []ReplayDifference) {
	if reader.Admin {
		return
	}
	hidden := s.concealed(ctx, reader, cat, cat.Entities[f.Entity])
	for i := range found {
		if found[i].Field != "" && hidden(found[i].Field) {
			found[i].Was, found[i].Now, found[i].Hidden = nil, nil, true
		}
	}
}

// lastRuns finds the records a flow ran on, newest first. They are looked for among the latest records of the entity.
func (s *Service) lastRuns(ctx context.Context, tenant string, f *def.Flow, limit int) ([]store.Doc, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	q := query.Query{
		Collection: f.Entity, Limit: MaxReplay,
		Sort: []query.Sort{{Field: def.FieldCreatedAt, Type: def.TypeDateTime, Desc: true}},
	}
	const pages = 10
	var docs []store.Doc
	for range pages {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, doc := range page.Docs {
			state, err := decodeState(doc.Flow)
			if err != nil {
				return nil, err
			}
			if state.Name == f.Name && state.Status != "" && len(docs) < limit {
				docs = append(docs, doc)
			}
		}
		if page.Next == "" || len(docs) == limit {
			break
		}
		q.After = page.Next
	}
	return docs, nil
}

// past is a run as it was.
type past struct {
	state   State
	trace   Trace
	submit  record.Record // as it was submitted
	current form.Values   // as it is now
	plays   []Play
}

// replayRun plays one run by its own definitions and by those of a catalog. code tells why it could not be played.
func (s *Service) replayRun(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, doc *store.Doc) (found []ReplayDifference, text, code string, err error) {
	p, err := s.past(ctx, tenant, f, doc)
	if err != nil {
		return nil, "", "", err
	}
	own, err := s.config.Catalogs.Version(ctx, tenant, p.state.Catalog)
	if err != nil {
		return nil, "", "", err
	}
	in := SimulateInput{Flow: f.Name, User: p.state.Initiator.ID, Record: &p.submit, Plays: p.plays}
	in.Catalog = cat
	now, err := s.Simulate(ctx, tenant, in)
	if code = replayCode(err); code != "" {
		return nil, "", code, nil
	}
	if err != nil {
		return nil, "", "", err
	}
	in.Catalog = own
	then, err := s.Simulate(ctx, tenant, in)
	if replayCode(err) != "" {
		then = now
	} else if err != nil {
		return nil, "", "", err
	}
	found = p.compare(cat, f, &now, &then)
	if len(found) > 0 {
		text, err = s.subjectOf(ctx, tenant, doc)
	}
	return found, text, now.Refused, err
}

func replayCode(err error) string {
	differences, err := unplayable(err)
	if err != nil || len(differences) == 0 {
		return ""
	}
	return differences[0].Got[0]
}

// subjectOf names a record the way its tasks do.
func (s *Service) subjectOf(ctx context.Context, tenant string, doc *store.Doc) (string, error) {
	st, err := decodeState(doc.Flow)
	if err != nil {
		return "", err
	}
	plan, err := s.pinnedPlan(ctx, tenant, &st)
	if err != nil {
		return "", err
	}
	full, err := s.config.Records.Load(ctx, tenant, plan.Flow.Entity, doc.ID)
	if err != nil {
		return "", err
	}
	return s.subject(ctx, tenant, plan, full)
}

// past reads a run out of its record and events.
func (s *Service) past(ctx context.Context, tenant string, f *def.Flow, doc *store.Doc) (*past, error) {
	p := &past{current: doc.Values}
	var err error
	if p.state, err = decodeState(doc.Flow); err != nil {
		return nil, err
	}
	plan, err := s.pinnedPlan(ctx, tenant, &p.state)
	if err != nil {
		return nil, err
	}
	events, err := s.eventsOf(ctx, tenant, f.Entity, doc.ID)
	if err != nil {
		return nil, err
	}
	t := &tracer{plan: plan, state: &p.state}
	if t.facts, err = readFacts(events); err != nil {
		return nil, err
	}
	p.trace = t.trace()
	p.submit = record.Record{
		ID: doc.ID, Entity: f.Entity, Rev: 1, CreatedBy: doc.CreatedBy, CreatedAt: doc.CreatedAt,
		UpdatedBy: doc.CreatedBy, UpdatedAt: doc.CreatedAt,
	}
	return p, p.rewind(events)
}

// rewind finds the values the run was submitted with by undoing what was changed since, and what was decided on the way.
func (p *past) rewind(events []store.Event) error {
	values := cloneJSON(p.current)
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		if commandTypes[e.Type] {
			if err := p.noteDecision(e, events[:i], values); err != nil {
				return err
			}
			if e.Type == eventTypes[Start] {
				break
			}
			continue
		}
		written, err := event.Decode(e.Data)
		if err != nil {
			return err
		}
		for k := len(written.Changes) - 1; k >= 0; k-- {
			undo(values, written.Changes[k])
		}
	}
	slices.Reverse(p.plays)
	p.submit.Values = values
	return nil
}

// noteDecision makes a play of a decision, with the values it wrote: those of the write it belongs to.
func (p *past) noteDecision(e store.Event, earlier []store.Event, values form.Values) error {
	facts, err := readFacts([]store.Event{e})
	if err != nil {
		return err
	}
	verb := map[string]string{
		eventTypes[Approve]: playApprove, eventTypes[Reject]: playReject, eventTypes[Return]: playReturn,
		eventTypes[Resubmit]: playResubmit,
	}[e.Type]
	fact := facts[0].fact
	if verb == "" {
		return nil
	}
	play := Play{Node: first(fact.Node, StartNode), Do: verb, To: fact.To, Comment: fact.Comment}
	for _, w := range earlier {
		if w.Rev != e.Rev {
			continue
		}
		written, err := event.Decode(w.Data)
		if err != nil {
			return err
		}
		for _, c := range written.Changes {
			field, _, _ := strings.Cut(c.Field, "[")
			if play.Values == nil {
				play.Values = form.Values{}
			}
			play.Values[field] = cloneJSON(values)[field]
		}
	}
	p.plays = append(p.plays, play)
	return nil
}

// undo takes one change back.
func undo(values form.Values, c event.Change) {
	table, rest, inRow := strings.Cut(c.Field, "[")
	if !inRow {
		put(values, c.Field, c.From)
		return
	}
	id, column, isCell := strings.Cut(rest, "].")
	id = strings.TrimSuffix(id, "]")
	rows, _ := values[table].([]any)
	i := slices.IndexFunc(rows, func(row any) bool {
		object, ok := row.(map[string]any)
		return ok && object["_id"] == id
	})
	switch {
	case isCell && i >= 0:
		if row, ok := rows[i].(map[string]any); ok {
			put(row, column, c.From)
		}
	case isCell || c.Moved:
	case c.From == nil && i >= 0: // it came
		values[table] = slices.Delete(rows, i, i+1)
	case c.From != nil && i < 0: // it went
		values[table] = append(rows, c.From)
	}
}

func put(values map[string]any, name string, value any) {
	if value == nil {
		delete(values, name)
		return
	}
	values[name] = value
}

// cloneJSON copies values deep enough to be changed.
func cloneJSON(values form.Values) form.Values {
	copied := make(form.Values, len(values))
	for name, value := range values {
		list, ok := value.([]any)
		if !ok {
			copied[name] = value
			continue
		}
		rows := make([]any, len(list))
		for i, item := range list {
			rows[i] = item
			if row, ok := item.(map[string]any); ok {
				rows[i] = maps.Clone(row)
			}
		}
		copied[name] = rows
	}
	return copied
}

// compare lists what is other now than it was, and tells by the play over its own definitions why.
func (p *past) compare(cat *def.Catalog, f *def.Flow, now, then *Simulation) []ReplayDifference {
	var found []ReplayDifference
	note := func(d ReplayDifference, byOwn any) {
		if reflect.DeepEqual(d.Was, d.Now) {
			return
		}
		d.Cause = causeDraft
		if reflect.DeepEqual(byOwn, d.Now) {
			d.Cause = causeSince
		}
		found = append(found, d)
	}
	ended := p.state.Status.Ended()
	was, is := p.trace.visited(), now.visited()
	if !ended { // what it has not come to yet is no difference
		is, was = is[:min(len(is), len(was))], was[:min(len(is), len(was))]
	}
	note(ReplayDifference{What: "route", Was: was, Now: is}, then.visited()[:min(len(is), len(then.visited()))])
	if ended && p.state.Status != Cancelled && p.state.Status != Terminated {
		note(ReplayDifference{What: "status", Was: p.state.Status, Now: now.Status}, then.Status)
	}
	for _, n := range p.trace.Nodes {
		asked, asks := p.trace.approvers(n.Node), now.approvers(n.Node)
		if len(asked) > 0 && len(asks) > 0 {
			note(ReplayDifference{What: "approvers", Node: n.Node, Was: asked, Now: asks}, then.approvers(n.Node))
		}
	}
	entity := cat.Entities[f.Entity]
	for _, name := range slices.Sorted(maps.Keys(entity.Properties)) {
		field := entity.Properties[name]
		if field.Compute != "" || field.Lookup != nil {
			note(ReplayDifference{What: "value", Field: name, Was: p.current[name], Now: now.values[name]}, then.values[name])
		}
	}
	return found
}
