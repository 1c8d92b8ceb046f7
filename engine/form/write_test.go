package form

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"formwork/engine/def"
)

// bill has a number, a rollup, a state, keys, and fields nobody writes.
const bill = `{"name": "bill", "title": "结算单", "type": "object", "x-approval": true, "x-natural": "no", "x-display": "subject", "x-summary": ["no", "subject", "paid"],
 "required": ["subject", "no", "due", "lines"],
 "properties": {
  "no": {"type": "string", "x-type": "autonumber", "title": "单号", "x-number": {"pattern": "B-{seq:4}"}},
  "subject": {"type": "string", "x-type": "text", "title": "事由"},
  "source": {"type": "string", "x-type": "text", "title": "来源", "readOnly": true, "default": "手工"},
  "due": {"type": "string", "x-type": "money", "title": "应付", "x-compute": "sum(lines, .amount) / rate"},
  "rate": {"type": "string", "x-type": "decimal", "x-scale": 2, "title": "汇率", "default": "1"},
  "paid": {"type": "string", "x-type": "money", "title": "已付", "x-rollup": {"entity": "payment", "via": "bill", "take": {"sum": "amount"}}},
  "year": {"type": "integer", "x-type": "integer", "title": "年"},
  "lines": {"type": "array", "x-type": "table", "title": "明细", "minItems": 1, "items": {"type": "object", "required": ["item"], "properties": {
   "item": {"type": "string", "x-type": "text", "title": "项目"}, "amount": {"type": "string", "x-type": "money", "title": "金额"}}}}},
 "x-rules": {"void_unpaid": {"must": "nz(paid, 0) == 0", "on": ["void"], "field": "paid"}, "entered_late": {"must": "year >= year_of(today())", "field": "year"}},
 "x-unique": {"subject_year": {"fields": ["subject", "year"], "where": {"field": "year", "op": "gt", "value": 2000}}, "item_once": {"fields": ["lines.item", "year"], "code": "billed_twice"}}}`

const payment = `{"name": "payment", "title": "付款", "type": "object", "properties": {
 "bill": {"type": "string", "x-type": "reference", "x-entity": "bill", "title": "结算单"}, "amount": {"type": "string", "x-type": "money", "title": "金额"}}}`

func billForm(tb testing.TB) *Form {
	tb.Helper()
	return mustCompile(tb, billing(tb), "bill", Layout{})
}

// billing is a catalog with a rollup, which definitions may not have yet.
func billing(tb testing.TB) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	for _, text := range []string{bill, payment} {
		d := parse(tb, def.KindEntity, text)
		defs[def.RefOf("test", d)] = d
	}
	return compiled(tb, defs)
}

func goodBill(changes Values) Values {
	values := Values{"subject": "一月", "lines": []any{Values{"_id": "r1", "item": "砂", "amount": "10.00"}}}
	for name, value := range changes {
		values[name] = value
	}
	return values
}

func only(paths ...string) func(string) bool {
	return func(path string) bool { return slices.Contains(paths, path) }
}

