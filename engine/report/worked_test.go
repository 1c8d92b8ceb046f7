package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
	"formwork/engine/report"
	"formwork/templates"
)

// worked is the worked example of the project: records of a construction company. That reports equal it is tested through
// the API.
type worked struct {
	Inputs map[string][]map[string]any `json:"inputs"`
}

// readWorked reads the example from the folder FORMWORK_CASES, or from beside the repository; without it the test is
// skipped.
func readWorked(tb testing.TB) *worked {
	tb.Helper()
	folder := os.Getenv("FORMWORK_CASES")
	if folder == "" {
		folder = "../../../shared/cases"
	}
	raw, err := os.ReadFile(filepath.Join(folder, "worked_example.json"))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("worked example skipped: no worked_example.json in FORMWORK_CASES")
	}
	if err != nil {
		tb.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var w worked
	if err := dec.Decode(&w); err != nil {
		tb.Fatal(err)
	}
	return &w
}

// templateCatalog compiles the shipped templates base and labor.
func templateCatalog(tb testing.TB, files fs.FS) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	for _, template := range []string{"base", "labor"} {
		for _, pattern := range []string{template + "/*/*.json", template + "/settings.json"} {
			names, err := fs.Glob(files, pattern)
			if err != nil {
				tb.Fatal(err)
			}
			for _, name := range names {
				kind := def.Kind(path.Base(path.Dir(name)))
				if path.Base(name) == "settings.json" {
					kind = def.KindSettings
				}
				if !slices.Contains(def.Kinds, kind) {
					continue // sample/, testdata/
				}
				raw, err := fs.ReadFile(files, name)
				if err != nil {
					tb.Fatal(err)
				}
				definition, problems := def.Decode(kind, raw)
				if len(problems) > 0 {
					tb.Fatalf("%s: %v", name, problems)
				}
				defs[def.RefOf(template, definition)] = definition
			}
		}
	}
	catalog, problems := def.Compile(defs, "zh-CN")
	if problems = append(problems, def.Check(catalog)...); len(problems) > 0 {
		tb.Fatal(problems)
	}
	return catalog
}

// workedOrder is the order in which the example's records can be entered: what is referred to first.
var workedOrder = []string{
	"cost_subject", "labor_policy", "work_calendar", "customer", "supplier", "project", "wbs_task", "bank_account", "expense_contract",
	"labor_team", "worker", "worker_rate", "day_labor_sheet", "piece_sheet", "wage_sheet", "wage_payment",
}

// enter stores the example through the one way records change: what is computed is computed anew. A record's id is its
// natural key, so that references need no translation.
func (w *world) enter(example *worked) {
	w.Helper()
	for _, person := range example.Inputs["employee"] {
		id, _ := person["code"].(string)
		w.create("user", id, record.CreateInput{Values: map[string]any{"name": person["name"]}})
	}
	for _, entity := range workedOrder {
		definition := w.catalog.Entities[entity]
		if definition == nil {
			continue
		}
		for i, input := range example.Inputs[entity] {
			id := fmt.Sprintf("%s-%d", entity, i)
			if key, ok := input[definition.Natural].(string); ok {
				id = key
			}
			in := record.CreateInput{Values: known(definition.Properties, input), Imported: true}
			if entity == "wage_sheet" { // opening data have no lines to add up
				in.Values["opening_gross"], in.Values["opening_deduct"] = input["gross_amount"], input["advance_deduct"]
			}
			delete(in.Values, "leader") // of a team: a worker, who comes after his team
			if definition.Approval {
				in.State = "approved" // the example calls it status
				delete(in.Values, "status")
			}
			w.create(entity, id, in)
		}
	}
}

func (w *world) create(entity, id string, in record.CreateInput) {
	w.Helper()
	in.ID = id
	if _, err := w.records.Create(w.ctx, access.Actor{Tenant: tenantName, System: true}, entity, in); err != nil {
		var invalid *record.InvalidError
		if errors.As(err, &invalid) {
			w.Fatalf("create %s/%s: %+v", entity, id, invalid.Problems)
		}
		w.Fatalf("create %s/%s: %v", entity, id, err)
	}
}

// known keeps what an entity has fields for and people may write; numbers become whole numbers.
func known(fields map[string]*def.Field, input map[string]any) map[string]any {
	values := map[string]any{}
	for name, value := range input {
		field := fields[name]
		if field == nil || value == nil || (field.IsComputed() && field.Number == nil) {
			continue
		}
		switch v := value.(type) {
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				continue
			}
			value = n
		case []any:
			if field.IsTable() {
				rows := make([]any, 0, len(v))
				for _, item := range v {
					if row, ok := item.(map[string]any); ok {
						rows = append(rows, known(field.Items.Properties, row))
					}
				}
				value = rows
			}
		}
		values[name] = value
	}
	return values
}

// TestReadersOfTheLaborCenter runs the shipped dashboard as people of the example: each sees his projects or teams, and of
// the widgets those whose pay and wages his role may read.
func TestReadersOfTheLaborCenter(t *testing.T) {
	example := readWorked(t)
	w := newWorldOf(t, openSQLite(t), templateCatalog(t, templates.Files))
	w.enter(example)
	member := func(id, role string) access.Actor {
		return access.Actor{Tenant: tenantName, ID: id, Name: id, Roles: []string{role}}
	}
	tests := []struct {
		name    string
		reader  access.Actor
		widgets int
		widget  string // one of them, and
		column  string // what its rows are told apart by
		rows    []string
	}{
		{"the labor administrator of all projects", member("U05", "labor_admin"), 14, "by_team", "team", []string{"T1", "T2", "T3", "T4"}},
		{"the manager of one project", member("U06", "project_manager"), 14, "by_team", "team", []string{"T1", "T2"}},
		{"the clerk sees hours, not money", member("U09", "site_clerk"), 2, "heat", "worker", []string{"W01", "W02", "W03", "W04", "W05", "W06", "W07"}},
		{"the team leader his own people", member("U13", "team_leader"), 2, "heat", "worker", []string{"W01", "W02", "W03", "W04"}},
		{"the auditor everything", member("U01", "auditor"), 14, "by_team", "team", []string{"T1", "T2", "T3", "T4"}},
		{"the cashier what is to be paid", member("U02", "cashier"), 2, "payable", "wage_sheet", []string{"GZ-P3-202605"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer, err := w.reports.RunDashboard(w.ctx, tt.reader, "labor_center", nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, widget := range answer.Widgets {
				if widget.Err != nil {
					t.Errorf("%s: %v", name, widget.Err)
				}
			}
			if len(answer.Widgets) != tt.widgets {
				t.Errorf("%d widgets, want %d", len(answer.Widgets), tt.widgets)
			}
			var rows []string
			for _, row := range answer.Widgets[tt.widget].Result.Rows {
				rows = append(rows, fmt.Sprint(row[tt.column]))
			}
			same(t, slices.Compact(sorted(rows)), tt.rows)
		})
	}
	if _, err := w.reports.Run(w.ctx, member("U09", "site_clerk"), "labor_by_worker", report.RunInput{}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a clerk asks for pay: %v", err)
	}
}
