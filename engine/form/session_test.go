package form

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// touched lists what the person wrote, as an Input takes it.
func (s *Session) touchedPaths() map[string]bool {
	paths := map[string]bool{}
	note := func(l *line) {
		for pos, f := range l.group.fields {
			if l.cells[pos].touched {
				paths[l.path(f)] = true
			}
		}
	}
	note(s.header)
	for _, rows := range s.rows {
		for _, row := range rows {
			note(row)
		}
	}
	return paths
}

// sameAsAnew compares a session with an evaluation of its values from nothing.
func sameAsAnew(t *testing.T, s *Session, step string) {
	t.Helper()
	in := Input{Values: s.Values(), Stored: s.stored, Related: s.related, Context: s.ctx}
	in.Context.Touched = s.touchedPaths()
	anew := s.form.Evaluate(in)
	if !reflect.DeepEqual(anew.Values, s.Values()) {
		t.Fatalf("%s: values\n%v\nanew\n%v", step, s.Values(), anew.Values)
	}
	if got, want := codes(s.Problems()), codes(anew.Problems); !slices.Equal(got, want) {
		t.Fatalf("%s: problems %q, anew %q", step, got, want)
	}
	if got := s.states(); !reflect.DeepEqual(got, anew.States) {
		t.Fatalf("%s: states\n%v\nanew\n%v", step, got, anew.States)
	}
	if got := s.Asks(); !reflect.DeepEqual(got, anew.Asks) {
		t.Fatalf("%s: asks\n%v\nanew\n%v", step, got, anew.Asks)
	}
}

// mirror is what a screen knows that only applies changes.
type mirror struct {
	values   map[string]any
	rows     map[string][]string
	states   map[string]State
	problems map[string][]Problem
}

func newMirror(s *Session) *mirror {
	m := &mirror{map[string]any{}, map[string][]string{}, map[string]State{}, map[string][]Problem{}}
	m.readAll(s)
	return m
}

func (m *mirror) readAll(s *Session) {
	for name, value := range s.Values() {
		if f := s.form.head.byName[name]; f.rows == nil {
			m.values[name] = value
			continue
		}
		for _, row := range rowsOf(s.Values(), name) {
			id, _ := row[rowID].(string)
			m.rows[name] = append(m.rows[name], id)
			for column, value := range row {
				if column != rowID {
					m.values[name+"["+id+"]."+column] = value
				}
			}
		}
	}
	for path, state := range s.states() {
		m.states[path] = state
	}
	for _, p := range s.Problems() {
		m.problems[p.Field] = append(m.problems[p.Field], p)
	}
}

func (m *mirror) apply(ch Changes) {
	for path, value := range ch.Values {
		if value == nil {
			delete(m.values, path)
		} else {
			m.values[path] = value
		}
	}
	for table, ids := range ch.Rows {
		for _, id := range m.rows[table] {
			if slices.Contains(ids, id) {
				continue
			}
			prefix := table + "[" + id + "]"
			for _, gone := range []func(string){
				func(p string) { delete(m.values, p) }, func(p string) { delete(m.states, p) }, func(p string) { delete(m.problems, p) },
			} {
				m.each(prefix, gone)
			}
		}
		m.rows[table] = ids
	}
	for path, state := range ch.States {
		m.states[path] = state
	}
	for path, problems := range ch.Problems {
		if len(problems) == 0 {
			delete(m.problems, path)
		} else {
			m.problems[path] = problems
		}
	}
}

func (m *mirror) each(prefix string, visit func(string)) {
	var paths []string
	for path := range m.values {
		paths = append(paths, path)
	}
	for path := range m.states {
		paths = append(paths, path)
	}
	for path := range m.problems {
		paths = append(paths, path)
	}
	for _, path := range paths {
		if len(path) >= len(prefix) && path[:len(prefix)] == prefix {
			visit(path)
		}
	}
}

// state is what a screen shows for a path: a cell without a state of its own has its column's.
func (m *mirror) state(path, column string) State {
	if state, ok := m.states[path]; ok {
		return state
	}
	return m.states[column]
}

func sameOnScreen(t *testing.T, m *mirror, s *Session, step string) {
	t.Helper()
	want := newMirror(s)
	if !reflect.DeepEqual(m.values, want.values) {
		t.Fatalf("%s: screen shows\n%v\nwant\n%v", step, m.values, want.values)
	}
	for table, ids := range want.rows {
		if !slices.Equal(m.rows[table], ids) {
			t.Fatalf("%s: screen has rows %v, want %v", step, m.rows[table], ids)
		}
	}
	if !reflect.DeepEqual(m.problems, want.problems) {
		t.Fatalf("%s: screen has problems\n%v\nwant\n%v", step, m.problems, want.problems)
	}
	check := func(path, column string) {
		if got, want := m.state(path, column), want.state(path, column); got != want {
			t.Fatalf("%s: screen has %s %v, want %v", step, path, got, want)
		}
	}
	for _, f := range s.form.head.fields {
		check(f.Name, f.Name)
	}
	for _, g := range s.form.tables {
		for _, row := range s.rows[g.index] {
			for _, f := range g.fields {
				check(row.path(f), f.Path)
			}
		}
	}
}