func TestWhoMayWriteWhat(t *testing.T) {
	f := billForm(t)
	stored := goodBill(Values{"no": "B-0001", "source": "手工", "rate": "1", "due": "10.00", "paid": "3.00"})
	tests := []struct {
		name    string
		stored  Values
		values  Values
		context func(*Context)
		want    Values
		codes   []string
	}{
		{
			"computed values, rollups and numbers in the input are ignored", nil,
			goodBill(Values{"due": "99.00", "paid": "99.00", "no": "B-9999"}), nil,
			Values{"due": "10.00", "paid": nil, "no": nil},
			nil,
		},
		{
			"stored rollups and numbers stay", stored,
			goodBill(Values{"due": "99.00", "paid": "99.00", "rate": "1", "source": "手工"}), nil,
			Values{"due": "10.00", "paid": "3.00", "no": "B-0001"},
			nil,
		},
		{
			"the engine gives a rollup", stored,
			goodBill(Values{"paid": "5.00", "rate": "1", "source": "手工"}), func(c *Context) { c.Assigned = only("paid") },
			Values{"paid": "5.00"},
			nil,
		},
		{
			"an import brings its number", nil,
			goodBill(Values{"no": "B-0815"}), func(c *Context) { c.Imported = true },
			Values{"no": "B-0815"},
			nil,
		},
		{"read-only gets its default", nil, goodBill(nil), nil, Values{"source": "手工"}, nil},
		{"read-only as the default stands is no offence", nil, goodBill(Values{"source": "手工"}), nil, Values{"source": "手工"}, nil},
		{"read-only cannot be written", nil, goodBill(Values{"source": "银行"}), nil, Values{"source": "手工"}, []string{"source field_denied"}},
		{"read-only cannot be emptied", stored, goodBill(Values{"rate": "1"}), nil, Values{"source": "手工"}, []string{"source field_denied"}},
		{
			"a flow may write what nobody may", nil, goodBill(Values{"source": "银行"}), func(c *Context) { c.Writable = only("source", "subject", "lines", "lines.item", "lines.amount") },
			Values{"source": "银行"},
			nil,
		},
		{
			"grants close a field", stored, goodBill(Values{"rate": "2", "source": "手工"}), func(c *Context) { c.Writable = only("subject", "lines", "lines.item", "lines.amount") },
			Values{"rate": "1", "due": "10.00"},
			[]string{"rate field_denied"},
		},
		{
			"a column may be open where rows are not", stored,
			goodBill(Values{"rate": "1", "source": "手工", "lines": []any{Values{"_id": "r1", "item": "砂", "amount": "12.00"}}}),
			func(c *Context) { c.Writable = only("lines.amount") },
			Values{"due": "12.00"},
			nil,
		},
		{
			"no row comes where rows are closed", stored,
			goodBill(Values{"rate": "1", "source": "手工", "lines": []any{Values{"_id": "r1", "item": "砂", "amount": "10.00"}, Values{"item": "石"}}}),
			func(c *Context) { c.Writable = only("lines.amount", "lines.item") }, nil,
			[]string{"lines field_denied"},
		},
		{
			"no row goes where rows are closed", stored,
			goodBill(Values{"rate": "1", "source": "手工", "lines": nil}),
			func(c *Context) { c.Writable = only("lines.amount", "lines.item") }, nil,
			[]string{"lines required", "lines field_denied"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			context := on("2026-06-01")
			if tt.context != nil {
				tt.context(&context)
			}
			result := f.Evaluate(Input{Values: tt.values, Stored: tt.stored, Context: context})
			wantCodes(t, result.Problems, tt.codes...)
			wantValues(t, result.Values, tt.want)
		})
	}
}

func TestOccasions(t *testing.T) {
	f := billForm(t)
	context := func(event Event, imported bool) Context {
		c := on("2026-06-01")
		c.Event, c.Imported = event, imported
		return c
	}
	noDue := goodBill(Values{"rate": "0", "year": int64(2020)})
	tests := []struct {
		name    string
		values  Values
		context Context
		want    []string
	}{
		{"a formula that fails is told", noDue, context(Save, false), []string{"due compute", "year entered_late"}},
		{"opening data lack what people enter, and are late", Values{"year": int64(2020)}, context(Save, true), []string{"lines required?", "subject required?", "year entered_late?"}},
		{"a computed value that is asked for at submit only", goodBill(Values{"rate": nil}), context(Save, false), nil},
		{"… and is missing then", goodBill(Values{"rate": nil}), context(Submit, false), []string{"due required"}},
		{"voiding asks for nothing but its own rules", Values{"year": int64(2020)}, context(Void, false), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantCodes(t, f.Evaluate(Input{Values: tt.values, Context: tt.context}).Problems, tt.want...)
		})
	}
	paid := Values{"paid": "3.00"}
	wantCodes(t, f.Evaluate(Input{Values: paid, Stored: paid, Context: context(Void, false)}).Problems, "paid void_unpaid")
}

