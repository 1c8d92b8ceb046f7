package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"formwork/builder"
	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

type (
	flowParams struct {
		Name string `path:"name"`
	}
	flowInfo struct {
		Name    string   `json:"name"`
		Title   string   `json:"title"`
		I18n    def.I18n `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
		Entity  string   `json:"entity"`
		Of      string   `json:"of"` // title of the entity
		Drafted bool     `json:"drafted"`
		New     bool     `json:"new"` // only the draft has it
	}
	flowAnswer struct {
		flowInfo
		Published  json.RawMessage `json:"published"`  // null: only the draft has it
		Draft      json.RawMessage `json:"draft"`      // null: the draft does not change it
		Definition json.RawMessage `json:"definition"` // what would be in force after a publish
		Problems   []def.Problem   `json:"problems"`
		// Titles are those of what the people of nodes are named by: the entry role:finance is "Finance".
		Titles map[string]string `json:"titles"`
		// Readings are the conditions of the definition and of the published flow for people, by source.
		Readings map[string]flow.Reading `json:"readings"`
		// Doings tell what nodes do without people, by node, and under "start" what starts the flow.
		Doings map[string]flow.Doing `json:"doings"`
		// Targets are where the webhooks of the company go, by name, as far as that is no secret.
		Targets  map[string]string `json:"targets"`
		Playable bool              `json:"playable"` // the draft compiles: it can be simulated
		Edit     bool              `json:"edit"`     // the reader may change the draft
		// Next is when the published flow runs next, if it has a schedule.
		Next *time.Time `json:"next,omitempty"`
	}
	pastFlow struct {
		builder.Past
		Readings map[string]flow.Reading `json:"readings"` // of its conditions, as the definitions in force name what they read
	}
	flowPeopleParams struct {
		Name   string `path:"name"`
		Search string `query:"q"`
	}
	personAnswer struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	tableParams struct {
		Name   string `path:"name"`
		User   string `query:"user" description:"id of who submits; without one no people are looked for"`
		Record string `query:"record" description:"id of a record whose people are asked"`
		Draft  bool   `query:"draft"`
	}
	simulateBody struct {
		User   string      `json:"user" description:"id of who submits"`
		Record string      `json:"record,omitempty" description:"id of a record to begin with"`
		Values form.Values `json:"values,omitempty"`
		Plays  []flow.Play `json:"plays,omitempty" description:"what people do; whoever is not named approves"`
		Draft  bool        `json:"draft,omitempty"`
	}
	replayBody struct {
		Limit int `json:"limit,omitempty"`
	}
	scenariosBody struct {
		Draft bool `json:"draft,omitempty"`
	}
	scenariosAnswer struct {
		Scenarios []flow.ScenarioResult `json:"scenarios"`
	}
)

// errNoDraft means that the draft does not compile, so that nothing can be played by it.
var errNoDraft = errors.New("the draft does not compile")

// flowInForce gives a flow of the catalog in force to an administrator of it. For others it is not there.
func (s *server) flowInForce(r *request, name string) (*def.Catalog, *def.Flow, error) {
	cat, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return nil, nil, err
	}
	f := cat.Flows[name]
	return cat, f, s.administers(r, f)
}

// flowOfDraft gives a flow as the draft has it: to administrators, and to whoever administers it as it is in force.
func (s *server) flowOfDraft(r *request, name string) (*def.Catalog, *def.Flow, error) {
	if !r.actor.Admin {
		if _, _, err := s.flowInForce(r, name); err != nil {
			return nil, nil, err
		}
	}
	cat, _, err := s.Builder.Drafted(r.ctx, r.actor.Tenant)
	switch {
	case err != nil:
		return nil, nil, err
	case cat == nil:
		return nil, nil, errNoDraft
	case cat.Flows[name] == nil:
		return nil, nil, errNotFound
	}
	return cat, cat.Flows[name], nil
}

// administers refuses whoever does not administer a flow.
func (s *server) administers(r *request, f *def.Flow) error {
	if f == nil {
		return errNotFound
	}
	ok, err := s.Engine.Flows.Administers(r.ctx, r.actor, f)
	if err == nil && !ok {
		err = errNotFound
	}
	return err
}

// administersAny tells whether the reader administers any flow.
func (s *server) administersAny(r *request) (bool, error) {
	if r.actor.Admin {
		return true, nil
	}
	cat, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return false, err
	}
	for _, f := range cat.Flows {
		if ok, err := s.Engine.Flows.Administers(r.ctx, r.actor, f); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

func (s *server) listFlows(r *request) error {
	cat, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	draft, err := s.Builder.Draft(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	infos := []flowInfo{}
	for _, name := range slices.Sorted(maps.Keys(cat.Flows)) {
		err := s.administers(r, cat.Flows[name])
		if errors.Is(err, errNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		_, drafted := draft.Changes[def.Ref{Kind: def.KindFlow, Name: name}.String()]
		infos = append(infos, infoOf(cat, cat.Flows[name], drafted, r.actor.Lang))
	}
	if r.actor.Admin {
		infos = append(infos, newFlows(cat, draft, r.actor.Lang)...)
	}
	return r.JSON(infos)
}

func infoOf(cat *def.Catalog, f *def.Flow, drafted bool, lang string) flowInfo {
	info := flowInfo{Name: f.Name, Title: f.Title, I18n: f.I18n, Entity: f.Entity, Of: f.Entity, Drafted: drafted}
	if entity := cat.Entities[f.Entity]; entity != nil {
		info.Of = entity.Label(lang)
	}
	return info
}

// newFlows lists the flows only the draft has.
func newFlows(cat *def.Catalog, draft builder.Draft, lang string) []flowInfo {
	var infos []flowInfo
	for _, text := range slices.Sorted(maps.Keys(draft.Changes)) {
		ref, ok := def.ParseRef(text)
		if !ok || ref.Kind != def.KindFlow || cat.Flows[ref.Name] != nil || draft.Changes[text].Removed {
			continue
		}
		definition, err := def.Parse(ref.Kind, draft.Definitions[text])
		if f, isFlow := definition.(*def.Flow); err == nil && isFlow {
			info := infoOf(cat, f, true, lang)
			info.New = true
			infos = append(infos, info)
		}
	}
	return infos
}

// getFlow gives a flow with its draft, and what a check finds about what would be published.
func (s *server) getFlow(r *request) error {
	name := r.Params("name")
	active, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	published := active.Flows[name]
	if published != nil || !r.actor.Admin {
		if err := s.administers(r, published); err != nil {
			return err
		}
	}
	ref := def.Ref{Kind: def.KindFlow, Name: name}
	draft, err := s.Builder.Draft(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	change, drafted := draft.Changes[ref.String()]
	answer := flowAnswer{Titles: map[string]string{}, Readings: map[string]flow.Reading{}, Doings: map[string]flow.Doing{}, Edit: r.actor.Admin, Published: json.RawMessage("null"), Draft: json.RawMessage("null")}
	if published != nil {
		if answer.Published, err = def.Encode(published); err != nil {
			return err
		}
		answer.flowInfo = infoOf(active, published, drafted, r.actor.Lang)
		if answer.Next, err = s.Engine.Flows.NextRun(r.ctx, r.actor.Tenant, published); err != nil {
			return err
		}
	}
	answer.Definition = answer.Published
	if drafted && !change.Removed {
		answer.Draft, answer.Definition = change.Definition, change.Definition
	}
	if string(answer.Definition) == "null" {
		return errNotFound
	}
	cat, err := s.checkFlow(r, ref, &answer)
	if err == nil && answer.Playable && !drafted {
		err = s.lintFlow(r, cat, ref.Name, &answer)
	}
	if err != nil {
		return err
	}
	if err := s.tellFlow(r, []*def.Catalog{active, cat}, ref.Name, &answer); err != nil {
		return err
	}
	return r.JSON(answer)
}

// checkFlow tells what the check of the draft finds wrong with a flow, and gives the draft's catalog. The answer is playable if
// that has the flow.
func (s *server) checkFlow(r *request, ref def.Ref, answer *flowAnswer) (*def.Catalog, error) {
	cat, problems, err := s.Builder.Drafted(r.ctx, r.actor.Tenant)
	if err != nil {
		return nil, err
	}
	answer.Problems = []def.Problem{}
	for _, p := range problems {
		if p.Ref == ref.String() {
			answer.Problems = append(answer.Problems, p)
		}
	}
	if cat == nil || cat.Flows[ref.Name] == nil {
		return cat, nil
	}
	answer.Playable = true
	if answer.Titles, err = s.Engine.Flows.WhoTitles(r.ctx, r.actor.Tenant, cat, cat.Flows[ref.Name], r.actor.Lang); err != nil {
		return nil, err
	}
	if answer.Published == nil || answer.Name == "" {
		answer.flowInfo = infoOf(cat, cat.Flows[ref.Name], true, r.actor.Lang)
		answer.New = true
	}
	return cat, nil
}

// lintFlow adds what is wrong with a flow that the draft does not change: the check of the draft rehearses the changed ones
// only, so its people and its ways out are looked at here.
func (s *server) lintFlow(r *request, cat *def.Catalog, name string, answer *flowAnswer) error {
	found, err := s.Engine.Flows.LintPeople(r.ctx, r.actor.Tenant, cat, cat.Flows[name])
	if err != nil {
		return err
	}
	outward, err := s.Engine.Flows.LintOutward(r.ctx, r.actor.Tenant, cat, cat.Flows[name])
	if err != nil {
		return err
	}
	answer.Problems = append(append(answer.Problems, found...), outward...)
	return nil
}

// maxPeople is how many people a search gives.
const maxPeople = 50

func (s *server) flowPeople(r *request) error {
	var p flowPeopleParams
	if err := r.bind(&p); err != nil {
		return err
	}
	if _, _, err := s.flowInForce(r, p.Name); err != nil && !r.actor.Admin {
		return err
	}
	all, _, err := s.Engine.Access.People(r.ctx, r.actor.Tenant, 2000)
	if err != nil {
		return err
	}
	found := []personAnswer{}
	for _, person := range all {
		if len(found) < maxPeople && strings.Contains(strings.ToLower(person.Name), strings.ToLower(p.Search)) {
			found = append(found, personAnswer{ID: person.ID, Name: person.Name})
		}
	}
	return r.JSON(found)
}

func (s *server) simulateFlow(r *request) error {
	var body simulateBody
	if err := r.decode(&body); err != nil {
		return err
	}
	in, err := s.simulation(r, &body)
	if err != nil {
		return err
	}
	sim, err := s.Engine.Flows.Simulate(r.ctx, r.actor.Tenant, in)
	if err != nil {
		return err
	}
	return r.JSON(sim)
}

func (s *server) approversTable(r *request) error {
	var p tableParams
	if err := r.bind(&p); err != nil {
		return err
	}
	in, err := s.simulation(r, &simulateBody{User: p.User, Record: p.Record, Draft: p.Draft})
	if err != nil {
		return err
	}
	table, err := s.Engine.Flows.ApproverTable(r.ctx, r.actor.Tenant, in)
	if err != nil {
		return err
	}
	return r.JSON(table)
}

// simulation reads what to play. A record must be one the reader may see.
func (s *server) simulation(r *request, body *simulateBody) (flow.SimulateInput, error) {
	played := s.flowInForce
	if body.Draft {
		played = s.flowOfDraft
	}
	cat, f, err := played(r, r.Params("name"))
	if err != nil {
		return flow.SimulateInput{}, err
	}
	in := flow.SimulateInput{
		Catalog: cat, Flow: f.Name, User: body.User, Values: body.Values, Plays: body.Plays, Lang: r.actor.Lang, Reader: &r.actor,
	}
	if body.Record != "" {
		in.Record, err = s.whole(r.ctx, r.actor, f.Entity, body.Record)
	}
	return in, err
}

// whole loads a record the reader may see, nothing hidden: the flow decides over all of it.
func (s *server) whole(ctx context.Context, reader access.Actor, entity, id string) (*record.Record, error) {
	if _, err := s.Engine.Flows.Record(ctx, reader, entity, id); err != nil {
		return nil, err
	}
	full, err := s.Engine.Records.Load(ctx, reader.Tenant, entity, id)
	if err != nil {
		return nil, err
	}
	return &full.Record, nil
}

// replayFlow plays the last real runs against the draft.
func (s *server) replayFlow(r *request) error {
	var body replayBody
	if err := r.decode(&body); err != nil {
		return err
	}
	const standard = 20
	if body.Limit == 0 {
		body.Limit = standard
	}
	cat, f, err := s.flowOfDraft(r, r.Params("name"))
	if err != nil {
		return err
	}
	replay, err := s.Engine.Flows.Replay(r.ctx, r.actor, cat, f.Name, body.Limit)
	if err != nil {
		return err
	}
	return r.JSON(replay)
}

func (s *server) runScenarios(r *request) error {
	var body scenariosBody
	if err := r.decode(&body); err != nil {
		return err
	}
	played := s.flowInForce
	if body.Draft {
		played = s.flowOfDraft
	}
	cat, f, err := played(r, r.Params("name"))
	if err != nil {
		return err
	}
	results, err := s.Engine.Flows.Scenarios(r.ctx, r.actor.Tenant, cat, f)
	if err != nil {
		return err
	}
	return r.JSON(scenariosAnswer{Scenarios: results})
}

func (s *server) flowVersions(r *request) error {
	name := r.Params("name")
	cat, _, err := s.flowInForce(r, name)
	if err != nil {
		return err
	}
	past, err := s.Builder.Past(r.ctx, r.actor.Tenant, def.Ref{Kind: def.KindFlow, Name: name})
	if err != nil {
		return err
	}
	told := make([]pastFlow, len(past))
	for i := range past {
		told[i] = pastFlow{Past: past[i], Readings: map[string]flow.Reading{}}
		definition, err := def.Parse(def.KindFlow, past[i].Definition)
		if f, ok := definition.(*def.Flow); err == nil && ok { // else it was removed then
			if err := s.readConditions(r, cat, f, told[i].Readings); err != nil {
				return err
			}
		}
	}
	return r.JSON(told)
}

func (s *server) proveRecord(r *request) error {
	proof, err := s.Engine.Prove(r.ctx, r.actor, r.Params("entity"), r.Params("id"))
	if err != nil {
		return err
	}
	return r.JSON(proof)
}

func (s *server) explainRecord(r *request) error {
	trace, err := s.Engine.Flows.Explain(r.ctx, r.actor, r.Params("entity"), r.Params("id"))
	if err != nil {
		return err
	}
	return r.JSON(trace)
}
