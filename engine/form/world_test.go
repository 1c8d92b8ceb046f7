package form

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"formwork/engine/def"
)

// shanghai is the zone of the tenant in all tests.
var shanghai = time.FixedZone("UTC+8", 8*3600)

// catalogOf compiles definitions from files "<kind>/<name>.json".
func catalogOf(tb testing.TB, patterns ...string) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			tb.Fatalf("no definitions in %s", pattern)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				tb.Fatal(err)
			}
			add(tb, defs, def.Kind(filepath.Base(filepath.Dir(file))), string(raw))
		}
	}
	return compiled(tb, defs)
}

func add(tb testing.TB, defs def.Definitions, kind def.Kind, raw string) {
	tb.Helper()
	d := decode(tb, kind, raw)
	defs[def.RefOf("test", d)] = d
}

// parse reads a definition without asking for its stage, as browsers do: they have no meta-schemas.
func parse(tb testing.TB, kind def.Kind, raw string) def.Definition {
	tb.Helper()
	canonical, problems := def.Canonical([]byte(raw))
	if len(problems) > 0 {
		tb.Fatalf("%s: %v", kind, problems)
	}
	d, err := def.Parse(kind, canonical)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func compiled(tb testing.TB, defs def.Definitions) *def.Catalog {
	tb.Helper()
	cat, problems := def.Compile(defs, "zh-CN")
	if len(problems) > 0 {
		tb.Fatalf("compile: %v", problems)
	}
	return cat
}

// entities compiles entity definitions given as texts.
func entities(tb testing.TB, texts ...string) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	for _, text := range texts {
		add(tb, defs, def.KindEntity, text)
	}
	return compiled(tb, defs)
}

func mustCompile(tb testing.TB, cat *def.Catalog, entity string, layout Layout) *Form {
	tb.Helper()
	f, err := Compile(cat, entity, layout)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// labor is the catalog of the worked example with the masters it needs.
func labor(tb testing.TB) *def.Catalog {
	tb.Helper()
	return catalogOf(tb, "testdata/entities/*.json", "testdata/forms/*.json", "testdata/settings/*.json")
}

// office answers asks from records it keeps, as record.Service does from a store.
type office struct {
	t       testing.TB
	form    *Form
	records map[string]map[string]Values // entity → id → values
}

// newOffice keeps a construction site on 1 June 2026: two projects, two teams, three workers.
func newOffice(tb testing.TB, f *Form) *office {
	tb.Helper()
	return &office{t: tb, form: f, records: map[string]map[string]Values{
		"project": {
			"P1": {"code": "JX", "name": "锦绣花园一期", "labor_policy": "factor", "status": "in_progress", "manager": "U9"},
			"P2": {"code": "HT", "name": "海棠湾", "labor_policy": "gong", "status": "in_progress"},
		},
		"labor_policy": {
			"factor": {"std_hours": "8", "ot_mode": "factor", "ot_factor": "1.5", "restday_factor": "2", "holiday_factor": "3", "max_daily_hours": "14"},
			"gong":   {"std_hours": "9", "ot_mode": "gong", "ot_hours_per_gong": "6", "restday_factor": "1", "holiday_factor": "3", "max_daily_hours": "14"},
		},
		"labor_team": {
			"T1": {"name": "木工一班", "project": "P1", "pay_mode": "direct_wage", "foreman": "U3"},
			"T2": {"name": "分包班", "project": "P1", "pay_mode": "sub_settle", "contract": "C1", "foreman": "U3"},
		},
		"expense_contract": {
			"C1": {"no": "C-1", "project": "P1", "day_rates": []any{
				Values{"_id": "d1", "trade": "general", "day_rate": "280.00"}, Values{"_id": "d2", "trade": "skilled", "day_rate": "420.00"},
			}},
			"C2": {"no": "C-2", "project": "P1"},
		},
		"worker": {
			"W1": {"name": "张大力", "trade": "skilled", "entry_date": "2026-01-05", "contract_signed": true, "safety_training_date": "2026-01-04", "status": "active"},
			"W2": {"name": "李小四", "trade": "general", "entry_date": "2026-03-01", "contract_signed": true, "safety_training_date": "2026-03-01", "status": "active"},
			"W3": {"name": "王五", "trade": "general", "entry_date": "2026-03-01", "exit_date": "2026-05-20", "contract_signed": false, "status": "left"},
		},
		"worker_rate": {
			"R1": {"worker": "W1", "effective_from": "2026-01-01", "day_rate": "300.00"},
			"R2": {"worker": "W1", "effective_from": "2026-05-01", "day_rate": "320.00"},
			"R3": {"worker": "W2", "effective_from": "2026-03-01", "day_rate": "260.00"},
		},
		"work_calendar": {
			"K1": {"date": "2026-06-19", "day_type": "holiday"}, "K2": {"date": "2026-06-06", "day_type": "restday"},
		},
	}}
}

func (o *office) answer(asks []Ask) Related {
	related := Related{Records: map[string]map[string]any{}, Lookups: map[string]any{}}
	for _, ask := range asks {
		if ask.Source == "" {
			record := Values{}
			for _, name := range ask.Fields {
				if value, ok := o.records[ask.Entity][ask.ID][name]; ok {
					record[name] = value
				}
			}
			related.Records[ask.Key] = record
			continue
		}
		related.Lookups[ask.Key] = o.find(ask)
	}
	return related
}

// find runs a lookup over the records: `and` of eq and le, the newest bound first.
func (o *office) find(ask Ask) any {
	source, ok := o.form.Source(ask.Source)
	if !ok {
		o.t.Fatalf("unknown source %s", ask.Source)
	}
	where, _ := def.WireValue(source.Where).(map[string]any)
	conditions, ok := where["and"].([]any)
	if !ok {
		conditions = []any{where}
	}
	var best Values
	bound := ""
	for _, id := range slices.Sorted(mapsKeys(o.records[ask.Entity])) {
		record := o.records[ask.Entity][id]
		for _, row := range lookupRows(source, record) {
			order, ok := matches(conditions, id, record, row, ask.Args)
			if ok && (best == nil || order > bound) {
				best, bound = row, order
				if source.Rows == "" {
					best = record
				}
			}
		}
	}
	if best == nil {
		return nil
	}
	return best[source.Take.Path[strings.LastIndex(source.Take.Path, ".")+1:]]
}

func lookupRows(source *def.Lookup, record Values) []Values {
	if source.Rows == "" {
		return []Values{record}
	}
	return rowsOf(record, source.Rows)
}

// matches tells whether all conditions hold, and the value the bound compares (for the newest).
func matches(conditions []any, id string, record, row Values, args map[string]any) (bound string, ok bool) {
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		path, _ := condition["field"].(string)
		value := record[path]
		if path == "id" {
			value = id
		} else if table, column, nested := strings.Cut(path, "."); nested && record[table] != nil {
			value = row[column]
		}
		want := condition["value"]
		if v, isVar := want.(map[string]any); isVar {
			name, _ := v["var"].(string)
			want = args[name]
		}
		switch condition["op"] {
		case "eq":
			if value != want {
				return "", false
			}
		case "le":
			text, _ := value.(string)
			if most, _ := want.(string); text > most {
				return "", false
			}
			bound = text
		}
	}
	return bound, true
}