func TestWhatIsUnreadableStaysUnknown(t *testing.T) {
	f := billForm(t)
	context := on("2026-06-01")
	context.Readable = func(path string) bool { return path != "lines.amount" }
	stored := goodBill(Values{"due": "10.00", "rate": "1", "source": "手工"})
	result := f.Evaluate(Input{Values: stored, Stored: stored, Context: context})
	wantCodes(t, result.Problems)
	wantValues(t, result.Values, Values{"due": "10.00"}) // the stored one: it was not computed here
	if row := rowsOf(result.Values, "lines")[0]; row["amount"] != nil {
		t.Errorf("the row shows %v", row)
	}
	if !result.States["due"].Pending || !result.States["lines.amount"].Hidden {
		t.Errorf("states %v", result.States)
	}
}

func TestNodeRights(t *testing.T) {
	f := mustCompile(t, billing(t), "bill", Layout{Rights: map[string]string{"lines.amount": "w", "rate": "-"}})
	stored := goodBill(Values{"rate": "1", "source": "手工"})
	values := goodBill(Values{"rate": "1", "source": "手工", "subject": "二月", "lines": []any{Values{"_id": "r1", "item": "砂", "amount": "11.00"}}})
	result := f.Evaluate(Input{Values: values, Stored: stored, Context: on("2026-06-01")})
	wantCodes(t, result.Problems, "subject field_denied")
	wantValues(t, result.Values, Values{"due": "11.00"})
	if !result.States["rate"].Hidden || !result.States["lines.item"].ReadOnly || result.States["lines.amount"].ReadOnly {
		t.Errorf("states %v", result.States)
	}
}

func TestMerge(t *testing.T) {
	stored := Values{"a": "1", "b": "2", "files": []any{"F1"}, "rows": []any{Values{"_id": "r1", "x": "1", "y": "1"}, Values{"_id": "r2", "x": "2"}, Values{"_id": "r3", "x": "3"}}}
	tests := []struct {
		name, patch, want string
		codes             []string
	}{
		{"nothing", `{}`, `{"a":"1","b":"2","files":["F1"],"rows":[{"_id":"r1","x":"1","y":"1"},{"_id":"r2","x":"2"},{"_id":"r3","x":"3"}]}`, nil},
		{"null removes", `{"a":null,"files":null,"rows":null}`, `{"b":"2"}`, nil},
		{"lists of scalars are replaced", `{"files":[],"rows":null}`, `{"a":"1","b":"2","files":[]}`, nil},
		{"a row changes", `{"files":null,"rows":[{"_id":"r1","x":"9","y":null}]}`, `{"a":"1","b":"2","rows":[{"_id":"r1","x":"9"},{"_id":"r2","x":"2"},{"_id":"r3","x":"3"}]}`, nil},
		{"a row goes, one comes", `{"files":null,"rows":[{"_id":"r2","_delete":true},{"x":"4"}]}`, `{"a":"1","b":"2","rows":[{"_id":"r1","x":"1","y":"1"},{"_id":"r3","x":"3"},{"x":"4"}]}`, nil},
		{"rows move", `{"files":null,"rows":[{"_id":"r3","_after":""},{"_id":"+1","_after":"r3","x":"4"}]}`, `{"a":"1","b":"2","rows":[{"_id":"r3","x":"3"},{"_id":"+1","x":"4"},{"_id":"r1","x":"1","y":"1"},{"_id":"r2","x":"2"}]}`, nil},
		{"all rows go", `{"files":null,"rows":[{"_id":"r1","_delete":true},{"_id":"r2","_delete":true},{"_id":"r3","_delete":true}]}`, `{"a":"1","b":"2"}`, nil},
		{"a row nobody knows", `{"files":null,"rows":[{"_id":"r9","x":"1"}]}`, `{"a":"1","b":"2","rows":[{"_id":"r1","x":"1","y":"1"},{"_id":"r2","x":"2"},{"_id":"r3","x":"3"}]}`, []string{"rows[r9] unknown_row"}},
		{"an empty list names no row", `{"files":null,"rows":[]}`, `{"a":"1","b":"2","rows":[{"_id":"r1","x":"1","y":"1"},{"_id":"r2","x":"2"},{"_id":"r3","x":"3"}]}`, nil},
		{"a new sub-table", `{"files":null,"rows":null,"more":[{"x":"1"}]}`, `{"a":"1","b":"2","more":[{"x":"1"}]}`, nil},
	}
	before, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var patch Values
			if err := json.Unmarshal([]byte(tt.patch), &patch); err != nil {
				t.Fatal(err)
			}
			merged, problems := Merge(stored, patch)
			wantCodes(t, problems, tt.codes...)
			got, err := json.Marshal(merged)
			if err != nil || string(got) != tt.want {
				t.Errorf("merged\n%s\nwant\n%s", got, tt.want)
			}
			if after, err := json.Marshal(stored); err != nil || string(after) != string(before) {
				t.Errorf("the stored values changed: %s", after)
			}
		})
	}
}