// knot is an entity in which everything depends on everything: rows on totals, states on rows, defaults on choices.
const knot = `{"name": "knot", "title": "结", "type": "object", "required": ["kind", "lines"],
 "properties": {
  "kind": {"type": "string", "x-type": "select", "title": "种类", "default": "a", "oneOf": [{"const": "a", "title": "甲"}, {"const": "b", "title": "乙"}, {"const": "old", "title": "旧", "x-disabled": true}]},
  "rate": {"type": "string", "x-type": "decimal", "x-scale": 2, "title": "率", "x-default": "IF(kind == 'a', 1.5, 2.5)", "x-min": "0", "x-max": "10"},
  "note": {"type": "string", "x-type": "text", "title": "备注", "maxLength": 5, "x-default": "kind"},
  "lines": {"type": "array", "x-type": "table", "title": "行", "minItems": 2, "items": {"type": "object", "required": ["qty"],
   "properties": {
    "code": {"type": "string", "x-type": "text", "title": "码", "pattern": "^[a-z]+$"},
    "qty": {"type": "integer", "x-type": "integer", "title": "量", "minimum": 0, "x-default": "row_no()"},
    "amount": {"type": "string", "x-type": "money", "title": "额", "x-compute": "qty * record.rate"},
    "share": {"type": "string", "x-type": "decimal", "x-scale": 4, "x-fixed": true, "title": "占比", "x-compute": "IF(record.total == 0, 0, round(amount / record.total, 4))"},
    "first": {"type": "boolean", "x-type": "boolean", "title": "首行", "x-compute": "row_no() == 1"},
    "frozen": {"type": "string", "x-type": "decimal", "x-scale": 2, "title": "冻结", "x-snapshot": true, "x-compute": "record.rate + qty"}},
   "x-rules": {"small": {"must": "share < 0.9 or len(record.lines) == 1", "field": "amount", "message": "{qty} 太大"}, "odd": {"must": "mod(qty, 2) == 0", "level": "warning", "field": "qty"}}}},
  "total": {"type": "string", "x-type": "money", "title": "合计", "x-compute": "sum(lines, .amount)"},
  "big": {"type": "boolean", "x-type": "boolean", "title": "大", "x-compute": "total > 20"},
  "why": {"type": "string", "x-type": "text", "title": "原因"}},
 "x-rules": {"limit": {"when": "big", "must": "total < 100", "field": "total"}, "named": {"must": "note != 'x'", "field": "note"}},
 "x-unique": {"code": {"fields": ["lines.code", "kind"]}}}`

const knotForm = `{"name": "knot", "title": "结", "entity": "knot", "sections": [
 {"name": "main", "items": [{"field": "kind"}, {"field": "rate", "readOnly": "kind == 'b'"}, {"field": "note"},
  {"field": "why", "visible": "big", "required": "total > 50"},
  {"field": "lines", "visible": "note != 'hide'", "columns": [{"field": "code", "visible": "record.kind == 'b'", "required": "qty > 3"}, {"field": "qty", "readOnly": "row_no() > 4"}]}]},
 {"name": "sums", "visible": "kind != 'b'", "items": [{"field": "total"}]}]}`

func knotOf(tb testing.TB) *Form {
	tb.Helper()
	cat := formsOf(tb, entities(tb, knot), knotForm)
	return mustCompile(tb, cat, "knot", Layout{Form: cat.Forms["knot"]})
}

func TestSessionEqualsEvaluation(t *testing.T) {
	f := knotOf(t)
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 7))
			in := Input{Values: Values{}, Context: on("2026-06-01")}
			in.Context.Touched = map[string]bool{}
			if seed%2 == 1 {
				in.Stored = f.Evaluate(Input{Context: on("2026-06-01"), Values: Values{
					"lines": []any{Values{"_id": "r1", "qty": int64(2)}, Values{"_id": "r2", "qty": int64(5), "code": "ab"}, Values{"_id": "r3", "qty": int64(1)}},
				}}).Values
				in.Values = in.Stored
			}
			s := Open(f, in)
			m := newMirror(s)
			for step := range 60 {
				name, ch := randomEdit(dice, s)
				m.apply(ch)
				at := fmt.Sprintf("step %d %s", step, name)
				sameAsAnew(t, s, at)
				sameOnScreen(t, m, s, at)
				patched, problems := Merge(s.stored, s.Patch())
				if len(problems) > 0 {
					t.Fatalf("%s: patch refused: %v", at, problems)
				}
				patchGives(t, s, patched, at)
			}
		})
	}
}