func mapsKeys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// evaluate answers asks until there are none, as the server does.
func (o *office) evaluate(in Input) Result {
	o.t.Helper()
	in.Related = Related{Records: map[string]map[string]any{}, Lookups: map[string]any{}}
	for range 6 {
		result := o.form.Evaluate(in)
		if len(result.Asks) == 0 {
			return result
		}
		answer := o.answer(result.Asks)
		for key, record := range answer.Records {
			in.Related.Records[key] = record
		}
		for key, value := range answer.Lookups {
			in.Related.Lookups[key] = value
		}
	}
	o.t.Fatal("asks never end")
	return Result{}
}

// settle answers a session's asks until there are none, as the browser does.
func (o *office) settle(s *Session) {
	o.t.Helper()
	for range 6 {
		asks := s.Asks()
		if len(asks) == 0 {
			return
		}
		s.Answer(o.answer(asks))
	}
	o.t.Fatal("asks never end")
}

// on is the context of a save at ten o'clock in the morning of a day.
func on(day string) Context {
	at, err := time.ParseInLocation("2006-01-02 15:04", day+" 10:00", shanghai)
	if err != nil {
		panic(err)
	}
	return Context{Event: Save, Now: at, Zone: shanghai, Actor: Actor{ID: "U2", Name: "赵施工"}}
}

// codes lists problems as "path code", errors only plain, warnings with "?".
func codes(problems []Problem) []string {
	list := []string{}
	for _, p := range problems {
		text := strings.TrimSpace(p.Field + " " + p.Code)
		if p.Level == def.LevelWarning {
			text += "?"
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

func wantCodes(tb testing.TB, problems []Problem, want ...string) {
	tb.Helper()
	slices.Sort(want)
	if got := codes(problems); !slices.Equal(got, append([]string{}, want...)) {
		tb.Errorf("problems %q, want %q", got, want)
	}
}

func wantValues(tb testing.TB, got Values, want Values) {
	tb.Helper()
	for name, value := range want {
		if !sameWire(got[name], value) {
			tb.Errorf("%s = %v, want %v", name, got[name], value)
		}
	}
}

// rowsOf gives the rows of a sub-table in order.
func rowsOf(values Values, table string) []Values {
	var rows []Values
	list, _ := values[table].([]any)
	for _, item := range list {
		if row, ok := item.(Values); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// formsOf adds a form to a catalog.
func formsOf(tb testing.TB, cat *def.Catalog, text string) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	for ref, d := range cat.Definitions {
		defs[ref] = d
	}
	add(tb, defs, def.KindForm, text)
	return compiled(tb, defs)
}