func TestKeys(t *testing.T) {
	f := billForm(t)
	since2000 := func(_ json.RawMessage, values Values) bool {
		year, _ := values["year"].(int64)
		return year > 2000
	}
	values := goodBill(Values{"no": "B|1", "year": int64(2026), "lines": []any{
		Values{"_id": "r1", "item": "砂"}, Values{"_id": "r2", "item": "石"}, Values{"_id": "r3"}, Values{"_id": "r4", "item": "砂"},
	}})
	list := func(values Values, state string) (keys, problems []string) {
		claims, found := f.Keys(values, state, since2000)
		for _, claim := range claims {
			keys = append(keys, claim.Key+" → "+claim.Problem.Field+" "+claim.Problem.Code)
		}
		return keys, codes(found)
	}
	keys, problems := list(values, "running")
	want := []string{
		"item_once|砂|2026 → lines[r1].item billed_twice", "item_once|石|2026 → lines[r2].item billed_twice",
		`natural|B\|1 → no duplicate`, "subject_year|一月|2026 → subject duplicate",
	}
	if !slices.Equal(keys, want) {
		t.Errorf("keys\n%s\nwant\n%s", strings.Join(keys, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(problems, []string{"lines[r4].item duplicate_row"}) {
		t.Errorf("problems %q", problems)
	}
	for _, state := range []string{"", "draft", "rejected", "voided"} {
		if keys, _ := list(values, state); len(keys) > 0 {
			t.Errorf("in state %q it holds %q", state, keys)
		}
	}
	values["year"] = int64(1999)
	if keys, _ := list(values, "approved"); slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, "subject_year") }) {
		t.Errorf("a record outside the filter holds %q", keys)
	}
}

