package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// ScenarioResult tells whether a saved scenario came out as wanted.
type ScenarioResult struct {
	Name        string               `json:"name"`
	Title       string               `json:"title,omitempty"`
	Passed      bool                 `json:"passed"`
	Skipped     bool                 `json:"skipped,omitempty"` // nobody has the role it begins with: it was not played
	Differences []ScenarioDifference `json:"differences,omitempty"`
}

// ScenarioDifference is one thing that came out otherwise. What is status, path, signed, approvers (of Node), or error: then Got
// is the code of why it could not be played.
type ScenarioDifference struct {
	What string   `json:"what"`
	Node string   `json:"node,omitempty"`
	Want []string `json:"want,omitempty"`
	Got  []string `json:"got,omitempty"`
}

// errNoHolder is why a scenario of a template is not played: the company has nobody (yet) in the role it begins with.
// Somebody named by his id who is gone is a difference instead.
var errNoHolder = errors.New("nobody has the role")

// Scenarios plays the scenarios saved with a flow.
func (s *Service) Scenarios(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow) ([]ScenarioResult, error) {
	results := []ScenarioResult{}
	for _, sc := range f.Scenarios {
		result := ScenarioResult{Name: sc.Name, Title: sc.Title}
		var err error
		result.Differences, err = s.playScenario(ctx, tenant, cat, f, sc)
		if errors.Is(err, errNoHolder) {
			result.Skipped, err = true, nil
		}
		if err != nil {
			return nil, fmt.Errorf("scenario %s of %s: %w", sc.Name, f.Name, err)
		}
		result.Passed = !result.Skipped && len(result.Differences) == 0
		results = append(results, result)
	}
	return results, nil
}

// LintScenarios gives the saved scenarios that do not come out as wanted as findings.
func (s *Service) LintScenarios(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow) ([]def.Problem, error) {
	results, err := s.Scenarios(ctx, tenant, cat, f)
	if err != nil {
		return nil, err
	}
	l := linter{flow: f}
	for i, result := range results {
		if !result.Passed && !result.Skipped {
			l.report("/scenarios/"+strconv.Itoa(i), levelWarning, lintScenario, map[string]any{
				"name": first(result.Title, result.Name), "what": result.Differences[0].What, "node": result.Differences[0].Node,
			})
		}
	}
	return l.problems, nil
}

func (s *Service) playScenario(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, sc *def.Scenario) ([]ScenarioDifference, error) {
	in, err := s.scenarioInput(ctx, tenant, cat, f, sc)
	if err != nil {
		return unplayable(err)
	}
	sim, err := s.Simulate(ctx, tenant, in)
	if err != nil {
		return unplayable(err)
	}
	if sim.Refused != "" {
		return []ScenarioDifference{{What: "error", Got: []string{sim.Refused}}}, nil
	}
	return differences(&sc.Expect, &sim), nil
}

// unplayable turns what makes a scenario unplayable (a person or record that is gone, values nobody can read) into a
// difference; other errors are the machine's.
func unplayable(err error) ([]ScenarioDifference, error) {
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return []ScenarioDifference{{What: "error", Got: []string{refused.Code}}}, nil
	case errors.Is(err, record.ErrNotFound):
		return []ScenarioDifference{{What: "error", Got: []string{CodeNotFound}}}, nil
	default:
		return nil, err
	}
}

// scenarioInput is a scenario as something to simulate.
func (s *Service) scenarioInput(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, sc *def.Scenario) (SimulateInput, error) {
	in := SimulateInput{Catalog: cat, Flow: f.Name}
	kind, arg, _ := cutWho(sc.User)
	in.User = arg
	if kind == "role" {
		members, err := s.config.Access.Members(ctx, tenant, arg)
		if err != nil {
			return in, err
		}
		if len(members) == 0 {
			return in, errNoHolder
		}
		in.User = members[0].ID
	}
	if sc.Record != "" {
		full, err := s.config.Records.Load(ctx, tenant, f.Entity, sc.Record)
		if err != nil {
			return in, err
		}
		in.Record = &full.Record
	}
	var err error
	if in.Values, err = scenarioValues(sc.Values); err != nil {
		return in, err
	}
	for _, p := range sc.Plays {
		play := Play{Node: p.Node, User: p.User, Do: p.Do, To: p.To, Comment: p.Comment}
		if play.Values, err = scenarioValues(p.Values); err != nil {
			return in, err
		}
		in.Plays = append(in.Plays, play)
	}
	return in, nil
}

// scenarioValues reads values as the API does: numbers stay exact.
func scenarioValues(raw json.RawMessage) (form.Values, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // no values is an answer
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var values form.Values
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("values of a scenario: %w", err)
	}
	return values, nil
}

// differences compares what came out with what was wanted.
func differences(want *def.ScenarioExpect, sim *Simulation) []ScenarioDifference {
	var found []ScenarioDifference
	if want.Status != "" && want.Status != string(sim.Status) {
		found = append(found, ScenarioDifference{What: "status", Want: []string{want.Status}, Got: []string{string(sim.Status)}})
	}
	if path := sim.visited(); want.Path != nil && !slices.Equal(want.Path, path) {
		found = append(found, ScenarioDifference{What: "path", Want: want.Path, Got: path})
	}
	if signed := sim.signed(); want.Signed != nil && !slices.Equal(slices.Sorted(slices.Values(want.Signed)), signed) {
		found = append(found, ScenarioDifference{What: "signed", Want: want.Signed, Got: signed})
	}
	for _, node := range slices.Sorted(maps.Keys(want.Approvers)) {
		wanted, got := slices.Sorted(slices.Values(want.Approvers[node])), sim.approvers(node)
		if !slices.Equal(wanted, got) {
			found = append(found, ScenarioDifference{What: "approvers", Node: node, Want: wanted, Got: got})
		}
	}
	return found
}

// visited lists the nodes a run came to, in document order; branch nodes are the way, not a place.
func (t *Trace) visited() []string {
	visited := []string{}
	for _, n := range t.Nodes {
		if n.Rounds > 0 && n.Type != def.NodeBranch {
			visited = append(visited, n.Node)
		}
	}
	return visited
}

// signed lists the nodes where somebody drew his signature, sorted.
func (t *Trace) signed() []string {
	signed := []string{}
	for _, n := range t.Nodes {
		if slices.ContainsFunc(n.Tasks, func(task TracedTask) bool { return task.signed }) {
			signed = append(signed, n.Node)
		}
	}
	slices.Sort(signed)
	return signed
}

// approvers lists the ids of those a node asked in its last round: whom they passed it on to, and whom they added, does
// not count.
func (t *Trace) approvers(node string) []string {
	ids := []string{}
	for _, n := range t.Nodes {
		for _, task := range n.Tasks {
			if n.Node == node && task.Round == n.Rounds && task.asked != "" {
				ids = append(ids, task.asked)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
