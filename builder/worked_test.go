package builder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
)

// example is the worked example of a construction company. That what comes out equals it to the cent is tested through
// the API.
type example struct {
	Inputs map[string][]map[string]any `json:"inputs"`
	Cases  map[string][]map[string]any `json:"cases"`
}

// readExample reads worked_example.json from FORMWORK_CASES, or from the folder beside the project; without it the test
// is skipped.
func readExample(tb testing.TB) example {
	tb.Helper()
	folder := os.Getenv("FORMWORK_CASES")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "cases")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "worked_example.json"))
	if errors.Is(err, os.ErrNotExist) {
		tb.Skip("no worked_example.json: set FORMWORK_CASES to its folder")
	}
	if err != nil {
		tb.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var e example
	if err := decoder.Decode(&e); err != nil {
		tb.Fatal(err)
	}
	return e
}

// company is a world that holds the inputs of the example, imported as opening data.
type company struct {
	*world
	example
	system access.Actor
	users  map[string]string            // employee code → user id
	ids    map[string]map[string]string // entity → natural key → record id
}

// loaded are the inputs the templates base and labor have entities for, in the order references need.
var loaded = []string{
	"cost_subject", "customer", "work_calendar", "labor_policy", "project", "wbs_task", "supplier", "bank_account", "expense_contract",
	"labor_team", "worker", "worker_rate", "day_labor_sheet", "piece_sheet", "wage_advance", "wage_adjust", "wage_sheet", "wage_payment",
}

func newCompany(tb testing.TB) *company {
	tb.Helper()
	c := &company{
		example: readExample(tb), world: installed(tb), system: access.Actor{Tenant: "acme", ID: "system", System: true},
		users: map[string]string{}, ids: map[string]map[string]string{},
	}
	c.now = time.Date(2026, 6, 30, 10, 0, 0, 0, time.UTC) // the data date of the example
	for _, employee := range c.Inputs["employee"] {
		code, role := fmt.Sprint(employee["code"]), fmt.Sprint(employee["role"])
		values := form.Values{"code": code, "roles": []any{}}
		if _, known := c.active(tb).Roles[role]; known {
			values["roles"] = []any{role}
		}
		if role == "gm" {
			values["roles"] = []any{role, "labor_flow_admin"}
		}
		added, err := c.config.Identity.AddMember(c.ctx, c.system, identity.NewMember{
			Login: strings.ToLower(code), Name: fmt.Sprint(employee["name"]), Values: values,
		})
		if err != nil {
			tb.Fatal(err)
		}
		c.users[code] = added.Record.ID
	}
	for _, entity := range loaded {
		c.load(tb, entity)
	}
	c.lead(tb)
	return c
}

// later are fields of the inputs that come with templates of their own.
var later = []string{"budget_cost", "predecessors", "imported", "gross_amount", "net_amount"}

// reasons are the example's words for what the template has options.
var reasons = map[string]string{"高温补贴": "high_temp", "伙食费": "meal"}

// load imports all inputs of an entity at once; none may be refused.
func (c *company) load(tb testing.TB, name string) {
	tb.Helper()
	entity, ok := c.active(tb).Entity(name)
	if !ok {
		tb.Fatalf("no entity %s", name)
	}
	c.ids[name] = map[string]string{}
	roots, children := c.Inputs[name], []map[string]any(nil)
	if entity.Tree != "" {
		roots, children = nil, nil
		for _, input := range c.Inputs[name] {
			if input[entity.Tree] == nil {
				roots = append(roots, input)
			} else {
				children = append(children, input)
			}
		}
	}
	c.bring(tb, entity, roots)
	c.bring(tb, entity, children)
}

func (c *company) bring(tb testing.TB, entity *def.Entity, inputs []map[string]any) {
	tb.Helper()
	batch := record.ManyInput{}
	for _, input := range inputs {
		batch.Records = append(batch.Records, c.opening(tb, entity, input))
	}
	answers, err := c.records.CreateMany(c.ctx, c.system, entity.Name, batch)
	if err != nil {
		tb.Fatal(err)
	}
	for i, answer := range answers {
		if answer.Err != nil {
			tb.Fatalf("%s %v: %s", entity.Name, inputs[i], explained(answer.Err))
		}
		if key, ok := inputs[i][entity.Natural].(string); ok {
			c.ids[entity.Name][key] = answer.ID
		}
	}
}

// lead names the leaders of the teams, who are workers and came after them.
func (c *company) lead(tb testing.TB) {
	tb.Helper()
	for _, team := range c.Inputs["labor_team"] {
		patch := record.PatchInput{Values: form.Values{"leader": map[string]any{"key": team["leader"]}}}
		if _, err := c.records.Patch(c.ctx, c.system, "labor_team", c.ids["labor_team"][fmt.Sprint(team["code"])], patch); err != nil {
			tb.Fatal(explained(err))
		}
	}
}

// opening turns an input into a record to import: codes become references, its status the state.
func (c *company) opening(tb testing.TB, entity *def.Entity, input map[string]any) record.CreateInput {
	tb.Helper()
	in := record.CreateInput{Imported: true, State: "approved", Values: form.Values{}}
	for name, value := range input {
		switch {
		case value == nil || slices.Contains(later, name) && entity.Properties[name] == nil:
		case name == "status" && entity.Approval:
			if value == "paid" {
				in.Values[name] = value
			}
		case name == "status" && entity.Properties[name] == nil:
		case entity.Name == "labor_team" && name == "leader": // a worker: see lead
		case entity.Name == "wage_sheet" && name == "gross_amount":
			in.Values["opening_gross"] = value
		case entity.Name == "wage_sheet" && name == "advance_deduct":
			in.Values["opening_deduct"] = value
		default:
			in.Values[name] = c.value(tb, entity.Properties[name], name, value)
		}
	}
	return in
}

// value turns the example's notation of a field into that of the wire.
func (c *company) value(tb testing.TB, field *def.Field, name string, value any) any {
	tb.Helper()
	if field == nil {
		if slices.Contains(later, name) {
			return nil
		}
		tb.Fatalf("no field %s", name)
	}
	switch v := value.(type) {
	case []any:
		rows := make([]any, len(v))
		for i, row := range v {
			columns := map[string]any{}
			for column, cell := range object(row) {
				if cell != nil {
					inner, _ := field.Column(column)
					columns[column] = c.value(tb, inner, column, cell)
				}
			}
			rows[i] = columns
		}
		return rows
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			tb.Fatal(err)
		}
		return n
	case string:
		switch {
		case field.Target() == def.EntityUser:
			return c.users[v]
		case field.Target() != "":
			return map[string]any{"key": v}
		case name == "reason" && reasons[v] != "":
			return reasons[v]
		}
	}
	return value
}

// object reads a JSON object; anything else is an empty one.
func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

// explained names the problems of a refusal.
func explained(err error) string {
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) {
		return fmt.Sprint(err)
	}
	var lines []string
	for _, p := range invalid.Problems {
		lines = append(lines, fmt.Sprintf("%s %s %s %v", p.Level, p.Field, p.Code, p.Params))
	}
	return strings.Join(lines, "; ")
}

// person is an employee of the example as he signs in.
func (c *company) person(tb testing.TB, code string) access.Actor {
	tb.Helper()
	actor, err := c.config.Identity.Actor(c.ctx, "acme", c.users[code])
	if err != nil {
		tb.Fatal(err)
	}
	return actor
}
