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

// example is the worked example of a construction company: what goes in, and what must come out to the cent.
type example struct {
	Inputs  map[string][]map[string]any `json:"inputs"`
	Outputs map[string][]map[string]any `json:"outputs"`
	Cases   map[string][]map[string]any `json:"cases"`
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
	keys   map[string]string            // record id → natural key
}

// loaded are the inputs the templates base and labor have entities for, in the order references need.
var loaded = []string{
	"cost_subject", "customer", "work_calendar", "labor_policy", "project", "wbs_task", "supplier", "expense_contract", "bank_account",
	"labor_team", "worker", "worker_rate", "day_labor_sheet", "piece_sheet", "wage_advance", "wage_adjust", "wage_sheet", "wage_payment",
}

func newCompany(tb testing.TB) *company {
	tb.Helper()
	c := &company{
		example: readExample(tb), world: installed(tb), system: access.Actor{Tenant: "acme", ID: "system", System: true},
		users: map[string]string{}, ids: map[string]map[string]string{}, keys: map[string]string{},
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
			c.ids[entity.Name][key], c.keys[answer.ID] = answer.ID, key
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
	in := record.CreateInput{Imported: true, Values: form.Values{}}
	for name, value := range input {
		switch {
		case value == nil || slices.Contains(later, name) && entity.Properties[name] == nil:
		case name == "status" && entity.Approval:
			in.State = "approved"
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

// objects reads a list of JSON objects.
func objects(value any) []map[string]any {
	items, _ := value.([]any)
	list := make([]map[string]any, len(items))
	for i, item := range items {
		list[i] = object(item)
	}
	return list
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

// values reads a record by its natural key, as nobody but the engine sees it.
func (c *company) values(tb testing.TB, entity, key string) form.Values {
	tb.Helper()
	rec, err := c.records.Get(c.ctx, c.system, entity, c.ids[entity][key])
	if err != nil {
		tb.Fatalf("%s %s: %v", entity, key, err)
	}
	return rec.Values
}

// row finds the row of a worker.
func (c *company) row(tb testing.TB, values form.Values, worker string) map[string]any {
	tb.Helper()
	for _, row := range objects(values["lines"]) {
		if id, _ := row["worker"].(string); c.keys[id] == worker {
			return row
		}
	}
	tb.Fatalf("no row of %s", worker)
	return nil
}

// same compares the named values with what the example says; they must be equal to the letter.
func same(t *testing.T, what string, got, want map[string]any, fields ...string) {
	t.Helper()
	for _, field := range fields {
		if fmt.Sprint(got[field]) != fmt.Sprint(want[field]) {
			t.Errorf("%s: %s = %v, want %v", what, field, got[field], want[field])
		}
	}
}

// The promise of the labor template: whatever was entered on site becomes exactly the wages the example says.
func TestWorkedExample(t *testing.T) {
	c := newCompany(t)
	t.Run("day_labor_line_computed", func(t *testing.T) {
		for _, want := range c.Outputs["day_labor_line_computed"] {
			sheet, worker := fmt.Sprint(want["sheet"]), fmt.Sprint(want["worker"])
			row := c.row(t, c.values(t, "day_labor_sheet", sheet), worker)
			same(t, sheet+" "+worker, row, want, "day_type", "day_rate", "normal_gong", "ot_gong", "normal_pay", "ot_pay", "line_amount")
		}
	})
	t.Run("piece_sheet_computed", func(t *testing.T) {
		for _, want := range c.Outputs["piece_sheet_computed"] {
			sheet := fmt.Sprint(want["sheet"])
			values := c.values(t, "piece_sheet", sheet)
			same(t, sheet, values, want, "amount")
			for _, line := range objects(want["lines"]) {
				same(t, sheet, c.row(t, values, fmt.Sprint(line["worker"])), line, "amount")
			}
		}
	})
	t.Run("wage_sheet_computed", c.wages)
	t.Run("day_labor_settlement", c.settlement)
	t.Run("chargeback_note", c.chargeback)
	t.Run("opening wage sheets", func(t *testing.T) {
		for _, input := range c.Inputs["wage_sheet"] {
			same(t, fmt.Sprint(input["no"]), c.values(t, "wage_sheet", fmt.Sprint(input["no"])), input, "gross_amount", "net_amount", "due_date")
		}
	})
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

// wages enters the wage sheets of June: the labor administrator names the workers, the rest follows from what was
// approved.
func (c *company) wages(t *testing.T) {
	labor := c.person(t, "U05")
	workers := map[string][]any{}
	for _, line := range c.Outputs["wage_sheet_lines"] {
		project := fmt.Sprint(line["project"])
		workers[project] = append(workers[project], map[string]any{"worker": map[string]any{"key": line["worker"]}})
	}
	sheets := map[string]record.Record{}
	for project, lines := range workers {
		made, err := c.records.Create(c.ctx, labor, "wage_sheet", record.CreateInput{Values: form.Values{
			"project": map[string]any{"key": project}, "month": "2026-06", "lines": lines,
		}})
		if err != nil {
			t.Fatalf("%s: %s", project, explained(err))
		}
		sheets[project] = made.Record
	}
	for _, want := range c.Outputs["wage_sheet_lines"] {
		project, worker := fmt.Sprint(want["project"]), fmt.Sprint(want["worker"])
		row := c.row(t, sheets[project].Values, worker)
		same(t, project+" "+worker, row, want, "name", "attend_days", "normal_hours", "ot_hours", "gong", "day_pay", "ot_pay",
			"piece_pay", "allowance", "gross_amount", "advance_deduct", "other_deduct", "net_amount")
	}
	for _, want := range c.Outputs["wage_sheet_computed"] {
		values := sheets[fmt.Sprint(want["project"])].Values
		same(t, fmt.Sprint(want["no"]), values, want, "no", "month", "worker_count", "gross_amount", "deduct_amount", "net_amount")
		if values["due_date"] != "2026-07-20" {
			t.Errorf("wages of June are due on %v", values["due_date"])
		}
	}
}

func (c *company) settlement(t *testing.T) {
	for _, want := range c.Outputs["day_labor_settlement"] {
		made, err := c.records.Create(c.ctx, c.person(t, "U05"), "day_labor_settlement", record.CreateInput{Values: form.Values{
			"team": map[string]any{"key": want["team"]}, "month": want["month"],
		}})
		if err != nil {
			t.Fatal(explained(err))
		}
		same(t, fmt.Sprint(want["team"]), made.Record.Values, want, "month", "gong", "amount_excl", "tax_amount", "amount_incl")
		if contract, _ := made.Record.Values["contract"].(string); c.keys[contract] != want["contract"] {
			t.Errorf("settled through %s, want %v", c.keys[contract], want["contract"])
		}
	}
}

// chargeback collects the lines the sheets flag for a contract.
func (c *company) chargeback(t *testing.T) {
	for _, want := range c.Outputs["chargeback_note"] {
		var lines []any
		for _, sheet := range c.Inputs["day_labor_sheet"] {
			for _, line := range objects(sheet["lines"]) {
				if line["chargeback_contract"] == want["contract"] {
					lines = append(lines, map[string]any{"sheet": map[string]any{"key": sheet["no"]}, "worker": map[string]any{"key": line["worker"]}})
				}
			}
		}
		values := form.Values{"contract": map[string]any{"key": want["contract"]}, "note_date": want["note_date"], "lines": lines}
		made, err := c.records.Create(c.ctx, c.person(t, "U04"), "chargeback_note", record.CreateInput{Values: values})
		if err != nil {
			t.Fatal(explained(err))
		}
		same(t, fmt.Sprint(want["contract"]), made.Record.Values, want, "line_count", "amount")
		if no := made.Record.Values["no"]; no != "KK-P1-202606-01" {
			t.Errorf("number %v", no)
		}
	}
}