// patchGives checks that what is sent makes the server see what the screen shows.
func patchGives(t *testing.T, s *Session, patched Values, step string) {
	t.Helper()
	in := Input{Values: patched, Stored: s.stored, Related: s.related, Context: s.ctx}
	in.Context.Touched = nil
	if got, want := s.form.Evaluate(in).Values, s.Values(); !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: the server makes\n%v\nthe screen shows\n%v", step, got, want)
	}
}

func randomEdit(dice *rand.Rand, s *Session) (string, Changes) {
	g := s.form.tables[0]
	ids := s.ids(g)
	pick := func() string {
		if len(ids) == 0 {
			return "none"
		}
		return ids[dice.IntN(len(ids))]
	}
	one := func(values ...any) any { return values[dice.IntN(len(values))] }
	switch dice.IntN(11) {
	case 0:
		v := one("a", "b", "old", "zz", nil)
		return fmt.Sprint("kind ", v), s.Set("kind", v)
	case 1:
		v := one("1", "3.25", "11", "1.234", "x", "", nil, 4)
		return fmt.Sprint("rate ", v), s.Set("rate", v)
	case 2:
		v := one("x", "hide", "much too long", nil)
		return fmt.Sprint("note ", v), s.Set("note", v)
	case 3, 4:
		path, v := "lines["+pick()+"].qty", one(int64(0), int64(3), int64(40), "4", nil, 2.5)
		return fmt.Sprint(path, v), s.Set(path, v)
	case 5:
		path, v := "lines["+pick()+"].code", one("ab", "b", "B7", nil)
		return fmt.Sprint(path, v), s.Set(path, v)
	case 6:
		at := dice.IntN(len(ids) + 2)
		return fmt.Sprint("insert ", at), s.Insert("lines", at, []Values{{"qty": one(int64(7), nil)}, {"code": "b"}}[:1+dice.IntN(2)])
	case 7:
		id := pick()
		return "delete " + id, s.Delete("lines", []string{id})
	case 8:
		cells := map[string]any{"lines[" + pick() + "].qty": one(int64(2), nil), "lines[" + pick() + "].code": one("ab", nil), "note": one("x", nil)}
		return fmt.Sprint("set all ", cells), s.SetAll(cells)
	case 9: // rows as they were a step ago: some gone, one back with its id
		rows := []any{Values{"_id": "+77", "qty": one(int64(1), nil)}}
		for _, id := range ids[:len(ids)/2] {
			rows = append(rows, Values{"_id": id, "qty": one(int64(9), nil), "code": "k" + id})
		}
		return fmt.Sprint("replace ", rows), s.Set("lines", rows)
	default:
		id, at := pick(), dice.IntN(len(ids)+1)
		return fmt.Sprint("move ", id, at), s.Move("lines", []string{id}, at)
	}
}

func TestSessionOfALaborSheet(t *testing.T) {
	cat := labor(t)
	f := mustCompile(t, cat, "day_labor_sheet", Layout{Form: cat.Forms["day_labor_sheet"]})
	o := newOffice(t, f)
	in := Input{Values: Values{}, Context: on("2026-06-01")}
	in.Context.Touched = map[string]bool{}
	s := Open(f, in)
	m := newMirror(s)
	steps := []struct {
		name string
		edit func() Changes
		want Values
	}{
		{"the day is today", func() Changes { return Changes{} }, Values{"work_date": "2026-06-01", "reason_type": "misc"}},
		{"project", func() Changes { return s.Set("project", "P1") }, Values{"policy": "factor", "std_hours": "8"}},
		{"team", func() Changes { return s.Set("team", "T1") }, nil},
		{"two workers", func() Changes {
			return s.Insert("lines", 0, []Values{{"worker": "W1"}, {"worker": "W2"}})
		}, Values{"head_count": int64(2), "total_amount": "580.00"}},
		{"overtime", func() Changes { return s.Set("lines[+1].ot_hours", "2") }, Values{"total_amount": "700.00", "max_ot_hours": "2"}},
		{"another project: hours follow where nobody wrote them", func() Changes { return s.Set("project", "P2") }, Values{"std_hours": "9", "total_hours": "20"}},
		{"a holiday", func() Changes { return s.Set("work_date", "2026-06-19") }, Values{"work_date": "2026-06-19"}},
		{"pasted hours", func() Changes {
			return s.Paste("lines", Paste{Row: "+2", Columns: []string{"normal_hours", "ot_hours"}, Cells: [][]string{{"4", "１.5"}, {"8.0", ""}}})
		}, Values{"head_count": int64(3)}},
		{"the last row goes", func() Changes { return s.Delete("lines", []string{"+3"}) }, Values{"head_count": int64(2)}},
	}
	for _, step := range steps {
		m.apply(step.edit())
		sameAsAnew(t, s, step.name)
		sameOnScreen(t, m, s, step.name)
		for range 5 {
			if asks := s.Asks(); len(asks) > 0 {
				m.apply(s.Answer(o.answer(asks)))
				sameAsAnew(t, s, step.name+", answered")
			}
		}
		sameOnScreen(t, m, s, step.name+", answered")
		wantValues(t, s.Values(), step.want)
	}
	wantValues(t, rowsOf(s.Values(), "lines")[1], Values{"normal_hours": "4", "ot_hours": "1.5"})
}