func TestDiffDisplaySummary(t *testing.T) {
	f := billForm(t)
	before := goodBill(Values{"no": "B-1", "rate": "1", "year": int64(2026)})
	after := Values{"no": "B-1", "subject": "二月", "year": 2026.0, "paid": "1.00", "lines": []any{
		Values{"_id": "r2", "item": "石"}, Values{"_id": "r1", "item": "砂", "amount": "12.00"},
	}}
	want := []FieldChange{
		{Path: "subject", Old: "一月", New: "二月"},
		{Path: "lines[r2]", New: Values{"_id": "r2", "item": "石"}},
		{Path: "lines[r1].amount", Old: "10.00", New: "12.00"},
		{Path: "paid", New: "1.00"},
		{Path: "rate", Old: "1"},
	}
	got := f.Diff(before, after)
	for _, change := range want {
		if !slices.ContainsFunc(got, func(g FieldChange) bool { return reflect.DeepEqual(g, change) }) {
			t.Errorf("no change %v in %v", change, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	moved := f.Diff(Values{"lines": []any{Values{"_id": "a"}, Values{"_id": "b"}}}, Values{"lines": []any{Values{"_id": "b"}, Values{"_id": "a"}}})
	if !reflect.DeepEqual(moved, []FieldChange{{Path: "lines", Moved: true}}) {
		t.Errorf("moved rows give %v", moved)
	}
	if got := f.Display(before, "01J"); got != "一月" {
		t.Errorf("display %q", got)
	}
	if got := f.Display(Values{}, "01J"); got != "01J" {
		t.Errorf("display of an empty record %q", got)
	}
	if got := f.Summary(after); !reflect.DeepEqual(got, []SummaryItem{{"no", "B-1"}, {"subject", "二月"}, {"paid", "1.00"}}) {
		t.Errorf("summary %v", got)
	}
}

func TestCirclesAreRefused(t *testing.T) {
	circle := `{"name": "circle", "title": "圆", "type": "object", "properties": {
	 "a": {"type": "string", "x-type": "decimal", "title": "a", "x-compute": "b + 1"}, "b": {"type": "string", "x-type": "decimal", "title": "b", "x-compute": "sum(rows, .c)"},
	 "rows": {"type": "array", "x-type": "table", "title": "行", "items": {"type": "object", "properties": {"c": {"type": "string", "x-type": "decimal", "title": "c", "x-compute": "record.a * 2"}}}}}}`
	_, err := Compile(entities(t, circle), "circle", Layout{})
	if err == nil || !strings.Contains(err.Error(), "a → b → rows.c → a") {
		t.Errorf("error %v", err)
	}
}

func TestRowsGetIDs(t *testing.T) {
	f := billForm(t)
	context := on("2026-06-01")
	next := 0
	context.NewID = func() string { next++; return "new" + string(rune('0'+next)) }
	result := f.Evaluate(Input{Values: goodBill(Values{"lines": []any{Values{"item": "砂"}, Values{"_id": "r7", "item": "石"}, Values{"_id": "+9"}}}), Context: context})
	wantCodes(t, result.Problems, "lines[+9].item required")
	if got := rowIDs(result.Values["lines"]); !slices.Equal(got, []string{"new1", "r7", "new2"}) {
		t.Errorf("ids %q", got)
	}
}

// FuzzAnyJSON gives evaluation, patches, keys and differences whatever JSON an API may be sent.
func FuzzAnyJSON(f *testing.F) {
	form := billForm(f)
	for _, seed := range []string{
		`{"subject": "一月", "lines": [{"_id": "r1", "item": "砂", "amount": "10.00"}]}`, `{"lines": {"a": 1}}`, `{"lines": [null, 1, []]}`,
		`{"lines": [{"_id": 7, "item": {}}, {"_id": "", "_after": "x"}, {"_id": "r1", "_delete": true}]}`, `{"rate": 1e400, "year": -0.0}`, `[]`, `{"": null}`,
	} {
		f.Add(seed, seed)
	}
	stored := goodBill(Values{"no": "B-1", "rate": "2"})
	f.Fuzz(func(t *testing.T, first, second string) {
		var values, patch Values
		if json.Unmarshal([]byte(first), &values) != nil || json.Unmarshal([]byte(second), &patch) != nil {
			return
		}
		made := form.Evaluate(Input{Values: values, Context: on("2026-06-01")})
		again := form.Evaluate(Input{Values: made.Values, Context: on("2026-06-01")})
		if len(made.Problems) == 0 && !sameWire(made.Values, again.Values) {
			t.Errorf("what was good changes when evaluated again:\n%v\n%v", made.Values, again.Values)
		}
		merged, _ := Merge(stored, patch)
		changed := form.Evaluate(Input{Values: merged, Stored: stored, Context: on("2026-06-01")}).Values
		form.Keys(changed, "running", func(json.RawMessage, Values) bool { return true })
		if diff := form.Diff(changed, changed); len(diff) > 0 {
			t.Errorf("a record differs from itself: %v", diff)
		}
		s := Open(form, Input{Values: stored, Stored: stored, Context: on("2026-06-01")})
		for name, value := range patch {
			s.Set(name, value)
		}
		anew := form.Evaluate(Input{Values: s.Values(), Stored: stored, Context: on("2026-06-01")})
		if !sameWire(anew.Values, s.Values()) {
			t.Errorf("the session has\n%v\nanew\n%v", s.Values(), anew.Values)
		}
	})
}
