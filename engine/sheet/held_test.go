package sheet_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/sheet"
	"formwork/engine/store"
)

// An invoice stands in one order that is not closed (x-unique with a filter); orders are told apart by their numbers.
var orderLabels = []any{"单号", "项目", "金额", "发票号", "关闭"}

func order(no, invoice any) []any { return []any{no, "P1", 100, invoice} }

// What the check says of values that must be unique is what the import then does, line by line.
func TestTheCheckSeesUniqueValues(t *testing.T) {
	closed := append(order("O2", "F1"), "是")
	tests := []struct {
		name string
		rows rows
		mode string
		want []string
		row  any // named by the first problem
	}{
		{"another value", rows{order("O1", "F9")}, "", nil, nil},
		{"no value, twice", rows{order("O1", nil), order("O2", nil)}, "", nil, nil},
		{"a value of another record", rows{order("O1", "F9"), order("O2", "TAKEN")}, "", []string{"3D invoice_used"}, nil},
		{"a value of another line", rows{order("O1", "F1"), order("O2", "F2"), order("O3", "F1")}, "", []string{"4D invoice_used"}, 2},
		{"a value of two other lines", rows{order("O1", "F1"), order("O2", "F1"), order("O3", "F1")}, "", []string{"3D invoice_used", "4D invoice_used"}, 2},
		{"a line that is refused takes nothing", rows{{"O1", "P9", 100, "F1"}, order("O2", "F1")}, "", []string{"2B reference"}, nil},
		{"a record the rule leaves out", rows{order("O1", "F1"), closed}, "", nil, nil},
		{"the record's own value", rows{order("HELD", "TAKEN")}, sheet.ModeUpsert, nil, nil},
		{"the record's own value, and another's", rows{{"HELD", "P1", 7, "TAKEN"}, order("O1", "TAKEN")}, sheet.ModeUpsert, []string{"3D invoice_used"}, 2},
		{"a value the line before gives up", rows{order("HELD", "F1"), order("O1", "TAKEN")}, sheet.ModeUpsert, nil, nil},
		{"a value a later line would give up", rows{order("OTHER", "TAKEN"), order("HELD", "F1")}, sheet.ModeUpsert, []string{"2D invoice_used"}, nil},
		{"a value an unchanged record keeps", rows{order("HELD", "TAKEN"), order("OTHER", "TAKEN")}, sheet.ModeUpsert, []string{"3D invoice_used"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.order("HELD", "TAKEN")
			w.order("OTHER", "ELSE")
			in := sheet.Input{File: w.book(slices.Concat(rows{orderLabels}, tt.rows)), Mode: tt.mode, Dry: true}
			look := w.load(engine, "order", in)
			if got := problems(look); !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("problems %v, want %v", got, tt.want)
			}
			if len(tt.want) > 0 && look.Problems[0].Params["row"] != tt.row && tt.want[0][1:3] != "B " {
				t.Errorf("the problem names row %v, want %v", look.Problems[0].Params["row"], tt.row)
			}
			if n := w.count("order"); n != 2 {
				t.Errorf("a check left %d orders", n)
			}
			in.Dry = false
			if stored := w.load(engine, "order", in); !reflect.DeepEqual(problems(stored), tt.want) || stored.OK != look.OK {
				t.Errorf("the check said %v and %d fine, the import %v and %d", problems(look), look.OK, problems(stored), stored.OK)
			}
		})
	}
}

func (w *world) order(no, invoice string) {
	w.Helper()
	in := record.CreateInput{ID: "id" + no, Import: true, Values: form.Values{"no": no, "project": "p1", "amount": "100.00", "invoice": invoice}}
	_, err := w.records.Create(w.ctx, engine, "order", in)
	w.must(err)
}