func BenchmarkEvaluateFourLines(b *testing.B) {
	f := mustCompile(b, labor(b), "day_labor_sheet", Layout{})
	o := newOffice(b, f)
	in := Input{Values: sheet("P1", "T1", "2026-06-01", entry("W1", "8", "2"), entry("W2", "8", "0"), entry("W1", "4", "0"), entry("W2", "4", "1")), Context: on("2026-06-01")}
	s := Open(f, in)
	o.settle(s)
	in.Related = s.related
	b.ReportAllocs()
	for b.Loop() {
		if result := f.Evaluate(in); len(result.Asks) > 0 {
			b.Fatal("asks")
		}
	}
}

// BenchmarkKeyInThousandRows changes one cell of a sub-table of 1,000 rows on which totals and shares of all rows depend.
func BenchmarkKeyInThousandRows(b *testing.B) {
	f := knotOf(b)
	rows := make([]any, 1000)
	for i := range rows {
		rows[i] = Values{"_id": "r" + strconv.Itoa(i), "qty": int64(i % 7)}
	}
	s := Open(f, Input{Values: Values{"lines": rows}, Context: on("2026-06-01")})
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s.Set("lines[r500].qty", int64(n%100))
	}
}

// BenchmarkKeyInSheetOfThousand does the same on a day-labor sheet: 17 columns, 6 totals, 8 rules.
func BenchmarkKeyInSheetOfThousand(b *testing.B) {
	f := mustCompile(b, labor(b), "day_labor_sheet", Layout{})
	o := newOffice(b, f)
	rows := make([]any, 1000)
	for i := range rows {
		rows[i] = Values{"_id": "r" + strconv.Itoa(i), "worker": []string{"W1", "W2"}[i%2], "normal_hours": "8", "ot_hours": "1"}
	}
	s := Open(f, Input{Values: sheet("P1", "T1", "2026-06-01", rows...), Context: on("2026-06-01")})
	o.settle(s)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s.Set("lines[r500].ot_hours", strconv.Itoa(n%5))
	}
}

// BenchmarkKeyIn300Fields changes a field of a form of 300 fields of which a third is computed, each from others.
func BenchmarkKeyIn300Fields(b *testing.B) {
	f := wideForm(b)
	s := Open(f, Input{Values: Values{"in_0": "1", "in_7": "2"}, Context: on("2026-06-01")})
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s.Set("in_0", strconv.Itoa(n%9))
	}
}

// wideForm is a chain: every formula reads the one before, every third field shows only while the sum is positive.
func wideForm(tb testing.TB) *Form {
	tb.Helper()
	var fields, items []string
	for i := range 200 {
		fields = append(fields, fmt.Sprintf(`"in_%d": {"type": "string", "x-type": "decimal", "x-scale": 2, "title": "入", "x-max": "100"}`, i))
		items = append(items, fmt.Sprintf(`{"field": "in_%d", "visible": "out_0 >= 0", "required": "nz(out_99, 0) > 1000"}`, i))
	}
	for i := range 100 {
		before := "in_0"
		if i > 0 {
			before = fmt.Sprintf("out_%d", i-1)
		}
		fields = append(fields, fmt.Sprintf(`"out_%d": {"type": "string", "x-type": "decimal", "x-scale": 2, "title": "出", "x-compute": "round(nz(%s, 0) + nz(in_%d, 0) * 1.5, 2)"}`, i, before, i))
		items = append(items, fmt.Sprintf(`{"field": "out_%d"}`, i))
	}
	cat := formsOf(tb, entities(tb, `{"name": "wide", "title": "宽", "type": "object", "properties": {`+strings.Join(fields, ",")+`}}`),
		`{"name": "wide", "title": "宽", "entity": "wide", "sections": [{"name": "all", "title": "全", "items": [`+strings.Join(items, ",")+`]}]}`)
	return mustCompile(tb, cat, "wide", Layout{Form: cat.Forms["wide"]})
}
