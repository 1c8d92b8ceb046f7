package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"formwork/engine/expr"
	"formwork/engine/form"
)

// CaseResult is what became of one case. Failure is "" when it passed, else what was expected and what was got.
type CaseResult struct {
	ID      string
	Title   string
	Failure string
}

// String is the line the command prints for a case.
func (r CaseResult) String() string {
	if r.Failure == "" {
		return fmt.Sprintf("ok %s %s", r.ID, r.Title)
	}
	return fmt.Sprintf("FAIL %s %s: %s", r.ID, r.Title, r.Failure)
}

// RunCases plays the scenarios of a file through Step, each on an organisation and a clock of its own. It fails only if
// the file cannot be read as one.
func RunCases(r io.Reader) ([]CaseResult, error) {
	cases, err := readCases(r)
	if err != nil {
		return nil, err
	}
	results := make([]CaseResult, len(cases))
	for i := range cases {
		c := &cases[i]
		results[i] = CaseResult{ID: c.ID, Title: c.Title}
		if err := c.play(); err != nil {
			results[i].Failure = err.Error()
		}
	}
	return results, nil
}

// PrintCases writes a line per case and a closing count, and gives the number of cases that failed.
func PrintCases(w io.Writer, results []CaseResult) (failed int, err error) {
	for _, r := range results {
		if r.Failure != "" {
			failed++
		}
		if _, err := fmt.Fprintln(w, r); err != nil {
			return failed, fmt.Errorf("print cases: %w", err)
		}
	}
	if _, err := fmt.Fprintf(w, "%d ok, %d failed\n", len(results)-failed, failed); err != nil {
		return failed, fmt.Errorf("print cases: %w", err)
	}
	return failed, nil
}

func (c *scenario) play() error {
	if c.broken != nil {
		return c.broken
	}
	if c.Lint != nil {
		return c.runLint()
	}
	s := newStage(c)
	for i := range c.Steps {
		var err error
		if s, err = s.play(&c.Steps[i]); err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, c.Steps[i].label(), err)
		}
	}
	if err := s.meets(s.main, c.Expected); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	return nil
}

func (step *caseStep) label() string {
	if step.Race != nil {
		return "race"
	}
	return strings.TrimSpace(step.By + " " + step.Do)
}

// play does a step and compares; it gives the stage to go on with.
func (s *stage) play(step *caseStep) (*stage, error) {
	if step.Race != nil {
		return s.race(step)
	}
	before := s.on(step)
	var unchanged State
	if before != nil {
		unchanged = before.state
	}
	got := codeOf(s.do(step))
	if got != step.Error {
		return nil, fmt.Errorf("expected %s, got %s", orDone(step.Error), orDone(got))
	}
	if step.Error != "" && before != nil && !reflect.DeepEqual(unchanged, before.state) {
		return nil, errors.New("expected no change by a refused command, got one")
	}
	p := before
	if p == nil {
		if p = s.on(step); p == nil {
			return nil, errNoChild
		}
	}
	return s, s.meets(p, step.Expect)
}

// codeOf gives an error in the notation of the cases.
func codeOf(err error) string {
	var refused *Refused
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return "E_" + strings.ToUpper(refused.Code)
	default:
		return err.Error()
	}
}

func orDone(code string) string { return first(code, "done") }

// race plays commands that arrive at once in every order; it goes on with the first one.
func (s *stage) race(step *caseStep) (*stage, error) {
	var next *stage
	for order := range permutations(len(step.Race)) {
		try := s.clone()
		done := 0
		for _, i := range order {
			if try.do(&step.Race[i]) == nil {
				done++
			}
		}
		if done != step.OK {
			return nil, fmt.Errorf("expected %d done in order %v, got %d", step.OK, order, done)
		}
		if err := try.meets(try.main, step.Expect); err != nil {
			return nil, fmt.Errorf("in order %v: %w", order, err)
		}
		if next == nil {
			next = try
		}
	}
	return next, nil
}

// permutations yields every order of n things.
func permutations(n int) func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		permute(order, 0, yield)
	}
}