// A line far down repeats one of an earlier batch, and the store is asked once a batch.
func TestTheCheckRemembersEarlierBatches(t *testing.T) {
	w := newWorld(t)
	book := rows{orderLabels}
	for i := range 1200 {
		book = append(book, order(fmt.Sprintf("O%d", i), fmt.Sprintf("F%d", i)))
	}
	book[1100][3] = "F5"
	report := w.load(importer, "order", sheet.Input{File: w.book(book), Dry: true})
	if got, want := problems(report), []string{"1101D invoice_used"}; !reflect.DeepEqual(got, want) || report.Problems[0].Params["row"] != 7 {
		t.Errorf("problems %+v, want %v of row 7", report.Problems, want)
	}
	if n := w.store.holders.Load(); n != 3 {
		t.Errorf("1200 lines ask %d times who holds keys, want once a batch: 3", n)
	}
}

// All or nothing: nothing is stored and taken back, as the check before it knows.
func TestAllOrNothingSeesUniqueValuesBeforeItStores(t *testing.T) {
	w := newWorld(t)
	report := w.load(importer, "order", sheet.Input{All: true, File: w.book(rows{orderLabels, order("O1", "F1"), order("O2", "F1")})})
	if got, want := problems(report), []string{"3D invoice_used"}; !reflect.DeepEqual(got, want) || report.Stored {
		t.Errorf("problems %v, stored %v, want %v of a check", got, report.Stored, want)
	}
	events, err := w.store.Events(w.ctx, 0, 1000)
	w.must(err)
	if slices.ContainsFunc(events, func(e store.Event) bool { return e.Entity == "order" }) {
		t.Error("orders that were never to be stored have a history")
	}
}

// Opening sheets are approved and hold their keys: a worker on two of them is reported at his cell.
func TestTheCheckSeesRowsOfOtherSheets(t *testing.T) {
	w := newWorld(t)
	w.seed("labor_team", "t3", form.Values{"code": "T3", "name": "钢筋班", "project": "p1", "foreman": "u_boss"})
	in := sheet.Input{Import: "day_labor_rows", Opening: true, Dry: true, File: w.book(rows{
		dailyLabels,
		{"2026-06-01", "P1", "T1", "W1", "技工", 8},
		{"2026-06-01", "P1", "T1", "W2", "技工", 8},
		{"2026-06-01", "P1", "T3", "W3", "技工", 8},
		{"2026-06-01", "P1", "T3", "W2", "技工", 8},
	})}
	const want = "5D worker_already_on_sheet_that_day"
	look := w.load(engine, "day_labor_sheet", in)
	if got := problems(look); !slices.Contains(got, want) || look.OK != 1 {
		t.Fatalf("problems %v, want %s", got, want)
	}
	at := slices.IndexFunc(look.Problems, func(p sheet.Problem) bool { return p.Code == "worker_already_on_sheet_that_day" })
	if row := look.Problems[at].Params["row"]; row != 3 {
		t.Errorf("the problem names row %v, want 3", row)
	}
	in.Dry = false
	if stored := w.load(engine, "day_labor_sheet", in); !slices.Contains(problems(stored), want) || stored.Created != 1 {
		t.Errorf("stored: %v", problems(stored))
	}
}

func TestTheCheckOfOpeningRecordsSeesUniqueValues(t *testing.T) {
	w := newWorld(t)
	w.order("HELD", "TAKEN")
	one := func(no, invoice string) map[string]any {
		return map[string]any{"no": no, "project": "P1", "amount": "1", "invoice": invoice}
	}
	in := sheet.OpeningInput{Dry: true, Records: []map[string]any{one("O1", "F1"), one("O2", "TAKEN"), one("O3", "F1")}}
	for range 2 { // a look, then for real
		report, err := w.sheets.Opening(w.ctx, engine, "order", in)
		w.must(err)
		if got, want := problems(report), []string{"2 invoice_used", "3 invoice_used"}; !reflect.DeepEqual(got, want) || report.OK != 1 {
			t.Errorf("dry %v: problems %v, want %v", in.Dry, got, want)
		}
		in.Dry = false
	}
}