func permute(order []int, from int, yield func([]int) bool) bool {
	if from >= len(order)-1 {
		return yield(slices.Clone(order))
	}
	for i := from; i < len(order); i++ {
		order[from], order[i] = order[i], order[from]
		if !permute(order, from+1, yield) {
			return false
		}
		order[from], order[i] = order[i], order[from]
	}
	return true
}

// meets compares a run with an expectation.
func (s *stage) meets(p *played, e *expectation) error {
	if e == nil {
		return nil
	}
	var wrong []string
	compare := func(what string, wanted, got any) {
		if !reflect.DeepEqual(wanted, got) {
			wrong = append(wrong, fmt.Sprintf("expected %s %v, got %v", what, shown(wanted), shown(got)))
		}
	}
	if e.Status != nil {
		compare("status", *e.Status, p.state.Status)
	}
	if e.Open != nil {
		compare("open", e.Open, p.holders(TaskOpen))
	}
	waiting := p.holders(TaskWaiting)
	for node, users := range e.Waiting {
		compare("waiting on "+node, append([]string{}, users...), append([]string{}, waiting[node]...))
	}
	if e.Data != nil {
		compare("data", canonicalValue(e.Data), canonicalValue(p.values))
	}
	if e.View != nil {
		compare("view", canonicalValue(e.View), canonicalValue(s.view))
	}
	if e.CC != nil {
		compare("cc", slices.Sorted(slices.Values(e.CC)), p.copies())
	}
	if e.Rev != nil {
		compare("rev", *e.Rev, p.state.Rev)
	}
	if e.Auto != nil {
		compare("auto", e.Auto, p.automatic())
	}
	if e.Effects != nil {
		compare("effects", e.Effects, append([]string{}, p.effects...))
	}
	if e.Reminds != nil {
		compare("reminds", *e.Reminds, p.reminds)
	}
	if e.Incident != nil {
		compare("incident", *e.Incident, p.incident())
	}
	if wrong == nil {
		return nil
	}
	return errors.New(strings.Join(wrong, "; "))
}

func shown(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// holders gives the users with a task of a status, sorted, by node.
func (p *played) holders(status TaskStatus) map[string][]string {
	users := map[string][]string{}
	for _, t := range p.state.Tasks {
		if t.Status == status {
			users[t.Node] = append(users[t.Node], t.User.ID)
		}
	}
	for _, list := range users {
		slices.Sort(list)
	}
	return users
}

func (p *played) copies() []string {
	ids := []string{}
	for _, c := range p.state.CC {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (p *played) automatic() [][]any {
	list := [][]any{}
	for _, d := range p.state.Decisions {
		entry := []any{d.Node, nil, d.Reason}
		if d.User != "" {
			entry[1] = d.User
		}
		list = append(list, entry)
	}
	return list
}

func (p *played) incident() string {
	if len(p.state.Incident) == 0 {
		return ""
	}
	return "E_" + strings.ToUpper(p.state.Incident[0].Code)
}

// canonicalValue makes equal numbers equal: 1, 1.0 and 1.00.
func canonicalValue(v any) any {
	switch v := v.(type) {
	case json.Number:
		if d, err := expr.ParseDecimal(v.String()); err == nil {
			return json.Number(expr.DecimalString(d))
		}
		return v
	case form.Values:
		m := make(form.Values, len(v))
		for name := range maps.Keys(v) {
			m[name] = canonicalValue(v[name])
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = canonicalValue(v[i])
		}
		return list
	default:
		return v
	}
}

// runLint compares the findings about a definition with the wanted ones, over the codes the cases know.
func (c *scenario) runLint() error {
	l := linter{flow: c.Def.flow("")}
	if c.Fields != nil {
		l.knows = func(field string) bool { return slices.Contains(c.Fields, field) }
	}
	got := []string{}
	for _, p := range l.run() {
		code := "E_" + strings.ToUpper(p.Code)
		if p.Level == levelWarning {
			code = "W_" + strings.ToUpper(p.Code)
		}
		if caseLints[p.Code] && !slices.Contains(got, code) {
			got = append(got, code)
		}
	}
	slices.Sort(got)
	wanted := slices.Sorted(slices.Values(c.Lint))
	if !slices.Equal(got, wanted) {
		return fmt.Errorf("expected findings %v, got %v", wanted, got)
	}
	return nil
}
